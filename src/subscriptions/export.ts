import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { dateOf, stateOf } from './row.ts'
import { STATUSES, type Status } from './state.ts'
import { subscriptions } from './tables.ts'

const PAGE = 1_000

const Subscription = Type.Object({
  stripe_subscription_id: Type.String(),
  stripe_customer_id: Type.String(),
  items: Type.Array(
    Type.Object({
      stripe_price_id: Type.String(),
      quantity: nullable(Type.Integer()),
      current_period_start: nullable(Timestamp),
      current_period_end: nullable(Timestamp),
    }),
  ),
  status: Type.Unsafe<Status>({ type: 'string', enum: STATUSES }),
  cancel_at: nullable(Timestamp),
  cancel_at_period_end: Type.Boolean(),
  pause_collection: nullable(Type.String({ examples: ['void'] })),
  ended_at: nullable(Timestamp),
  created_at: Timestamp,
})

export const subscriptionExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'subscriptions',
    schema: Type.Array(Subscription),
    read: (db, { customerId }) => exportedSubscriptions(db, customerId ?? ''),
  },
]

function exportedSubscriptions(db: Database, id: string): Pages {
  return pages(
    (after?: typeof subscriptions.$inferSelect) =>
      db
        .select()
        .from(subscriptions)
        .where(and(eq(subscriptions.customerId, id), after && gt(subscriptions.id, after.id)))
        .orderBy(asc(subscriptions.id))
        .limit(PAGE),
    (row) => ({
      stripe_subscription_id: row.id,
      stripe_customer_id: row.stripeCustomerId,
      items: stateOf(row).items.map((item) => ({
        stripe_price_id: item.price,
        quantity: item.quantity,
        current_period_start: dateOf(item.start)?.toISOString() ?? null,
        current_period_end: dateOf(item.end)?.toISOString() ?? null,
      })),
      status: row.status,
      cancel_at: row.cancelAt?.toISOString() ?? null,
      cancel_at_period_end: row.cancelAtPeriodEnd,
      pause_collection: row.pause,
      ended_at: row.endedAt?.toISOString() ?? null,
      created_at: row.createdAt.toISOString(),
    }),
  )
}
