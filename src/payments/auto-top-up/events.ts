import { Type } from '@sinclair/typebox'
import { accountSubject, userOf } from '../../funds/accounts.ts'
import type { Handler, Services } from '../../stripe/handler.ts'
import {
  Currency,
  Dictionary,
  Maybe,
  Minor,
  Text,
  UnreadableEvent,
  read,
} from '../../stripe/read.ts'
import { topUpPaid } from '../service.ts'
import { AUTO_TOP_UP, failureOf } from './failure.ts'
import { failed, findIntent, succeeded } from './intents.ts'

const Payment = Type.Object({
  id: Text,
  status: Text,
  amount_received: Minor,
  currency: Currency,
  metadata: Dictionary,
  next_action: Maybe(
    Type.Object({ redirect_to_url: Maybe(Type.Object({ url: Maybe(Type.String()) })) }),
  ),
  last_payment_error: Maybe(
    Type.Object({
      code: Maybe(Text),
      decline_code: Maybe(Text),
      advice_code: Maybe(Text),
    }),
  ),
})

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `payment_intent.succeeded` and `.payment_failed`, of the payments that were made for an intent. */
export const paymentEnded: Handler = (services, event) => settlePayment(services, event.object)

/** Books what became of a payment, once however often it is told. */
export async function settlePayment(services: Services, object: unknown): Promise<string | null> {
  const payment = read(Payment, object, 'payment intent')
  const { purpose, intent: id, account } = payment.metadata ?? {}
  // A checkout's payment is told by its session.
  if (purpose !== AUTO_TOP_UP) return 'not ours'
  const intent = id !== undefined && UUID.test(id) ? await findIntent(services.db, id) : undefined
  if (intent === undefined || account !== accountSubject({ id: intent.accountId })) {
    return 'not ours'
  }
  if ((intent.paymentIntentId ?? payment.id) !== payment.id) {
    throw new UnreadableEvent('second payment for an intent')
  }
  if (payment.status === 'succeeded') {
    const userId = await userOf(services.db, account)
    if (userId === undefined) throw new UnreadableEvent('top-up of no account')
    const { currency, amount_received: minor } = payment
    await topUpPaid(services, payment.id, userId, { currency, minor: BigInt(minor) })
    await succeeded(services.db, intent, payment.id)
    return null
  }
  if (['requires_payment_method', 'canceled', 'requires_action'].includes(payment.status)) {
    const isWaiting = payment.status === 'requires_action'
    const error = isWaiting ? { code: 'authentication_required' } : payment.last_payment_error
    const failure = failureOf({ ...error, payment_intent: payment })
    await failed(services.db, intent, failure, payment.id)
    return null
  }
  return 'not ended'
}
