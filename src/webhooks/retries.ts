const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The pause after each failed attempt. After about 3 days in all, the delivery is parked. */
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

/** Pauses vary by this share, so that deliveries that failed together do not come back together. */
const JITTER = 0.2

/**
 * The pause before the next attempt, in milliseconds.
 * @param failures the number of failed attempts, from 1
 * @returns null if the delivery is given up
 */
export function pauseAfter(failures: number, random = Math.random()): number | null {
  const pause = PAUSES_MS[failures - 1]
  return pause === undefined ? null : Math.round(pause * (1 + JITTER * random))
}

/** An endpoint is disabled if no attempt has succeeded for this many days. */
export const FAILING_DAYS = 5

/** This many failures, or time-outs, in a row open the circuit. */
const FAILURES_MAX = 20
const TIMEOUTS_MAX = 10
const PROBE_MS = 5 * SECOND
const PROBE_MS_MAX = MINUTE

/**
 * A circuit breaker: an endpoint that seems dead gets only an attempt now and then, until one
 * succeeds.
 */
export function circuit() {
  let failures = 0
  let timeouts = 0
  let probes = 0
  let nextProbe = 0
  const isOpen = () => failures >= FAILURES_MAX || timeouts >= TIMEOUTS_MAX
  return {
    /**
     * @returns how many attempts may be under way: `max` while the circuit is closed, else 1 or 0
     */
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
