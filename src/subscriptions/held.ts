import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import { isOthers } from './others.ts'

/** A plan that a subscription is for, according to the items that count. */
export interface SubscribedPlan {
  subscriptionId: string
  plan: string
  rank: number
  quantity: number
  periodStart: Date | null
  periodEnd: Date | null
  /**
   * The period that Stripe bills now. While its invoice is owed, the items that count have an
   * earlier one.
   */
  billedStart: Date | null
  billedEnd: Date | null
  endsAt: Date | null
  givesAccess: boolean
}

type Reader = Pick<Database | Transaction, 'execute'>

/** The plans of each of these subscriptions, by rank. */
export async function plansOfSubscriptions(
  db: Reader,
  subscriptionIds: readonly string[],
): Promise<Map<string, SubscribedPlan[]>> {
  const rows = await db.execute<Record<keyof SubscribedPlan, string | number | boolean | null>>(sql`
    select subscription_id as "subscriptionId", plan_id as plan, rank, quantity,
      period_start as "periodStart", period_end as "periodEnd", billed_start as "billedStart",
      billed_end as "billedEnd", ends_at as "endsAt", gives_access as "givesAccess"
    from subscription_plans where subscription_id = any(${array(subscriptionIds)}::text[])
    order by subscription_id, rank desc, plan_id`)
  const plans = new Map<string, SubscribedPlan[]>()
  for (const row of rows) {
    const plan: SubscribedPlan = {
      subscriptionId: String(row.subscriptionId),
      plan: String(row.plan),
      rank: Number(row.rank),
      quantity: Number(row.quantity),
      periodStart: dateOf(row.periodStart),
      periodEnd: dateOf(row.periodEnd),
      billedStart: dateOf(row.billedStart),
      billedEnd: dateOf(row.billedEnd),
      endsAt: dateOf(row.endsAt),
      givesAccess: row.givesAccess === true,
    }
    plans.set(plan.subscriptionId, [...(plans.get(plan.subscriptionId) ?? []), plan])
  }
  return plans
}

/** The driver returns the times of plain SQL as text. */
function dateOf(value: unknown): Date | null {
  return value === null ? null : new Date(value as string | Date)
}

/** Whether a subscription gives the customer access to one of our plans. */
export async function hasAccess(db: Reader, customerId: string): Promise<boolean> {
  const rows = await db.execute(sql`
    select from subscription_plans where customer_id = ${customerId} and gives_access limit 1`)
  return rows.length > 0
}

/**
 * The Stripe customer of the main subscription; null if no subscription gives access. One that is
 * somebody else's is left out.
 */
export async function payingCustomer(db: Reader, customerId: string): Promise<string | null> {
  const [row] = await db.execute<{ id: string }>(sql`
    select stripe_customer_id as id from subscription_plans
    where customer_id = ${customerId} and gives_access
      and not ${isOthers(sql`subscription_plans.stripe_customer_id`, customerId)}
    order by rank desc, created_at desc, subscription_id desc limit 1`)
  return row?.id ?? null
}
