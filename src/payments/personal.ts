import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database, Transaction } from '../database/index.ts'
import { transferId } from '../funds/present.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart, Names, Whom } from '../privacy/personal.ts'
import { stripePayments } from './tables.ts'

const PAGE = 1_000

const Units = Type.Integer({ description: "In Stripe's smallest unit of the currency." })

const Payment = Type.Object({
  payment_intent: Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] }),
  transfer_id: nullable(Type.String({ examples: ['tr_42_7'] })),
  currency: Type.String({ examples: ['usd'] }),
  paid: nullable(Units),
  refunded: Units,
  lost: Units,
  updated_at: Timestamp,
})

export const paymentExports: readonly ExportPart[] = [
  {
    of: 'account',
    name: 'stripe_payments',
    schema: Type.Array(Payment),
    read: (db, { accountId }) => exportedPayments(db, accountId ?? 0n),
  },
]

/** Stripe's events name a user's payments too. */
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
