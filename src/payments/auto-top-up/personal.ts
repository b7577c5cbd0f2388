import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database, Transaction } from '../../database/index.ts'
import {
  autoTopUpIntents,
  autoTopUps,
  savedPaymentMethods,
} from '../../funds/auto-top-up/tables.ts'
import { Timestamp, nullable } from '../../http/schemas.ts'
import { type Pages, pages } from '../../privacy/document.ts'
import type { ClosedAccount, ExportPart, Names, Whom } from '../../privacy/personal.ts'
import type { ErasureRow } from '../../privacy/row.ts'
import { belongsToOthers } from '../../subscriptions/others.ts'
import { forgetMethod } from './forgetting.ts'
import { cancelUnsent } from './intents.ts'
import { savedMethod } from './payment-method.ts'

const PAGE = 1_000

const Units = Type.Integer({
  description: "In the smallest unit of the account's asset.",
  examples: [1000],
})

const Settings = Type.Object({
  threshold: Units,
  amount: Units,
  daily_max: Units,
  monthly_max: Units,
  enabled: Type.Boolean(),
  paused_reason: nullable(Type.String({ examples: ['payments_failed'] })),
  updated_at: Timestamp,
})

const Method = Type.Object({
  stripe_customer_id: Type.String({ examples: ['cus_NffrFeUfNV2Hib'] }),
  payment_method_id: Type.String({ examples: ['pm_1MqLiJLkdIwHu7ixUEgbFdYF'] }),
  saved_at: Timestamp,
})

const Intent = Type.Object({
  amount: Units,
  status: Type.String({ examples: ['succeeded'] }),
  failure: nullable(Type.String({ description: "Stripe's code.", examples: ['card_declined'] })),
  payment_intent: nullable(Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] })),
  created_at: Timestamp,
  ended_at: nullable(Timestamp),
})

export const autoTopUpExports: readonly ExportPart[] = [
  {
    of: 'account',
    name: 'auto_top_up',
    schema: nullable(Settings),
    read: (db, { accountId }) => exportedSettings(db, accountId ?? 0n),
  },
  {
    of: 'account',
    name: 'saved_payment_method',
    schema: nullable(Method),
    read: (db, { accountId }) => exportedMethod(db, accountId ?? 0n),
  },
  {
    of: 'account',
    name: 'auto_top_up_payments',
    schema: Type.Array(Intent),
    read: (db, { accountId }) => exportedIntents(db, accountId ?? 0n),
  },
]

/** Stripe's events name a user by these too. */
export async function autoTopUpNames(tx: Transaction, { accountId }: Whom): Promise<Names> {
  if (accountId === null) return { ids: [] }
  const saved = await savedMethod(tx, accountId)
  const isOwn = saved !== undefined && !(await belongsToOthers(tx, saved.stripeCustomerId, null))
  const payments = await tx
    .select({ id: autoTopUpIntents.paymentIntentId })
    .from(autoTopUpIntents)
    .where(eq(autoTopUpIntents.accountId, accountId))
  return {
    ids: payments.flatMap(({ id }) => (id === null ? [] : [id])),
    ...(isOwn && { stripeCustomerIds: [saved.stripeCustomerId] }),
  }
}

/** Nothing is charged from now on; what was sent to Stripe ends by itself. */
export async function closeAutoTopUp(tx: Transaction, { id }: ClosedAccount): Promise<void> {
  await tx.delete(autoTopUps).where(eq(autoTopUps.accountId, id))
  await cancelUnsent(tx, id)
  const saved = await savedMethod(tx, id)
  if (saved !== undefined) await forgetMethod(tx, saved)
}

/** The end of an erasure: until then Stripe's events are found by these. */
export async function finishAutoTopUp(tx: Transaction, { accountId }: ErasureRow): Promise<void> {
  if (accountId === null) return
  await tx.delete(savedPaymentMethods).where(eq(savedPaymentMethods.accountId, accountId))
  await tx
    .update(autoTopUpIntents)
    .set({ stripeCustomerId: null, paymentMethodId: null })
    .where(eq(autoTopUpIntents.accountId, accountId))
}

async function exportedSettings(db: Database, accountId: bigint) {
  const [row] = await db.select().from(autoTopUps).where(eq(autoTopUps.accountId, accountId))
  if (row === undefined) return null
  return {
    threshold: Number(row.threshold),
    amount: Number(row.amount),
    daily_max: Number(row.dailyMax),
    monthly_max: Number(row.monthlyMax),
    enabled: row.enabled,
    paused_reason: row.pausedReason,
    updated_at: row.updatedAt.toISOString(),
  }
}

async function exportedMethod(db: Database, accountId: bigint) {
  const saved = await savedMethod(db, accountId)
  if (saved === undefined) return null
  return {
    stripe_customer_id: saved.stripeCustomerId,
    payment_method_id: saved.paymentMethodId,
    saved_at: saved.savedAt.toISOString(),
  }
}

function exportedIntents(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof autoTopUpIntents.$inferSelect) =>
      db
        .select()
        .from(autoTopUpIntents)
        .where(
          and(
            eq(autoTopUpIntents.accountId, accountId),
            after && gt(autoTopUpIntents.createdAt, after.createdAt),
          ),
        )
        .orderBy(asc(autoTopUpIntents.createdAt))
        .limit(PAGE),
    (row) => ({
      amount: Number(row.amount),
      status: row.status,
      failure: row.failure,
      payment_intent: row.paymentIntentId,
      created_at: row.createdAt.toISOString(),
      ended_at: row.endedAt?.toISOString() ?? null,
    }),
  )
}
