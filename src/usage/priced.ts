import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import type { Metering } from '../plans/metering.ts'
import type { Report } from './reports.ts'

/** The earliest time that reports give, of each customer with one that gives any. */
function earliestTimes(batch: readonly Report[]) {
  const earliest = new Map<string, Date>()
  for (const { customerId, reportedAt } of batch) {
    if (reportedAt === null) continue
    const known = earliest.get(customerId)
    if (known === undefined || reportedAt < known) earliest.set(customerId, reportedAt)
  }
  return earliest
}

/**
 * How metrics are paid for, as the CTE `priced` of a statement that has `holder`, the plans that count now:
 * by customer and metric, from `since` on and until `until`, null for now. The past is looked at only for
 * reports that give their time. What nothing was asked for then, and Stripe bills now, Stripe bills: its
 * invoice has a price of its own.
 */
export function pricedThen(
  sql: postgres.Sql,
  batch: readonly Report[],
  defaultPlan: string | null,
) {
  const earliest = earliestTimes(batch)
  const since =
    earliest.size === 0
      ? sql`'-infinity'::timestamptz`
      : sql`coalesce((select max(past.until) from past where past.customer_id = holder.id), '-infinity')`
  const now = sql`
    select distinct on (holder.id, m.key) holder.id, holder.plan, m.key as metric, m.value as metering,
      ${since} as since, null::timestamptz as until
    from holder cross join lateral jsonb_each(holder.metered) m
    where holder.metered is not null
    order by holder.id, m.key, holder.place`
  if (earliest.size === 0) return sql`priced as materialized (${now})`
  return sql`
    past as materialized (${pastOf(sql, earliest, defaultPlan)}),
    priced_now as materialized (${now}),
    priced as materialized (
      select * from priced_now
      union all
      select customer_id, plan_id, metric, metering, since, until from past where metric is not null
      union all
      select now.id, now.plan, now.metric, now.metering, span.since, span.until
      from (select distinct customer_id, since, until from past) span
      join priced_now now on now.id = span.customer_id and now.metering->>'via' = 'stripe'
      where not exists (
        select from past
        where past.customer_id = span.customer_id and past.since = span.since
          and past.metric = now.metric
      )
    )`
}

function pastOf(
  sql: postgres.Sql,
  earliest: ReadonlyMap<string, Date>,
  defaultPlan: string | null,
) {
  return sql`
    select * from past_prices(
      ${array([...earliest.keys()])}::text[], ${array([...earliest.values()])}::timestamptz[],
      ${defaultPlan}
    )`
}

/** A row of the function `past_prices`; its times are in ms, and may be infinite. */
interface PastPrice {
  customerId: string
  since: number
  until: number
  metric: string | null
  metering: Metering | null
}

/** The prices of a customer's metrics at a time that a report gives. Undefined where those of now count. */
export type PricesThen = (report: Report) => Record<string, Metering> | undefined

/** Reads how reports that give their time are to be paid for. */
export async function readPricesThen(
  sql: postgres.Sql,
  batch: readonly Report[],
  defaultPlan: string | null,
): Promise<PricesThen> {
  const earliest = earliestTimes(batch)
  if (earliest.size === 0) return () => undefined
  const rows = await sql<PastPrice[]>`
    select customer_id as "customerId", metric, metering,
      (extract(epoch from since) * 1000)::float8 as since,
      (extract(epoch from until) * 1000)::float8 as until
    from (${pastOf(sql, earliest, defaultPlan)}) past`
  const byCustomer = new Map<string, PastPrice[]>()
  for (const row of rows) {
    const others = byCustomer.get(row.customerId)
    if (others === undefined) byCustomer.set(row.customerId, [row])
    else others.push(row)
  }
  return ({ customerId, reportedAt }) => {
    const at = reportedAt?.getTime() ?? Infinity
    const spans = byCustomer
      .get(customerId)
      ?.filter(({ since, until }) => since <= at && at < until)
    if (spans === undefined || spans.length === 0) return undefined
    return Object.fromEntries(
      spans.flatMap(({ metric, metering }) =>
        metric === null || metering === null ? [] : [[metric, metering]],
      ),
    )
  }
}
