/** The count of a promise: the full one with `npm run drill`, a smaller one with `npm test`. */
export function scaled(full: number, quick: number): number {
  return process.env['DRILL'] === '1' ? full : quick
}

/** Runs `count` calls, at most `clients` of them at once; results are in the order of the calls. */
export async function inParallel<T>(
  count: number,
  clients: number,
  call: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const client = async () => {
    while (next < count) {
      const index = next++
      results[index] = await call(index)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return results
}
