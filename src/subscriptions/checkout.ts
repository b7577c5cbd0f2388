import type Stripe from 'stripe'
import { ourId, ourIdIn } from '../customers/named.ts'
import { type CustomerRow, getCustomer } from '../customers/service.ts'
import { standings } from '../customers/standing.ts'
import { invalid } from '../http/schemas.ts'
import { openSession } from '../stripe/sessions.ts'
import { pricesOf } from '../plans/prices.ts'
import { namedPlan } from '../plans/service.ts'
import type { Database } from '../database/index.ts'
import { type StripeCalls, isParameterMissing, isStripeAway } from '../stripe/client.ts'
import { createOnce } from '../stripe/repeatable.ts'
import { Refusal } from '../refusals/index.ts'
import { hasAccess, payingCustomer } from './held.ts'
import { answeredAt } from './refresh.ts'
import { type UnlinkingMeans, stripeCustomerOf, unlinkStripeCustomer } from './stripe-customer.ts'

export interface SubscriptionCheckout {
  plan: string
  quantity: number
  successUrl: string
  cancelUrl: string
}

/**
 * Opens a checkout for a subscription to a plan. The session and the subscription carry our ids, so
 * that every event about either finds the customer.
 * @throws Refusal `VALIDATION_FAILED` for a plan that does not exist or a quantity that its price
 * can't have, `PLAN_NOT_SOLD`, `ALREADY_SUBSCRIBED`, `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function openSubscriptionCheckout(
  means: UnlinkingMeans,
  stripe: StripeCalls,
  customer: CustomerRow,
  wanted: SubscriptionCheckout,
): Promise<{ checkout_session_id: string; url: string }> {
  const { db } = means
  const plan = await namedPlan(db, wanted.plan)
  const price = (await pricesOf(db, [plan.id])).get(plan.id)?.current[0]
  if (price === undefined) throw new Refusal('PLAN_NOT_SOLD')
  if (await hasAccess(db, customer.id)) throw new Refusal('ALREADY_SUBSCRIBED')
  const metadata = { customer_id: customer.id, plan: plan.id }
  const { trial_days: trialDays, ...options } = plan.checkout ?? {}
  const openWith = (stripeCustomerId: string, item: Stripe.Checkout.SessionCreateParams.LineItem) =>
    openSession(
      stripe,
      {
        mode: 'subscription',
        customer: stripeCustomerId,
        client_reference_id: customer.id,
        line_items: [item],
        metadata,
        // The metadata of a session does not apply to its subscription.
        subscription_data: {
          metadata,
          ...(trialDays !== undefined && { trial_period_days: trialDays }),
        },
        ...(options.allow_promotion_codes === true && { allow_promotion_codes: true }),
        ...(options.automatic_tax === true && { automatic_tax: { enabled: true } }),
        ...(options.tax_id_collection === true && { tax_id_collection: { enabled: true } }),
        // Stripe requires permission to write the page's address and name to the customer.
        ...((options.automatic_tax === true || options.tax_id_collection === true) && {
          customer_update: { address: 'auto', name: 'auto' },
        }),
        success_url: wanted.successUrl,
        cancel_url: wanted.cancelUrl,
      },
      [],
    )
  return openWithStripeCustomer(
    means,
    stripe,
    customer,
    (current) => stripeCustomerOf(db, stripe, current),
    (id) => openFor(stripe, price, wanted.quantity, (item) => openWith(id, item)),
  )
}

/**
 * Opens something for a Stripe customer. Where Stripe says that it was deleted, the event of that has yet
 * to come or was lost: what it leads to is done now, and another Stripe customer chosen.
 */
async function openWithStripeCustomer<T>(
  means: UnlinkingMeans,
  stripe: StripeCalls,
  customer: CustomerRow,
  choose: (customer: CustomerRow) => Promise<string>,
  open: (stripeCustomerId: string) => Promise<T>,
): Promise<T> {
  const id = await choose(customer)
  try {
    return await open(id)
  } catch (error) {
    if (!isParameterMissing(error, 'customer')) throw error
    const found = await stripe.call((sdk) => sdk.customers.retrieve(id))
    // One of another Stripe account is unknown, and stays: the secret key may be a wrong one.
    if (found.deleted !== true) throw error
    const at = new Date(answeredAt(found.lastResponse.headers) * 1_000)
    await unlinkStripeCustomer(means, id, null, at)
  }
  return open(await choose(await getCustomer(means.db, customer.id)))
}

/** Metered prices that this process has met; a price stays what it is. */
const METERED = new Set<string>()

/**
 * Stripe refuses a quantity of a metered price. It is asked whether the price is one only after a
 * refusal, since most prices are not.
 * @throws Refusal `VALIDATION_FAILED` for more than one of a metered price
 */
async function openFor<T>(
  stripe: StripeCalls,
  price: string,
  quantity: number,
  open: (item: { price: string; quantity?: number }) => Promise<T>,
): Promise<T> {
  if (!METERED.has(price)) {
    try {
      return await open({ price, quantity })
    } catch (error) {
      const isRefused = error instanceof Refusal && error.code === 'STRIPE_REFUSED'
      if (!isRefused || !(await isMetered(stripe, price))) throw error
      METERED.add(price)
    }
  }
  if (quantity > 1) throw invalid('/quantity', 'must be 1: the price of the plan is metered')
  return open({ price })
}

async function isMetered(stripe: StripeCalls, price: string): Promise<boolean> {
  const { recurring } = await stripe.call((sdk) => sdk.prices.retrieve(price))
  return recurring?.usage_type === 'metered'
}

/** How long a double click gets the same portal link. */
const PORTAL_WINDOW_MS = 60_000

/** Opens Stripe's own page, on which a customer changes or ends the subscription. */
export async function openPortal(
  means: UnlinkingMeans,
  stripe: StripeCalls,
  customer: CustomerRow,
  returnUrl: string,
): Promise<{ url: string }> {
  const { db } = means
  const window = Math.floor(Date.now() / PORTAL_WINDOW_MS)
  const session = await openWithStripeCustomer(
    means,
    stripe,
    customer,
    async (current) =>
      (await payingCustomer(db, current.id)) ?? stripeCustomerOf(db, stripe, current),
    (id) => {
      const params = { customer: id, return_url: returnUrl }
      return createOnce(['portal', params, window], (options) =>
        stripe.call((sdk) => sdk.billingPortal.sessions.create(params, options)),
      )
    },
  )
  return { url: session.url }
}

const SESSIONS_MAX = 100

/**
 * After a completed checkout, expires the customer's other open checkouts at Stripe. A payment made
 * in the meantime stays; it becomes a finding if it is for the same plan. A checkout that was
 * opened later stays open, because the customer wants it in addition.
 */
export async function expireOtherCheckouts(
  db: Database,
  stripe: StripeCalls,
  customerId: string,
  completed: { id: string; at: Date },
): Promise<void> {
  const created = { lte: Math.floor(completed.at.getTime() / 1_000) }
  const { stripeCustomerIds } = (await standings(db, [customerId], null))(customerId)
  for (const customer of stripeCustomerIds) {
    const open = await stripe.ask((sdk, options) =>
      sdk.checkout.sessions.list(
        { customer, status: 'open', created, limit: SESSIONS_MAX },
        options,
      ),
    )
    for (const session of open.data) {
      const { id, mode, metadata, client_reference_id: reference } = session
      const namedId = ourIdIn(metadata) ?? ourId(reference)
      const isTheirs = namedId === null || namedId === customerId
      if (id !== completed.id && mode === 'subscription' && isTheirs) await expire(stripe, id)
    }
  }
}

/** A session that is no longer open can't be expired, and need not be. */
async function expire(stripe: StripeCalls, id: string): Promise<void> {
  try {
    await stripe.ask((sdk, options) => sdk.checkout.sessions.expire(id, {}, options))
  } catch (error) {
    if (isStripeAway(error)) throw error
  }
}
