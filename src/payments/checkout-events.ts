import { type Static, Type } from '@sinclair/typebox'
import { ourId, ourIdIn } from '../customers/named.ts'
import { forgetUnsaved } from './auto-top-up/forgetting.ts'
import { saveMethod } from './auto-top-up/payment-method.ts'
import { topUpPaid } from './service.ts'
import { userOf } from '../funds/accounts.ts'
import { TOP_UP } from './checkout.ts'
import { expireOtherCheckouts } from '../subscriptions/checkout.ts'
import { linkStripeCustomer } from '../subscriptions/stripe-customer.ts'
import type { Handler, IncomingEvent, Services } from '../stripe/handler.ts'
import {
  Currency,
  Dictionary,
  Maybe,
  Minor,
  Reference,
  Text,
  UnreadableEvent,
  idOrNull,
  read,
} from '../stripe/read.ts'
import { refreshed } from '../subscriptions/subscription-events.ts'

const Session = Type.Object({
  id: Text,
  mode: Text,
  payment_status: Text,
  customer: Maybe(Reference),
  client_reference_id: Maybe(Text),
  subscription: Maybe(Reference),
  payment_intent: Maybe(Reference),
  amount_total: Maybe(Minor),
  currency: Maybe(Currency),
  metadata: Dictionary,
})

/**
 * `checkout.session.completed`, `.async_payment_succeeded` and `.async_payment_failed`. A slow
 * payment completes the session unpaid, and counts once it has succeeded.
 */
export const checkoutEnded: Handler = async (services, event) => {
  const session = read(Session, event.object, 'checkout session')
  if (session.mode === 'subscription') return subscribed(services, session, event)
  if (session.mode !== 'payment' || session.metadata?.['purpose'] !== TOP_UP) return 'not ours'
  if (session.payment_status !== 'paid') return unpaid(services, session, event)
  const paymentIntent = idOrNull(session.payment_intent)
  const { amount_total: total, currency, metadata } = session
  if (paymentIntent === null || total == null || currency == null) {
    throw new UnreadableEvent('unreadable payment of a top-up')
  }
  const userId = await payerOf(services, metadata)
  await topUpPaid(services, paymentIntent, userId, { currency, minor: BigInt(total) })
  const stripeCustomerId = idOrNull(session.customer)
  if (metadata['save_payment_method'] === 'true' && stripeCustomerId !== null) {
    const { id } = await services.funds.balance(userId)
    await saveMethod(services, id, {
      stripeCustomerId,
      paymentIntentId: paymentIntent,
      at: event.createdAt,
    })
  }
  return null
}

/** A payment that has failed for good leaves a customer at Stripe who has paid for nothing. */
async function unpaid(
  services: Services,
  { metadata, customer }: Static<typeof Session>,
  { type }: IncomingEvent,
): Promise<string> {
  const stripeCustomerId = idOrNull(customer)
  const isFailed = type === 'checkout.session.async_payment_failed'
  if (isFailed && metadata?.['save_payment_method'] === 'true' && stripeCustomerId !== null) {
    const { id } = await services.funds.balance(await payerOf(services, metadata))
    await forgetUnsaved(services.db, id, stripeCustomerId)
  }
  return 'not paid'
}

/** Sessions from before accounts were named by our own id have the user's id instead. */
async function payerOf(services: Services, metadata: Record<string, string>): Promise<string> {
  const { account, user_id: userId } = metadata
  const found = account === undefined ? userId : await userOf(services.db, account)
  if (found === undefined) throw new UnreadableEvent('top-up of no account')
  return found
}

async function subscribed(
  services: Services,
  session: Static<typeof Session>,
  { type, createdAt }: IncomingEvent,
): Promise<string | null> {
  const customerId = ourIdIn(session.metadata) ?? ourId(session.client_reference_id)
  const stripeCustomerId = idOrNull(session.customer)
  const id = idOrNull(session.subscription)
  if (customerId !== null && stripeCustomerId !== null) {
    await linkStripeCustomer(services.db, customerId, stripeCustomerId, id)
  }
  const outcome =
    id === null ? 'no subscription' : await refreshed(services, id, { owner: customerId })
  // Only a completed checkout expires the others. The outcome of a slow payment arrives days later,
  // when the customer may have begun another checkout.
  if (customerId !== null && type === 'checkout.session.completed') {
    const completed = { id: session.id, at: createdAt }
    await expireOtherCheckouts(services.db, services.stripe(), customerId, completed)
  }
  return outcome
}
