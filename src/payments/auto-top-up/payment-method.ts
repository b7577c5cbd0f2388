import { eq, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { Stripe } from 'stripe'
import type { Database, Transaction } from '../../database/index.ts'
import { savedPaymentMethods } from '../../funds/auto-top-up/tables.ts'
import { accounts } from '../../funds/tables.ts'
import { eraseStripeCustomer } from '../../stripe/erased-customers.ts'
import { isStripeAway } from '../../stripe/client.ts'
import type { Services } from '../../stripe/handler.ts'
import { idOrNull } from '../../stripe/read.ts'
import { arm } from './arm.ts'

/** The queue's pauses grow to six hours: over three weeks in all. */
const ATTEMPTS_MAX = 100

type Saved = typeof savedPaymentMethods.$inferSelect

export async function savedMethod(
  db: Pick<Database, 'select'>,
  accountId: bigint,
): Promise<Saved | undefined> {
  const [row] = await db
    .select()
    .from(savedPaymentMethods)
    .where(eq(savedPaymentMethods.accountId, accountId))
  return row
}

/** The Stripe customer that a checkout saves its payment method for; null for one that it is to make. */
export async function payerOf(
  db: Pick<Database, 'select'>,
  accountId: bigint,
): Promise<{ stripeCustomerId: string | null }> {
  const saved = await savedMethod(db, accountId)
  return { stripeCustomerId: saved?.stripeCustomerId ?? null }
}

/**
 * Keeps what a paid checkout has saved, in place of an older one. For an account that was closed
 * meanwhile, Stripe is to forget it.
 * @param at Stripe's time
 */
export async function saveMethod(
  services: Services,
  accountId: bigint,
  {
    stripeCustomerId,
    paymentIntentId,
    at,
  }: { stripeCustomerId: string; paymentIntentId: string; at: Date },
): Promise<void> {
  const payment = await services
    .stripe()
    .ask((sdk, options) => sdk.paymentIntents.retrieve(paymentIntentId, {}, options))
  const paymentMethodId = idOrNull(payment.payment_method)
  if (paymentMethodId === null) return
  await services.db.transaction(async (tx) => {
    const [account] = await tx
      .select({ status: accounts.status })
      .from(accounts)
      .where(eq(accounts.id, accountId))
      .for('update')
    if (account === undefined || account.status === 'closed') {
      return forgetMethod(tx, { stripeCustomerId, paymentMethodId })
    }
    const news = { stripeCustomerId, paymentMethodId, savedAt: at }
    await tx
      .insert(savedPaymentMethods)
      .values({ accountId, ...news })
      .onConflictDoUpdate({
        target: savedPaymentMethods.accountId,
        set: news,
        setWhere: sql`${savedPaymentMethods.savedAt} <= excluded.saved_at`,
      })
    await arm(tx, accountId, { isAtOnce: true })
  })
}

/** Has Stripe detach it, and delete the customer that Checkout made for it. */
export async function forgetMethod(
  tx: Transaction,
  { stripeCustomerId, paymentMethodId }: Pick<Saved, 'stripeCustomerId' | 'paymentMethodId'>,
): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job('detach_payment_method', json_build_object('id', ${paymentMethodId}::text),
      job_key := ${`detach ${paymentMethodId}`}, max_attempts := ${ATTEMPTS_MAX})`)
  await eraseStripeCustomer(tx, stripeCustomerId)
}

/** The job. Stripe refuses to detach what is detached already, or gone with its customer. */
export async function detachMethod(app: FastifyInstance, id: string): Promise<void> {
  try {
    await app.stripe().ask((sdk, options) => sdk.paymentMethods.detach(id, {}, options))
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || isStripeAway(error)) {
      throw error
    }
  }
}
