import { setTimeout as delay } from 'node:timers/promises'

const AGE_MS_MAX = 5_000
const ANSWER_MS_MAX = 2_000

/**
 * Caches a query's result for five seconds, however many gauges and scrapes need it. When the
 * database does not answer, a scrape soon gets null, because its other metrics are needed then.
 */
export function sampled<T>(ask: () => Promise<T>): () => Promise<T | null> {
  let askedAt = -Infinity
  let sample: Promise<T | null> = Promise.resolve(null)
  return () => {
    if (performance.now() - askedAt < AGE_MS_MAX) return sample
    askedAt = performance.now()
    const controller = new AbortController()
    const tooLate = delay(ANSWER_MS_MAX, null, { signal: controller.signal, ref: false })
    sample = Promise.race([ask(), tooLate])
      .catch(() => null)
      .finally(() => controller.abort())
    tooLate.catch(() => undefined)
    return sample
  }
}
