import { Type } from '@sinclair/typebox'
import { and, asc, eq, getTableColumns, gt } from 'drizzle-orm'
import type { Database, Transaction } from '../database/index.ts'
import { transferId } from '../funds/ids.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart, Names, Whom } from '../privacy/personal.ts'
import { stripePayments, stripeTakings } from './tables.ts'

const PAGE = 1_000

const Units = Type.Integer({
  description: "In Stripe's smallest unit of the currency.",
  examples: [1000],
})

const Payment = Type.Object({
  payment_intent: Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] }),
  transfer_id: nullable(Type.String({ examples: ['tr_42_7'] })),
  currency: Type.String({ examples: ['usd'] }),
  paid: nullable(Units),
  refunded: Units,
  lost: Units,
  updated_at: Timestamp,
})

/** A refund or a dispute of such a payment. */
const Taking = Type.Object({
  stripe_id: Type.String({ examples: ['re_3MtwBwLkdIwHu7ix2kXl1yZa'] }),
  kind: Type.Unsafe<'refund' | 'dispute'>({ type: 'string', enum: ['refund', 'dispute'] }),
  payment_intent: Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] }),
  currency: Type.String({ examples: ['usd'] }),
  amount: Units,
  status: Type.String({ description: "Stripe's own status.", examples: ['succeeded'] }),
  at: Timestamp,
})

export const paymentExports: readonly ExportPart[] = [
  {
    of: 'account',
    name: 'stripe_payments',
    schema: Type.Array(Payment),
    read: (db, { accountId }) => exportedPayments(db, accountId ?? 0n),
  },
  {
    of: 'account',
    name: 'stripe_takings',
    schema: Type.Array(Taking),
    read: (db, { accountId }) => exportedTakings(db, accountId ?? 0n),
  },
]

/** Stripe's events also name a user by payments. */
export async function paymentNames(tx: Transaction, { accountId }: Whom): Promise<Names> {
  if (accountId === null) return { ids: [] }
  const payments = await tx
    .select({ id: stripePayments.id })
    .from(stripePayments)
    .where(eq(stripePayments.accountId, accountId))
  return { ids: payments.map(({ id }) => id) }
}

function exportedPayments(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof stripePayments.$inferSelect) =>
      db
        .select()
        .from(stripePayments)
        .where(
          and(eq(stripePayments.accountId, accountId), after && gt(stripePayments.id, after.id)),
        )
        .orderBy(asc(stripePayments.id))
        .limit(PAGE),
    (row) => ({
      payment_intent: row.id,
      transfer_id: row.seq === null ? null : transferId({ accountId, seq: row.seq }),
      currency: row.currency,
      paid: row.paid === null ? null : Number(row.paid),
      refunded: Number(row.refunded),
      lost: Number(row.lost),
      updated_at: row.updatedAt.toISOString(),
    }),
  )
}

function exportedTakings(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof stripeTakings.$inferSelect) =>
      db
        .select(getTableColumns(stripeTakings))
        .from(stripeTakings)
        .innerJoin(stripePayments, eq(stripePayments.id, stripeTakings.paymentId))
        .where(
          and(eq(stripePayments.accountId, accountId), after && gt(stripeTakings.id, after.id)),
        )
        .orderBy(asc(stripeTakings.id))
        .limit(PAGE),
    (row) => ({
      stripe_id: row.id,
      kind: row.kind,
      payment_intent: row.paymentId,
      currency: row.currency,
      amount: Number(row.amount),
      status: row.status,
      at: row.at.toISOString(),
    }),
  )
}
