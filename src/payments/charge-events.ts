import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type Stripe from 'stripe'
import { currencyOf, refundsCameTo, taken } from './service.ts'
import { isLostDispute } from './takings.ts'
import { isMissingAtStripe } from '../stripe/client.ts'
import type { Handler, Services } from '../stripe/handler.ts'
import { Currency, Maybe, Minor, Reference, Text, idOrNull, read } from '../stripe/read.ts'

const Charge = Type.Object({
  id: Text,
  payment_intent: Maybe(Reference),
  amount_refunded: Minor,
  currency: Currency,
})

/** `charge.refunded`: the charge has the sum of all its refunds, so each event is complete. */
export const chargeRefunded: Handler = async (services, event) => {
  const charge = read(Charge, event.object, 'charge')
  const paymentIntent = idOrNull(charge.payment_intent)
  if (paymentIntent === null) return 'no payment intent'
  const { currency, amount_refunded: minor } = charge
  await refundsCameTo(services, paymentIntent, { currency, minor: BigInt(minor) }, event.createdAt)
  return null
}

const Taken = Type.Object({
  id: Text,
  amount: Minor,
  currency: Currency,
  status: Maybe(Text),
  charge: Maybe(Reference),
  payment_intent: Maybe(Reference),
})

/** `refund.*`, `charge.refund.updated`: a refund that fails or is cancelled gives the money back. */
export const refundChanged: Handler = async (services, event) => {
  const refund = read(Taken, event.object, 'refund')
  const found = await paymentOf(services, refund)
  if (found === null) return 'no payment intent'
  await taken(services, {
    ...found,
    id: refund.id,
    kind: 'refund',
    amount: BigInt(refund.amount),
    currency: refund.currency,
    status: event.type === 'refund.failed' ? 'failed' : (refund.status ?? 'pending'),
    isWithdrawn: false,
    at: event.createdAt,
  })
  return null
}

const Dispute = Type.Composite([
  Taken,
  Type.Object({ status: Text, balance_transactions: Maybe(Type.Array(Type.Unknown())) }),
])

/**
 * `charge.dispute.*`: the money is held once Stripe has withdrawn it, taken when the dispute is lost,
 * and released when it is won.
 */
export const disputeChanged: Handler = async (services, event) => {
  const dispute = read(Dispute, event.object, 'dispute')
  const found = await paymentOf(services, dispute)
  if (found === null) return 'no payment intent'
  const isReinstated = event.type === 'charge.dispute.funds_reinstated'
  const isWithdrawn =
    event.type === 'charge.dispute.funds_withdrawn' ||
    isReinstated ||
    (dispute.balance_transactions ?? []).length > 0
  // Money may come back of a dispute that stays lost: what had been refunded before it.
  const amount = BigInt(dispute.amount)
  const kept = isLostDispute(dispute.status) ? keptOf(dispute) : 0n
  // Where the object does not list what came back, it was all.
  const isAllBack = isReinstated && (kept === 0n || kept === amount)
  await taken(services, {
    ...found,
    id: dispute.id,
    kind: 'dispute',
    amount: kept > 0n ? kept : amount,
    currency: dispute.currency,
    status: isAllBack ? 'won' : dispute.status,
    isWithdrawn,
    at: event.createdAt,
  })
  return null
}

const BalanceTransaction = Type.Object({ amount: Type.Integer(), currency: Currency })

/**
 * The amount of a dispute without what Stripe has returned of it, rounded down. What it withdrew and
 * returned is in the currency of the balance, so it says only which share that is.
 */
function keptOf({ amount, balance_transactions: list }: Static<typeof Dispute>): bigint {
  const moves = (list ?? []).filter((one) => Value.Check(BalanceTransaction, one))
  const sum = (sign: 1 | -1) =>
    moves.reduce((total, one) => total + BigInt(Math.max(0, sign * one.amount)), 0n)
  const [withdrawn, returned] = [sum(-1), sum(1)]
  if (withdrawn === 0n || new Set(moves.map(({ currency }) => currency)).size > 1) {
    return BigInt(amount)
  }
  const left = withdrawn > returned ? withdrawn - returned : 0n
  return (BigInt(amount) * left) / withdrawn
}

/**
 * The payment that an object concerns, which older objects name only by its charge; and the charge's
 * amount in the object's currency, if that differs from the charge's currency.
 */
async function paymentOf(
  services: Services,
  { charge, payment_intent: intent, currency }: Static<typeof Taken>,
): Promise<{ paymentId: string; whole: bigint | null } | null> {
  const [chargeId, paymentId] = [idOrNull(charge), idOrNull(intent)]
  if (chargeId === null) return paymentId === null ? null : { paymentId, whole: null }
  if (paymentId !== null && (await currencyOf(services.db, paymentId)) === currency) {
    return { paymentId, whole: null }
  }
  const found = await chargeAtStripe(services, chargeId)
  const id = paymentId ?? (found === null ? null : idOrNull(found.payment_intent))
  if (id === null) return null
  const settled = found?.balance_transaction
  const isSettled = typeof settled === 'object' && settled !== null && settled.currency === currency
  return { paymentId: id, whole: isSettled ? BigInt(settled.amount) : null }
}

async function chargeAtStripe(services: Services, id: string): Promise<Stripe.Charge | null> {
  try {
    return await services
      .stripe()
      .ask((sdk, options) => sdk.charges.retrieve(id, { expand: ['balance_transaction'] }, options))
  } catch (error) {
    if (isMissingAtStripe(error)) return null
    throw error
  }
}
