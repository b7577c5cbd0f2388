import type { FastifyInstance } from 'fastify'
import { Stripe } from 'stripe'
import type { Database } from '../../database/index.ts'
import { isDatabaseUnavailable } from '../../database/faults.ts'
import { accountSubject } from '../../funds/accounts.ts'
import { isCallerRefused, isStripeAway } from '../../stripe/client.ts'
import { assetOf } from '../service.ts'
import { chargeFor } from '../money.ts'
import { settlePayment } from './events.ts'
import { AUTO_TOP_UP, failureOf } from './failure.ts'
import {
  type Intent,
  type Late,
  beginSending,
  cancelled,
  failed,
  findIntent,
  latePayments,
  notePayment,
  parked,
  unauthenticated,
  unwanted,
  withdrawn,
} from './intents.ts'

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
  const found = await findIntent(app.db, id)
  if (found?.status === 'open' && (await isPaidAfterAll(app, found))) {
    return withdrawn(app.db, found)
  }
  const intent = await beginSending(app.db, id)
  if (intent === null || intent.paymentIntentId !== null) return
  const isLate = Date.now() - (intent.sentAt ?? intent.createdAt).getTime() > SAME_KEY_MS
  // No payment is asked for an erased user any more, or after it was disabled, but one that was asked
  // before may have been made.
  if (intent.isUnwanted) return findOr(app, intent, unwanted)
  if (isLate) return findOr(app, intent, parked)
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
    if (isCallerRefused(error)) throw error
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
async function findOr(
  app: FastifyInstance,
  intent: Intent,
  end: (db: Database, intent: Intent) => Promise<void>,
): Promise<void> {
  const { stripeCustomerId: customer, createdAt } = intent
  if (customer === null) return parked(app.db, intent)
  const gte = Math.floor(createdAt.getTime() / 1_000) - 60
  const found = await app.stripe().ask(async (sdk, options) => {
    const terms = { customer, created: { gte }, limit: LISTED_MAX }
    for await (const payment of sdk.paymentIntents.list(terms, options)) {
      if (payment.metadata['intent'] === intent.id) return payment
    }
    return undefined
  })
  if (found === undefined) return end(app.db, intent)
  await notePayment(app.db, intent.id, found.id)
}

/**
 * Cancels earlier payments of the account that wait for the user's authentication, because this one
 * takes their place.
 * @returns whether one of them was paid after all
 */
async function isPaidAfterAll(app: FastifyInstance, { accountId }: Intent): Promise<boolean> {
  for (const { id, paymentIntentId } of await unauthenticated(app.db, accountId)) {
    try {
      await app
        .stripe()
        .ask((sdk, options) => sdk.paymentIntents.cancel(paymentIntentId, {}, options))
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || isStripeAway(error)) {
        throw error
      }
      const payment = await app
        .stripe()
        .ask((sdk, options) => sdk.paymentIntents.retrieve(paymentIntentId, {}, options))
      await settlePayment(app, payment)
      if (payment.status === 'succeeded') return true
      if (payment.status !== 'canceled') throw error
    }
    await cancelled(app.db, id)
  }
  return false
}

/**
 * The job that asks Stripe about payments whose end no event has told within an hour. One that
 * can't be settled does not stop the others.
 */
export async function checkPayments(app: FastifyInstance): Promise<void> {
  if (!app.hasStripe) return
  for (let after: Late | undefined; ;) {
    const page = await latePayments(app.db, CHECKED_MAX, after)
    for (const { paymentIntentId } of page) {
      try {
        const payment = await app
          .stripe()
          .ask((sdk, options) => sdk.paymentIntents.retrieve(paymentIntentId, {}, options))
        await settlePayment(app satisfies Services, payment)
      } catch (error) {
        if (isStripeAway(error) || isCallerRefused(error) || isDatabaseUnavailable(error))
          throw error
        app.log.warn({ err: error }, 'Could not settle the payment of an automatic top-up')
      }
    }
    after = page.at(-1)
    if (page.length < CHECKED_MAX) return
  }
}
