const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The pause after each failed attempt: about 3 days in all, then the delivery is parked. */
const PAUSES_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  12 * HOUR,
  12 * HOUR,
  18 * HOUR,
]

/** So that deliveries that failed together do not come back together. */
const JITTER = 0.2

/**
 * The pause before the next attempt, in milliseconds.
 * @param failures how many there were, from 1
 * @returns null where it is given up
 */
export function pauseAfter(failures: number, random = Math.random()): number | null {
  const pause = PAUSES_MS[failures - 1]
  return pause === undefined ? null : Math.round(pause * (1 + JITTER * random))
}

/** An endpoint of which no attempt has succeeded for so long is disabled. */
export const FAILING_DAYS = 5

/** So many failures, or time-outs, one after the other open the circuit. */
const FAILURES_MAX = 20
const TIMEOUTS_MAX = 10
const PROBE_MS = 5 * SECOND
const PROBE_MS_MAX = MINUTE

/** Of an endpoint that seems dead: one attempt now and then is enough to see whether it is back. */
export function circuit() {
  let failures = 0
  let timeouts = 0
  let probes = 0
  let nextProbe = 0
  const isOpen = () => failures >= FAILURES_MAX || timeouts >= TIMEOUTS_MAX
  return {
    /** How many attempts may be under way, of so many. */
    room: (max: number, now: number): number => {
      if (!isOpen()) return max
      return now >= nextProbe ? 1 : 0
    },
    isOpen,
    settled: (outcome: 'succeeded' | 'failed' | 'timeout', now: number): void => {
      if (outcome === 'succeeded') {
        failures = timeouts = probes = 0
        return
      }
      failures++
      timeouts = outcome === 'timeout' ? timeouts + 1 : 0
      if (isOpen()) nextProbe = now + Math.min(PROBE_MS_MAX, PROBE_MS * 2 ** probes++)
    },
  }
}
