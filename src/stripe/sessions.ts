import type Stripe from 'stripe'
import { type StripeCalls, requestKey } from './client.ts'
import { Refusal } from '../refusals/index.ts'

/** How often the same checkout can be completed within the day for which Stripe remembers its key. */
const SAME_MAX = 20

/**
 * Opens a checkout session, or returns the one that the same request opened before, if it is still
 * open: a double click makes one session, and after a completed one another can be started.
 * @param asked what makes two requests the same, besides the parameters
 * @throws Refusal `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function openSession(
  stripe: StripeCalls,
  params: Stripe.Checkout.SessionCreateParams,
  asked: readonly unknown[],
): Promise<{ checkout_session_id: string; url: string }> {
  for (let earlier = 0; earlier < SAME_MAX; earlier++) {
    const idempotencyKey = requestKey('checkout', ...asked, params, earlier)
    const made = await stripe.call((sdk) =>
      sdk.checkout.sessions.create(params, { idempotencyKey }),
    )
    const isRepeated = made.lastResponse.headers['idempotent-replayed'] === 'true'
    // The repeated answer shows the session as it was when it was made.
    const session = isRepeated
      ? await stripe.call((sdk) => sdk.checkout.sessions.retrieve(made.id))
      : made
    if (session.status === 'open' && session.url !== null) {
      return { checkout_session_id: session.id, url: session.url }
    }
  }
  throw new Refusal('STRIPE_REFUSED')
}
