import { Type } from '@sinclair/typebox'
import { takeBack } from './service.ts'
import type { Handler, Services } from '../stripe/handler.ts'
import { Currency, Maybe, Minor, Reference, Text, idOrNull, read } from '../stripe/read.ts'

const Charge = Type.Object({
  id: Text,
  payment_intent: Maybe(Reference),
  amount_refunded: Minor,
  currency: Currency,
})

/** `charge.refunded`: the charge says what all its refunds come to, so each event has the whole. */
export const chargeRefunded: Handler = async (services, event) => {
  const charge = read(Charge, event.object, 'charge')
  const paymentIntent = idOrNull(charge.payment_intent)
  if (paymentIntent === null) return 'no payment intent'
  const refunded = BigInt(charge.amount_refunded)
  await takeBack(services, paymentIntent, charge.currency, { refunded })
  return null
}

const Dispute = Type.Object({
  id: Text,
  status: Text,
  amount: Minor,
  currency: Currency,
  charge: Maybe(Reference),
  payment_intent: Maybe(Reference),
})

/** `charge.dispute.*`: only a lost one takes money for good. */
export const disputeChanged: Handler = async (services, event) => {
  const dispute = read(Dispute, event.object, 'dispute')
  if (dispute.status !== 'lost') return 'not lost'
  const paymentIntent =
    idOrNull(dispute.payment_intent) ?? (await intentOf(services, idOrNull(dispute.charge)))
  if (paymentIntent === null) return 'no payment intent'
  await takeBack(services, paymentIntent, dispute.currency, { lost: BigInt(dispute.amount) })
  return null
}

/** Older disputes name the charge alone. */
async function intentOf(services: Services, chargeId: string | null): Promise<string | null> {
  if (chargeId === null) return null
  const charge = await services
    .stripe()
    .ask((sdk, options) => sdk.charges.retrieve(chargeId, {}, options))
  return idOrNull(charge.payment_intent)
}
