/**
 * Runs work again and again, with a pause after each run. Of failures in a row, only the first is
 * reported.
 */
export function everySo(
  pauseMs: number,
  work: () => Promise<void>,
  report: (error: unknown) => void,
) {
  let timer: NodeJS.Timeout | undefined
  let run: Promise<void> = Promise.resolve()
  let isStopping = false
  let isFailing = false

  async function next(): Promise<void> {
    try {
      await work()
      isFailing = false
    } catch (error) {
      if (!isFailing && !isStopping) report(error)
      isFailing = true
    }
    if (!isStopping) start(pauseMs)
  }

  function start(afterMs = 0): void {
    timer = setTimeout(() => {
      run = next()
    }, afterMs).unref()
  }

  /** Resolves when the run under way has ended. */
  async function stop(): Promise<void> {
    isStopping = true
    clearTimeout(timer)
    await run
  }

  return { start, stop }
}
