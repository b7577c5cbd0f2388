import { isatty } from 'node:tty'
import { destination } from 'pino'

/**
 * How many bytes of log lines may wait in memory while the standard output is blocked; some 40,000
 * lines.
 */
const WAITING_BYTES_MAX = 8 * 1_024 * 1_024

export interface LogDestination {
  sharesOutput: boolean
  onDropped: (lines: number) => void
}

let dropped = 0

/** How many log lines this process has dropped because its standard output was blocked. */
export const droppedLines = () => dropped

/**
 * The standard output. A disk or a reader that hangs blocks no request and fills no memory: lines
 * wait up to a bound, and further lines are dropped. `onDropped` receives their number once there is
 * room again.
 *
 * Processes that share the output write whole lines, at most 4 KiB at once. A pipe takes that much
 * atomically (PIPE_BUF), so no line ends up inside another.
 */
export function logDestination({ sharesOutput, onDropped }: LogDestination) {
  // A terminal gets each line at once; a pipe gets lines in blocks, which costs less.
  const output = destination({
    fd: 1,
    sync: isatty(1),
    minLength: isatty(1) ? 0 : sharesOutput ? 3_072 : 4_096,
    ...(sharesOutput && { maxWrite: 4_096 }),
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
