import { type NewPayment, newCharge, newPaymentIntent } from '../shapes/payment.ts'
import type { Charge, PaymentIntent } from '../types.ts'
import { type World, change, existing } from '../world.ts'

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
): { intent: PaymentIntent; charge: Charge } {
  const started = existing(world.paymentIntents, intentId)
  const charge = newCharge(world.clock.now(), started, outcome)
  world.charges.set(charge.id, charge)
  const isPaid = outcome === 'succeeded'
  const { object: intent } = change(world.paymentIntents, intentId, {
    latest_charge: charge.id,
    amount_received: isPaid ? started.amount : 0,
    status: isPaid ? 'succeeded' : 'requires_payment_method',
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
