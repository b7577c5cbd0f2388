import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { Status } from '../stripe/statuses.ts'

/** What is derived from a customer's plans and subscriptions each time it is shown. */
export interface Standing {
  /** The plans held now, by rank. */
  plans: string[]
  /** The plan that an operator has set. */
  basePlan: string | null
  /** The status of the customer's main subscription; null without a subscription to a known plan. */
  subscriptionStatus: Status | null
  /** In the order in which they were linked. */
  stripeCustomerIds: string[]
}

const NOTHING: Standing = {
  plans: [],
  basePlan: null,
  subscriptionStatus: null,
  stripeCustomerIds: [],
}

type Reader = Pick<Database | Transaction, 'execute'>

/** The standing of each of these customers. */
export async function standings(
  db: Reader,
  customerIds: readonly string[],
  defaultPlan: string | null,
): Promise<(customerId: string) => Standing> {
  const rows = await db.execute<{
    id: string
    plans: string[]
    basePlan: string | null
    status: Status | null
    stripe: string[]
  }>(sql`
    with held as (
      select customer_id, json_agg(plan_id order by place) as plans
      from held_plans(${array(customerIds)}::text[], ${defaultPlan}) group by customer_id
    )
    select c.id, coalesce(held.plans, '[]') as plans, base_plan_of(c) as "basePlan",
      (${subscriptionStatus}) as status,
      to_json(array_remove(array[c.stripe_customer_id], null) || array(
        select s.id from stripe_customers s
        where s.customer_id = c.id and s.id is distinct from c.stripe_customer_id
        order by s.linked_at, s.id
      )) as stripe
    from customers c left join held on held.customer_id = c.id
    where c.id = any(${array(customerIds)}::text[])`)
  const found = new Map(
    rows.map((row) => [
      row.id,
      {
        plans: row.plans,
        basePlan: row.basePlan,
        subscriptionStatus: row.status,
        stripeCustomerIds: row.stripe,
      },
    ]),
  )
  return (customerId) => found.get(customerId) ?? NOTHING
}

/** For `customers c`, chosen as in `GET /api/subscriptions/:customer_id`. */
export const subscriptionStatus = sql`
  select s.status from subscriptions s
  join subscription_plans p on p.subscription_id = s.id
  where s.customer_id = c.id and s.ended_at is null
  order by p.rank desc, s.created_at desc, s.id desc limit 1`
