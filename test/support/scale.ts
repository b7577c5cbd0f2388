const mode = process.env['DRILL']

/**
 * The count of a promise: a small one with `npm test`, the full one with `npm run drill -- --only NAME`.
 * @param whole for `npm run drill` as a whole, where the full one would take more than its share of an hour
 */
export function scaled(full: number, quick: number, whole: number = full): number {
  if (mode === 'whole') return whole
  return mode === '1' ? full : quick
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
