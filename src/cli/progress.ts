const REDRAW_INTERVAL_MS = 100
const BAR_WIDTH = 24

/** Says how much is done, of how much where that is known. */
export type Report = (done: number, total?: number) => void

/** What is needed of the stream that shows progress. */
export interface Terminal {
  isTTY?: boolean
  write(text: string): unknown
}

/**
 * Shows how far `work` is, on one line that goes away with it. A pipe or a file gets nothing of it, so
 * logs stay readable.
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
