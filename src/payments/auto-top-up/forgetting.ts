import { and, asc, eq, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { Stripe } from 'stripe'
import { takeTurns } from '../../customers/stripe-customers.ts'
import type { Database, Transaction } from '../../database/index.ts'
import { autoTopUpIntents, savedPaymentMethods } from '../../funds/auto-top-up/tables.ts'
import { isStripeAway } from '../../stripe/client.ts'
import { eraseStripeCustomer } from '../../stripe/erased-customers.ts'
import { belongsToOthers } from '../../subscriptions/others.ts'
import { arm } from './arm.ts'
import { lockAccount } from './lock.ts'

/** The queue's pauses grow to six hours: over three weeks in all. */
const ATTEMPTS_MAX = 100

type Saved = typeof savedPaymentMethods.$inferSelect

/** Has Stripe detach it, and delete the customer that Checkout made for it. */
export async function forgetMethod(
  tx: Transaction,
  { stripeCustomerId, paymentMethodId }: Pick<Saved, 'stripeCustomerId' | 'paymentMethodId'>,
): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job('detach_payment_method', json_build_object('id', ${paymentMethodId}::text),
      job_key := ${`detach ${paymentMethodId}`}, max_attempts := ${ATTEMPTS_MAX})`)
  await forgetPayer(tx, stripeCustomerId)
}

/** One that has since been linked to a customer, or pays for a subscription, is left alone. */
async function forgetPayer(tx: Transaction, stripeCustomerId: string): Promise<void> {
  if (await belongsToOthers(tx, stripeCustomerId, null)) return
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

/** Of a checkout that has saved nothing: has Stripe delete the customer that it made, if it made one. */
export async function forgetUnsaved(
  db: Database,
  accountId: bigint,
  stripeCustomerId: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockAccount(tx, accountId)
    const [saved] = await tx
      .select({ customer: savedPaymentMethods.stripeCustomerId })
      .from(savedPaymentMethods)
      .where(eq(savedPaymentMethods.accountId, accountId))
    if (saved?.customer !== stripeCustomerId) await forgetPayer(tx, stripeCustomerId)
  })
}

/**
 * Forgets what was saved with a Stripe customer that was deleted at Stripe. Another checkout then
 * makes another one.
 * @returns false if nothing was saved with it
 */
export function forgetDeleted(db: Database, stripeCustomerId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    // What a checkout is about to save with it is either visible from here on, or not saved.
    await takeTurns(tx, stripeCustomerId)
    const saved = await tx
      .select({ accountId: savedPaymentMethods.accountId })
      .from(savedPaymentMethods)
      .where(eq(savedPaymentMethods.stripeCustomerId, stripeCustomerId))
      .orderBy(asc(savedPaymentMethods.accountId))
    for (const { accountId } of saved) {
      const { isClosed } = await lockAccount(tx, accountId)
      // Its erasure finds events by what was saved, and deletes it in the end.
      if (!isClosed) await forgetSaved(tx, accountId, stripeCustomerId)
    }
    if (saved.length > 0) await eraseStripeCustomer(tx, stripeCustomerId)
    return saved.length > 0
  })
}

async function forgetSaved(
  tx: Transaction,
  accountId: bigint,
  stripeCustomerId: string,
): Promise<void> {
  await tx
    .delete(savedPaymentMethods)
    .where(
      and(
        eq(savedPaymentMethods.accountId, accountId),
        eq(savedPaymentMethods.stripeCustomerId, stripeCustomerId),
      ),
    )
  await tx
    .update(autoTopUpIntents)
    .set({ status: 'cancelled', endedAt: new Date() })
    .where(
      and(
        eq(autoTopUpIntents.accountId, accountId),
        eq(autoTopUpIntents.stripeCustomerId, stripeCustomerId),
        eq(autoTopUpIntents.status, 'open'),
      ),
    )
  await arm(tx, accountId, { isAtOnce: false })
}
