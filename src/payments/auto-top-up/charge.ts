import { and, eq, isNotNull, lt, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { Stripe } from 'stripe'
import { accountSubject } from '../../funds/accounts.ts'
import { autoTopUpIntents } from '../../funds/auto-top-up/tables.ts'
import { isStripeAway } from '../../stripe/client.ts'
import { assetOf } from '../service.ts'
import { chargeFor } from '../money.ts'
import { settlePayment } from './events.ts'
import { AUTO_TOP_UP, failureOf } from './failure.ts'
import { type Intent, beginSending, failed, notePayment, parked } from './intents.ts'

/**
 * Stripe keeps idempotency keys for 24 h at least (https://docs.stripe.com/api/idempotent_requests); after
 * this a request would be a second one.
 */
const SAME_KEY_MS = 23 * 3_600_000
const LISTED_MAX = 100
const CHECKED_MAX = 100

type Services = Parameters<typeof settlePayment>[0]

/**
 * The job: asks Stripe for the payment of an intent, in the same words under the same key however often
 * it runs. What becomes of the payment is told by its events.
 */
export async function chargeIntent(app: FastifyInstance, id: string): Promise<void> {
  const intent = await beginSending(app.db, id)
  if (intent === null || intent.paymentIntentId !== null) return
  if (Date.now() - (intent.sentAt ?? intent.createdAt).getTime() > SAME_KEY_MS) {
    return findOrPark(app, intent)
  }
  const { stripeCustomerId: customer, paymentMethodId: method } = intent
  // The account was erased meanwhile.
  if (customer === null || method === null) return parked(app.db, intent)
  const asset = await assetOf(app.db, intent.accountId)
  const { currency, minor } = chargeFor(intent.amount, asset)
  try {
    const payment = await app.stripe().ask((sdk, options) =>
      sdk.paymentIntents.create(
        {
          amount: Number(minor),
          currency,
          customer,
          payment_method: method,
          off_session: true,
          confirm: true,
          metadata: metadataOf(intent),
        },
        { ...options, idempotencyKey: `strongroom-auto-top-up-${intent.id}` },
      ),
    )
    await notePayment(app.db, intent.id, payment.id)
    if (payment.status === 'requires_action') {
      const code = 'authentication_required'
      await failed(app.db, intent, failureOf({ code, payment_intent: payment }), payment.id)
    }
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError) || isStripeAway(error)) throw error
    const payment = error.payment_intent
    if (payment !== undefined) await notePayment(app.db, intent.id, payment.id)
    app.log.warn({ stripe: { type: error.type, code: error.code } }, 'An automatic top-up failed')
    await failed(app.db, intent, failureOf(error), payment?.id ?? null)
  }
}

function metadataOf(intent: Intent) {
  return {
    purpose: AUTO_TOP_UP,
    intent: intent.id,
    account: accountSubject({ id: intent.accountId }),
  }
}

/** Of an intent whose answer never came: its payment, which names it. */
async function findOrPark(app: FastifyInstance, intent: Intent): Promise<void> {
  const { stripeCustomerId: customer, createdAt } = intent
  if (customer === null) return parked(app.db, intent)
  const since = Math.floor(createdAt.getTime() / 1_000) - 60
  const payments = await app
    .stripe()
    .ask((sdk, options) =>
      sdk.paymentIntents.list({ customer, created: { gte: since }, limit: LISTED_MAX }, options),
    )
  const payment = payments.data.find(({ metadata }) => metadata['intent'] === intent.id)
  if (payment === undefined) return parked(app.db, intent)
  await notePayment(app.db, intent.id, payment.id)
}

/** The job: asks after payments whose end no event has told for an hour. */
export async function checkPayments(app: FastifyInstance): Promise<void> {
  if (!app.hasStripe) return
  const late = await app.db
    .select({ payment: autoTopUpIntents.paymentIntentId })
    .from(autoTopUpIntents)
    .where(
      and(
        eq(autoTopUpIntents.status, 'sent'),
        isNotNull(autoTopUpIntents.paymentIntentId),
        lt(autoTopUpIntents.sentAt, sql`now() - interval '1 hour'`),
      ),
    )
    .orderBy(autoTopUpIntents.sentAt)
    .limit(CHECKED_MAX)
  for (const { payment } of late) {
    const found = await app
      .stripe()
      .ask((sdk, options) => sdk.paymentIntents.retrieve(payment ?? '', {}, options))
    await settlePayment(app satisfies Services, found)
  }
}
