import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

/** For the last lines, once everything else has ended. */
const WRITE_MS_MAX = 1_000

/**
 * Returns what writes the lines that wait, for a second at most. If they can't be written by then, the
 * end of the process kills it: an ordinary exit would wait for the output for ever, once in the logger,
 * which writes its rest synchronously, and once in libuv, which waits for its threads.
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
