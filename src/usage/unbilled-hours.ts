import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { payerOf } from './billing-subscription.ts'

const PAGE = 5_000
/** Stripe accepts events of the last 35 days. */
const PAST_DAYS_MAX = 34

/**
 * Lets go of usage that has waited for a Stripe customer until Stripe would no longer accept it, a page
 * each minute. What nobody is billed for is a finding for each customer's meter, which is kept from the last that was
 * added to it.
 */
export async function dropUnbilledHours(db: Database): Promise<void> {
  await db.execute(unbilledHours())
}

export function unbilledHours(): SQL {
  return sql`
    with gone as (
      delete from usage_meter_hours where ctid = any (array(
        select h.ctid from usage_meter_hours h
        where h.stripe_customer_id is null
          and h.at < now() - make_interval(days => ${PAST_DAYS_MAX})
          and ${sql.raw(payerOf('h'))} is null
        limit ${PAGE} for update of h skip locked
      ))
      returning customer_id, event_name, at, value
    )
    insert into usage_billing_findings as known
      (kind, customer_id, event_name, subject, value, used_at)
    select 'unbilled_usage', customer_id, event_name, 'no payer', sum(value), min(at)
    from gone
    group by customer_id, event_name having sum(value) > 0
    order by customer_id, event_name
    on conflict (customer_id, kind, event_name, subject) do update set
      value = known.value + excluded.value, used_at = least(known.used_at, excluded.used_at),
      found_at = now()`
}
