import { and, eq } from 'drizzle-orm'
import type { Stripe } from 'stripe'
import { takeTurns } from '../../customers/stripe-customers.ts'
import type { Database, Transaction } from '../../database/index.ts'
import { autoTopUpIntents, savedPaymentMethods } from '../../funds/auto-top-up/tables.ts'
import {
  eraseStripeCustomer,
  isErasedAtStripe,
  isKnownDeleted,
} from '../../stripe/erased-customers.ts'
import { OldAnswer, type Services } from '../../stripe/handler.ts'
import { idOrNull } from '../../stripe/read.ts'
import { arm } from './arm.ts'
import { forgetMethod, forgetUnsaved } from './forgetting.ts'
import { lockAccount } from './lock.ts'

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
 * Keeps what a paid checkout has saved, in place of an older one. Stripe is to forget what is not
 * kept: the older one of two checkouts that each made a customer, or that of an account which was
 * closed meanwhile.
 * @param at Stripe's time
 */
export async function saveMethod(
  { db, stripe }: Pick<Services, 'db' | 'stripe'>,
  accountId: bigint,
  paid: { stripeCustomerId: string; paymentIntentId: string; at: Date },
): Promise<void> {
  const { stripeCustomerId, paymentIntentId, at } = paid
  const payment = await stripe().ask((sdk, options) =>
    sdk.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] }, options),
  )
  // It is paid, so this is an older answer, which may lack what was saved.
  if (payment.status !== 'succeeded') throw new OldAnswer()
  const paymentMethodId = reusableMethod(payment)
  if (paymentMethodId === null) return forgetUnsaved(db, accountId, stripeCustomerId)
  const made = { accountId, stripeCustomerId, paymentMethodId, savedAt: at }
  await db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const { isClosed } = await lockAccount(tx, accountId)
    if (isClosed) return forgetMethod(tx, made)
    // Events come in any order, and repeatedly: Stripe may have deleted it, at our request or not.
    if (await isKnownDeleted(tx, stripeCustomerId)) return eraseStripeCustomer(tx, stripeCustomerId)
    if (await isErasedAtStripe(tx, stripeCustomerId)) return
    const before = await savedMethod(tx, accountId)
    const [kept, other] =
      before === undefined || before.savedAt <= at ? [made, before] : [before, made]
    if (kept === made) await keep(tx, made)
    if (other !== undefined && other.stripeCustomerId !== kept.stripeCustomerId) {
      await forgetMethod(tx, other)
    }
    await arm(tx, accountId, { isAtOnce: true })
  })
}

/**
 * What a payment has saved for later ones; null for nothing. A bank redirect is good for one payment.
 * Stripe makes a direct debit of it, which only the charge names.
 */
function reusableMethod({ latest_charge: charge, payment_method: used }: Stripe.PaymentIntent) {
  const details = typeof charge === 'string' ? null : charge?.payment_method_details
  const redirect = details?.bancontact ?? details?.ideal ?? details?.sofort ?? null
  return idOrNull(redirect === null ? used : redirect.generated_sepa_debit)
}

/** Payments of which Stripe has not been asked yet are made with it too. */
async function keep(tx: Transaction, made: Saved): Promise<void> {
  const { accountId, stripeCustomerId, paymentMethodId } = made
  await tx
    .insert(savedPaymentMethods)
    .values(made)
    .onConflictDoUpdate({ target: savedPaymentMethods.accountId, set: made })
  await tx
    .update(autoTopUpIntents)
    .set({ stripeCustomerId, paymentMethodId })
    .where(and(eq(autoTopUpIntents.accountId, accountId), eq(autoTopUpIntents.status, 'open')))
}
