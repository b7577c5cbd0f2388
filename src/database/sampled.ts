import { setTimeout as delay } from 'node:timers/promises'

const AGE_MS_MAX = 5_000
const ANSWER_MS_MAX = 2_000

/**
 * What a query says, asked for at most every five seconds however many gauges and scrapes want it. A
 * scrape gets null, and soon, when the database does not answer: its other metrics are needed then.
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
