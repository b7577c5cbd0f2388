import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'

type Reader = Pick<Database | Transaction, 'execute'>

/** The plans that customers hold now, each customer's by rank; the first is the customer's `plan`. */
export async function heldPlans(
  db: Reader,
  customerIds: readonly string[],
  defaultPlan: string | null,
): Promise<Map<string, string[]>> {
  const rows = await db.execute<{ customerId: string; planId: string }>(sql`
    select customer_id as "customerId", plan_id as "planId"
    from held_plans(${array(customerIds)}::text[], ${defaultPlan})
    order by customer_id, place`)
  const held = new Map<string, string[]>()
  for (const { customerId, planId } of rows) {
    held.set(customerId, [...(held.get(customerId) ?? []), planId])
  }
  return held
}

/** The plan with the highest rank that a customer holds; null for none. */
export async function heldPlan(
  db: Reader,
  customerId: string,
  defaultPlan: string | null,
): Promise<string | null> {
  return (await heldPlans(db, [customerId], defaultPlan)).get(customerId)?.[0] ?? null
}
