const REDRAW_INTERVAL_MS = 100
const BAR_WIDTH = 24

/** Reports how much is done, and the total if it is known. */
export type Report = (done: number, total?: number) => void

/** The parts of a stream that showing progress needs. */
export interface Terminal {
  isTTY?: boolean
  write(text: string): unknown
}

/**
 * Shows the progress of `work` on one line, which is removed at the end. A pipe or a file gets
 * nothing, so logs stay readable.
 */
export async function withProgress<T>(
  terminal: Terminal,
  label: string,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  if (terminal.isTTY !== true) return work(() => undefined)
  const begunAt = Date.now()
  let state: { done: number; total?: number } = { done: 0 }
  const draw = () => {
    terminal.write(`\r\x1b[K${label}  ${describe(state)}  ${elapsed(Date.now() - begunAt)}`)
  }
  draw()
  const timer = setInterval(draw, REDRAW_INTERVAL_MS)
  try {
    return await work((done, total) => {
      state = { done, ...(total !== undefined && { total }) }
    })
  } finally {
    clearInterval(timer)
    terminal.write('\r\x1b[K')
  }
}

function describe({ done, total }: { done: number; total?: number }): string {
  if (total === undefined) return done.toLocaleString('en-US')
  const share = total === 0 ? 1 : Math.min(done / total, 1)
  const filled = Math.round(share * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  return `${bar}  ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`
}

function elapsed(ms: number): string {
  const s = Math.floor(ms / 1_000)
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`
}
