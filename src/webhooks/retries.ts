const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** After about 3 days in all, a delivery is parked. */
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
 * The pauses after the first failure, the second and so on, in milliseconds. After the last one the
 * delivery is given up.
 */
export function pausesOf(random = Math.random()): number[] {
  return PAUSES_MS.map((pause) => Math.round(pause * (1 + JITTER * random)))
}

/** An endpoint is disabled if an attempt fails, and none has succeeded for this many days. */
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
    /**
     * @param isProbe whether the circuit was open when the attempt began. Only then does its
     * failure say that the endpoint is still dead.
     */
    settled: (
      outcome: 'succeeded' | 'failed' | 'timeout',
      { now, isProbe }: { now: number; isProbe: boolean },
    ): void => {
      if (outcome === 'succeeded') {
        failures = timeouts = 0
        return
      }
      const wasOpen = isOpen()
      failures++
      timeouts = outcome === 'timeout' ? timeouts + 1 : 0
      if (!isOpen() || (wasOpen && !isProbe)) return
      probes = wasOpen ? probes + 1 : 0
      nextProbe = now + Math.min(PROBE_MS_MAX, PROBE_MS * 2 ** probes)
    },
  }
}
