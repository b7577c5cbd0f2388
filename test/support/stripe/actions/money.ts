import {
  type NewPayment,
  bancontactDetails,
  newCharge,
  newPaymentIntent,
  newPaymentMethod,
} from '../shapes/payment.ts'
import type { Charge, PaymentIntent } from '../types.ts'
import { type World, change, existing, newId } from '../world.ts'

/** A payment whose money is on its way: only `payment_intent.created`. */
export function startPayment(world: World, given: NewPayment): PaymentIntent {
  const intent = newPaymentIntent(world.clock.now(), given)
  world.paymentIntents.set(intent.id, intent)
  world.emit('payment_intent.created', intent)
  return intent
}

/** The money arrives, or fails to. */
export function settlePayment(
  world: World,
  intentId: string,
  outcome: 'succeeded' | 'failed',
  decline?: string,
): { intent: PaymentIntent; charge: Charge } {
  const started = existing(world.paymentIntents, intentId)
  const charge = newCharge(world.clock.now(), started, outcome)
  world.charges.set(charge.id, charge)
  const isPaid = outcome === 'succeeded'
  const { object: intent } = change(world.paymentIntents, intentId, {
    latest_charge: charge.id,
    amount_received: isPaid ? started.amount : 0,
    status: isPaid ? 'succeeded' : 'requires_payment_method',
    ...(decline !== undefined && { last_payment_error: cardError(decline) }),
  })
  world.emit(isPaid ? 'payment_intent.succeeded' : 'payment_intent.payment_failed', intent)
  world.emit(isPaid ? 'charge.succeeded' : 'charge.failed', charge)
  return { intent, charge }
}

/** Starts and settles a payment at once, as with a card. */
export function takePayment(
  world: World,
  given: NewPayment,
  outcome: 'succeeded' | 'failed' = 'succeeded',
): { intent: PaymentIntent; charge: Charge } {
  return settlePayment(world, startPayment(world, given).id, outcome)
}

/** What a checkout was paid with can be charged again. */
export function saveMethod(world: World, intent: PaymentIntent, customer: string): void {
  const id = intent.payment_method ?? ''
  world.paymentMethods.set(id, newPaymentMethod(world.clock.now(), id, customer))
}

/**
 * What Bancontact pays with is good for one payment. To be charged later, the customer gets a direct debit,
 * which the charge names: https://docs.stripe.com/payments/bancontact/save-during-payment
 */
export function saveDebit(world: World, intent: PaymentIntent, customer: string): void {
  const now = world.clock.now()
  const [used, debit] = [intent.payment_method ?? '', newId('pm_1', 23)]
  world.paymentMethods.set(used, newPaymentMethod(now, used, null, 'bancontact'))
  world.paymentMethods.set(debit, newPaymentMethod(now, debit, customer, 'sepa_debit'))
  const details = { payment_method_details: bancontactDetails(debit) }
  change(world.charges, intent.latest_charge ?? '', details)
}

/** A payment in the absence of its payer: taken at once, or declined. A direct debit takes days. */
export function chargeOffSession(world: World, given: NewPayment): PaymentIntent {
  const intent = startPayment(world, given)
  const isDebit = world.paymentMethods.get(given.paymentMethod ?? '')?.type === 'sepa_debit'
  if (isDebit) return intent
  const decline = world.declines.get(given.paymentMethod ?? '')
  const outcome = decline === undefined ? 'succeeded' : 'failed'
  return settlePayment(world, intent.id, outcome, decline).intent
}

/** https://docs.stripe.com/declines/codes: all are a `card_declined`, but for a few codes of their own. */
export function cardError(decline: string) {
  const isOwn = ['authentication_required', 'expired_card', 'incorrect_cvc'].includes(decline)
  return {
    type: 'card_error' as const,
    code: isOwn ? decline : 'card_declined',
    decline_code: decline,
    message: 'Your card was declined.',
  }
}
