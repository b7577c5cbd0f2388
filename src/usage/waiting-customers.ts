import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { presentPayerOf } from './billing-subscription.ts'

/** Some tenths of a second of the database's time. */
const STEP_MAX = 5_000

/** How far this process has come in its round of the customers whose usage waits. */
const reached = new WeakMap<Database, string>()

interface Step extends Record<string, unknown> {
  payable: string[]
  last: string | null
}

/**
 * Asks for the next customers whose usage waits for a payer whether somebody pays now. They take turns,
 * because those for whom nobody ever does, such as all on a free plan, may be any number.
 * @returns those for whom somebody pays; and what goes on to the next customers when all their usage has
 * been told: until then, the same are asked about again
 */
export async function nextWaiting(
  db: Database,
): Promise<{ payable: string[]; finish: () => void }> {
  const [step] = await db.execute<Step>(waitingCustomers(reached.get(db) ?? ''))
  return {
    payable: step?.payable ?? [],
    finish: () => {
      reached.set(db, step?.last ?? '')
    },
  }
}

/** Jumps from customer to customer, however many hours of each wait. `last` is null at the end of the round. */
export function waitingCustomers(after: string): SQL {
  return sql`
    with recursive waiting as (
      (
        select h.customer_id, 1 as place from usage_meter_hours h
        where h.stripe_customer_id is null and h.customer_id > ${after}
        order by h.customer_id limit 1
      )
      union all
      select next.customer_id, waiting.place + 1 from waiting
      cross join lateral (
        select h.customer_id from usage_meter_hours h
        where h.stripe_customer_id is null and h.customer_id > waiting.customer_id
        order by h.customer_id limit 1
      ) next
      where waiting.place < ${STEP_MAX}
    ),
    asked as materialized (
      select waiting.*, ${sql.raw(presentPayerOf('waiting'))} is not null as is_payable from waiting
    )
    select coalesce(json_agg(customer_id) filter (where is_payable), '[]') as payable,
      max(customer_id) filter (where place = ${STEP_MAX}) as last
    from asked`
}
