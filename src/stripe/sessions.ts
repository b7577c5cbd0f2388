import type Stripe from 'stripe'
import { type StripeCalls, isReplayed } from './client.ts'
import { createOnce } from './repeatable.ts'

/**
 * Opens a checkout session, or returns the one that the same request opened before, if it is still
 * open: a double click makes one session, and after a completed one another can be started.
 * @param asked what makes two requests the same, besides the parameters
 * @throws Refusal `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export function openSession(
  stripe: StripeCalls,
  params: Stripe.Checkout.SessionCreateParams,
  asked: readonly unknown[],
): Promise<{ checkout_session_id: string; url: string }> {
  return createOnce(['checkout', ...asked, params], async (options) => {
    const made = await stripe.call((sdk) => sdk.checkout.sessions.create(params, options))
    // The repeated answer shows the session as it was when it was made.
    const session = isReplayed(made.lastResponse.headers)
      ? await stripe.call((sdk) => sdk.checkout.sessions.retrieve(made.id))
      : made
    if (session.status !== 'open' || session.url === null) return null
    return { checkout_session_id: session.id, url: session.url }
  })
}
