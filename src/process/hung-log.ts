import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

/** How long the last lines may take to be written, after everything else has ended. */
const WRITE_MS_MAX = 1_000

/**
 * Returns a function that writes the remaining log lines, for a second at most. If they can't be
 * written by then, the process kills itself when it ends. An ordinary exit would wait for the output
 * for ever: in the logger, which flushes synchronously, and in libuv, which waits for its threads.
 */
export function endThoughLogHangs(logger: Logger): () => Promise<void> {
  let hangs = false
  process.prependListener('exit', () => {
    if (hangs) process.kill(process.pid, 'SIGKILL')
  })
  return async () => {
    const written = new Promise<true>((resolve) => logger.flush(() => resolve(true)))
    hangs = !(await Promise.race([written, delay(WRITE_MS_MAX, false, { ref: false })]))
  }
}
