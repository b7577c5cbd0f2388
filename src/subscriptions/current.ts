import { and, count, desc, eq, isNotNull, isNull, ne, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { accounts } from '../funds/tables.ts'
import { type SubscribedPlan, plansOfSubscriptions } from './held.ts'
import { presentSubscription } from './present.ts'
import { subscriptions } from './tables.ts'

/** Counts accounts by tier, and Stripe subscriptions that give access. */
export async function countSubscriptions(db: Database) {
  const open = and(isNotNull(accounts.userId), ne(accounts.status, 'closed'))
  const [tiers, [stripe]] = await Promise.all([
    db
      .select({ tier: accounts.tier, count: count() })
      .from(accounts)
      .where(open)
      .groupBy(accounts.tier),
    db.execute<{ count: number }>(sql`
      select count(distinct subscription_id)::int as count from subscription_plans
      where gives_access`),
  ])
  return {
    subscription_count: tiers.reduce((sum, row) => sum + row.count, 0),
    by_tier: Object.fromEntries(tiers.map((row) => [row.tier ?? '', row.count])),
    stripe_active: stripe?.count ?? 0,
  }
}

/**
 * A customer's subscriptions that have not ended, newest first. The main one is the one whose plan
 * has the highest rank; of several, it is the newest.
 */
export async function currentSubscriptions(db: Database, customerId: string) {
  const rows = await db
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
    .orderBy(desc(subscriptions.createdAt), desc(subscriptions.id))
  const plans = await plansOfSubscriptions(
    db,
    rows.map(({ id }) => id),
  )
  const all = rows.map((row) => ({ row, plans: plans.get(row.id) ?? [] }))
  const ours = all.filter((one) => one.plans.length > 0)
  const [first] = ours.toSorted((a, b) => rankOf(b) - rankOf(a))
  const present = (one: (typeof all)[number]) => presentSubscription(one.row, one.plans)
  return {
    customer_id: customerId,
    subscription: first === undefined ? null : present(first),
    subscriptions: all.map(present),
  }
}

function rankOf({ plans: [plan] }: { plans: readonly SubscribedPlan[] }): number {
  return plan?.rank ?? -Infinity
}
