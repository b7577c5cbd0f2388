import type { CustomerRow } from '../customers/service.ts'
import { openSession } from '../stripe/sessions.ts'
import { namedPlan } from '../plans/service.ts'
import type { Database } from '../database/index.ts'
import { type StripeCalls, requestKey } from '../stripe/client.ts'
import { Refusal } from '../refusals/index.ts'
import { hasAccess } from './service.ts'
import { stripeCustomerOf } from './stripe-customer.ts'

export interface SubscriptionCheckout {
  plan: string
  quantity: number
  successUrl: string
  cancelUrl: string
}

/**
 * A checkout for a subscription to a plan. Our ids go along on the session and on the subscription, so
 * that every event about either finds the customer.
 * @throws Refusal `VALIDATION_FAILED` for a plan that does not exist, `PLAN_NOT_SOLD`,
 * `ALREADY_SUBSCRIBED`, `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function openSubscriptionCheckout(
  db: Database,
  stripe: StripeCalls,
  customer: CustomerRow,
  wanted: SubscriptionCheckout,
): Promise<{ checkout_session_id: string; url: string }> {
  const plan = await namedPlan(db, wanted.plan)
  if (plan.stripePriceId === null) throw new Refusal('PLAN_NOT_SOLD')
  if (await hasAccess(db, customer.id)) throw new Refusal('ALREADY_SUBSCRIBED')
  const stripeCustomerId = await stripeCustomerOf(db, stripe, customer)
  const metadata = { customer_id: customer.id, plan: plan.id }
  return openSession(
    stripe,
    {
      mode: 'subscription',
      customer: stripeCustomerId,
      client_reference_id: customer.id,
      line_items: [{ price: plan.stripePriceId, quantity: wanted.quantity }],
      metadata,
      // A session's metadata is not its subscription's.
      subscription_data: { metadata },
      success_url: wanted.successUrl,
      cancel_url: wanted.cancelUrl,
    },
    [],
  )
}

/** How long the same portal link is given to a double click. */
const PORTAL_WINDOW_MS = 60_000

/** Stripe's own page, where a customer changes or ends the subscription. */
export async function openPortal(
  db: Database,
  stripe: StripeCalls,
  customer: CustomerRow,
  returnUrl: string,
): Promise<{ url: string }> {
  const params = {
    customer: await stripeCustomerOf(db, stripe, customer),
    return_url: returnUrl,
  }
  const window = Math.floor(Date.now() / PORTAL_WINDOW_MS)
  const idempotencyKey = requestKey('portal', params, window)
  const session = await stripe.call((sdk) =>
    sdk.billingPortal.sessions.create(params, { idempotencyKey }),
  )
  return { url: session.url }
}
