import { isatty } from 'node:tty'
import { destination } from 'pino'

/** Log lines that wait in memory while the standard output takes none, in bytes; some 40,000 lines. */
const WAITING_BYTES_MAX = 8 * 1_024 * 1_024

let dropped = 0

/** Log lines that this process has dropped, as its standard output took none. */
export const droppedLines = () => dropped

/**
 * The standard output. A disk or a reader that hangs holds up neither requests nor memory: lines wait up
 * to a bound, those beyond it are dropped, and `onDropped` is told how many once there is room again.
 */
export function logDestination(onDropped: (lines: number) => void) {
  // A terminal wants each line at once; a pipe takes them in blocks, which costs less.
  const output = destination({
    fd: 1,
    sync: isatty(1),
    minLength: isatty(1) ? 0 : 4_096,
    periodicFlush: 200,
    maxLength: WAITING_BYTES_MAX,
  })
  let untold = 0
  output.on('drop', () => {
    dropped += 1
    untold += 1
  })
  output.on('drain', () => {
    if (untold === 0) return
    const lines = untold
    untold = 0
    onDropped(lines)
  })
  return output
}
