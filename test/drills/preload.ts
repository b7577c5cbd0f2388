import { channel } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

/**
 * Loaded before each part of `npm run drill`: the time of each call that is made by `fetch` is noted, second by
 * second.
 */
const FLUSH_MS = 1_000
const path = process.env['DRILL_LATENCIES']

/** What was measured in one second. */
export interface Latencies {
  /** Milliseconds since the epoch. */
  at: number
  calls: number
  median_ms: number
  p99_ms: number
}

const begun = new WeakMap<object, number>()
let times: number[] = []

/** The names of undici, which `fetch` is made of. */
function requestOf(message: unknown): object {
  return (message as { request: object }).request
}

if (path !== undefined) {
  channel('undici:request:create').subscribe((message) => {
    begun.set(requestOf(message), performance.now())
  })
  channel('undici:request:trailers').subscribe((message) => {
    const from = begun.get(requestOf(message))
    if (from !== undefined) times.push(performance.now() - from)
  })
  setInterval(flush, FLUSH_MS).unref()
  process.on('exit', flush)
}

function flush(): void {
  if (times.length === 0 || path === undefined) return
  const sorted = times.toSorted((a, b) => a - b)
  times = []
  const of = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  const line: Latencies = {
    at: Date.now(),
    calls: sorted.length,
    median_ms: of(0.5),
    p99_ms: of(0.99),
  }
  appendFileSync(path, `${JSON.stringify(line)}\n`)
}
