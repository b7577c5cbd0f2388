/** Runs tasks one after the other: for a connection that carries one transaction at a time. */
export function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return function run<T>(task: () => Promise<T>): Promise<T> {
    const done = last.then(task)
    last = done.catch(() => undefined)
    return done
  }
}
