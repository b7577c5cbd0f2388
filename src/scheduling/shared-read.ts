/**
 * Reads at most once in so many milliseconds: callers share what the last read finds. A read that
 * fails does so for those who wait for it, and the next caller reads again.
 */
export function sharedRead<T>(ms: number, read: () => Promise<T>) {
  let last: { found: Promise<T>; at: number } | undefined

  function get(): Promise<T> {
    if (last !== undefined && performance.now() - last.at <= ms) return last.found
    const found = read()
    last = { found, at: performance.now() }
    found.catch(() => {
      if (last?.found === found) last = undefined
    })
    return found
  }

  return { get, forget: () => void (last = undefined) }
}
