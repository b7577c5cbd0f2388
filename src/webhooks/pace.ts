import { performance } from 'node:perf_hooks'

/** Deliveries a second if the process has nothing else to do. */
const RATE_MAX = 2_000
/** Deliveries a second if the process is busy with requests, which come first. */
const RATE_MIN = 25
const WINDOW_MS = 250

/**
 * Lets deliveries begin at a rate that leaves room for requests: it is proportional to the time in
 * which the process's event loop was idle.
 */
export function loopPace() {
  let before = performance.eventLoopUtilization()
  let at = performance.now()
  let rate = RATE_MAX / 4
  let allowance = 0

  /** @returns whether another delivery may begin now */
  function take(): boolean {
    const now = performance.now()
    if (now - at >= WINDOW_MS) {
      const current = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(current, before)
      before = current
      rate = Math.max(RATE_MIN, RATE_MAX * (1 - utilization))
      allowance = Math.min(rate / 4, allowance) + (rate * Math.min(now - at, 1_000)) / 1_000
      at = now
    }
    if (allowance < 1) return false
    allowance--
    return true
  }

  return { take }
}
