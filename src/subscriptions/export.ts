import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { basePlansPast } from '../customers/tables.ts'
import type { Database } from '../database/index.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { dateOf, stateOf } from './row.ts'
import { STATUSES, type Status } from './state.ts'
import { subscriptions, subscriptionsPast } from './tables.ts'

const PAGE = 1_000

const Subscription = Type.Object({
  stripe_subscription_id: Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
  stripe_customer_id: Type.String({ examples: ['cus_9s6XKzkNRiz8i3'] }),
  items: Type.Array(
    Type.Object({
      stripe_price_id: Type.String({ examples: ['price_1MoBy5LkdIwHu7ixZhnattbh'] }),
      quantity: nullable(Type.Integer({ examples: [1] })),
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

/** What was held until a time. */
const BasePlanPast = Type.Object({
  base_plan: nullable(Type.String({ examples: ['starter'] })),
  until: Timestamp,
})

const SubscriptionPast = Type.Object({
  stripe_subscription_id: Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
  status: Type.Unsafe<Status>({ type: 'string', enum: STATUSES }),
  items: Type.Array(
    Type.Object({
      stripe_price_id: Type.String({ examples: ['price_1MoBy5LkdIwHu7ixZhnattbh'] }),
      quantity: nullable(Type.Integer({ examples: [1] })),
    }),
  ),
  until: Timestamp,
})

export const subscriptionExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'subscriptions',
    schema: Type.Array(Subscription),
    read: (db, { customerId }) => exportedSubscriptions(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'subscriptions_past',
    schema: Type.Array(SubscriptionPast),
    read: (db, { customerId }) => exportedPast(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'base_plans_past',
    schema: Type.Array(BasePlanPast),
    read: (db, { customerId }) => exportedBasePlans(db, customerId ?? ''),
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

function exportedPast(db: Database, id: string): Pages {
  const { customerId, subscriptionId, until } = subscriptionsPast
  return pages(
    (after?: typeof subscriptionsPast.$inferSelect) =>
      db
        .select()
        .from(subscriptionsPast)
        .where(
          and(
            eq(customerId, id),
            after &&
              sql`(${subscriptionId}, ${until}) > (${after.subscriptionId}, ${after.until.toISOString()}::timestamptz)`,
          ),
        )
        .orderBy(asc(subscriptionId), asc(until))
        .limit(PAGE),
    (row) => ({
      stripe_subscription_id: row.subscriptionId,
      status: row.status,
      items: row.items.map(({ price, quantity }) => ({ stripe_price_id: price, quantity })),
      until: row.until.toISOString(),
    }),
  )
}

function exportedBasePlans(db: Database, id: string): Pages {
  const { customerId, until } = basePlansPast
  return pages(
    (after?: typeof basePlansPast.$inferSelect) =>
      db
        .select()
        .from(basePlansPast)
        .where(and(eq(customerId, id), after && gt(until, after.until)))
        .orderBy(asc(until))
        .limit(PAGE),
    (row) => ({ base_plan: row.basePlan, until: row.until.toISOString() }),
  )
}
