import type Stripe from 'stripe'
import { RememberedRefusal, requestKey } from './client.ts'
import { Refusal } from '../refusals/index.ts'

/** How many earlier outcomes of the same request are passed over, one by one. */
const EARLIER_MAX = 10

/** After those, the same request is another one in each minute. */
const WINDOW_MS = 60_000

/**
 * Makes a call that creates something at Stripe once for the same request, however often that comes.
 * Its key numbers the outcomes, because Stripe keeps to the outcome of a key for a day, even to an
 * error that it would not repeat.
 * @param asked what makes two requests the same
 * @param create uses `StripeCalls.call` with these options; null if what it got can't be used again
 * @throws Refusal `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function createOnce<T>(
  asked: readonly unknown[],
  create: (options: Stripe.RequestOptions) => Promise<T | null>,
): Promise<T> {
  let settings: Stripe.RequestOptions = {}
  for (let earlier = 0; earlier < EARLIER_MAX; earlier++) {
    try {
      const made = await create({ ...settings, idempotencyKey: requestKey(...asked, earlier) })
      if (made !== null) return made
    } catch (error) {
      if (!(error instanceof RememberedRefusal)) throw error
      // The SDK's own repetition of a new error would get it from memory, and count as an earlier one.
      settings = { maxNetworkRetries: 0 }
    }
  }
  const minute = Math.floor(Date.now() / WINDOW_MS)
  const idempotencyKey = requestKey(...asked, EARLIER_MAX, minute)
  const made = await create({ ...settings, idempotencyKey })
  if (made === null) throw new Refusal('STRIPE_REFUSED')
  return made
}
