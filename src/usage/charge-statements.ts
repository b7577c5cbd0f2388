import type postgres from 'postgres'
import type { Metering } from '../plans/metering.ts'
import { array, column } from '../database/arrays.ts'
import { type AdmissionState, readAdmissionState } from './admission.ts'
import type { KnownNames } from './known-names.ts'
import { readPricesThen } from './priced.ts'
import type { Report } from './reports.ts'
import type { Bounds } from './statements.ts'

/** A row of `usage_remainders`. */
export interface Remainder {
  customerId: string
  metric: string
  asset: string
  per: bigint
  remainder: string
}

/** What charges depend on. */
export interface ChargingState {
  /** How a report's metrics are paid for. */
  pricesOf: (report: Report) => Record<string, Metering>
  /** Customers that another transaction has locked, or whose plan it has locked. */
  busy: ReadonlySet<string>
  remainders: readonly Remainder[]
  admission: AdmissionState
}

/**
 * Reads in a transaction that has locked the customers' accounts. The customers and their plans can't
 * change until its end, so no metric is paid for by both an old and a new plan.
 * @param skips passes over locked customers instead of waiting for them
 */
export async function readChargingState(
  sql: postgres.Sql,
  customerIds: readonly string[],
  batch: readonly Report[],
  { known, bounds, skips }: { known: KnownNames; bounds: Bounds; skips: boolean },
): Promise<ChargingState> {
  const ids = array(customerIds)
  // Sent at once, in this order: customers are locked before allowances, as in an erasure.
  const customersRead = sql<{ id: string }[]>`
    select id from customers where id = any(${ids}::text[]) order by id
    for share ${skips ? sql`skip locked` : sql``}`.execute()
  const plansLocked = sql<{ id: string }[]>`
    select id from plans where id in (
      select plan_id from held_plans(${ids}::text[], ${bounds.defaultPlan}) held where held.counts
    ) and metered is not null
    order by id for share ${skips ? sql`skip locked` : sql``}`.execute()
  const plansRead = sql<{ id: string; plan: string; metered: Record<string, Metering> }[]>`
    select held.customer_id as id, p.id as plan, p.metered
    from held_plans(${ids}::text[], ${bounds.defaultPlan}) held
    join plans p on p.id = held.plan_id
    where held.counts and p.metered is not null
    order by held.customer_id, held.place desc`.execute()
  const remaindersRead = sql<Remainder[]>`
    select customer_id as "customerId", metric, asset, per, remainder::text from usage_remainders
    where customer_id = any(${ids}::text[])`.execute()
  const [customers, lockedPlans, plans, remainders, pricesThen, admission] = await Promise.all([
    customersRead,
    plansLocked,
    plansRead,
    remaindersRead,
    readPricesThen(sql, batch, bounds.defaultPlan),
    readAdmissionState(sql, batch, known, bounds),
  ])
  // The lowest rank first, so that of several prices of a metric the one with the highest rank wins.
  const metered = new Map<string, Record<string, Metering>>()
  for (const plan of plans) metered.set(plan.id, { ...metered.get(plan.id), ...plan.metered })
  const locked = new Set([...customers, ...lockedPlans].map(({ id }) => id))
  const busy = plans.filter(({ id, plan }) => !locked.has(id) || !locked.has(plan))
  return {
    pricesOf: (report) => pricesThen(report) ?? metered.get(report.customerId) ?? {},
    busy: new Set(busy.map(({ id }) => id)),
    remainders,
    admission,
  }
}

/** Writes only in the transaction that has read. */
export async function writeRemainders(
  sql: postgres.Sql,
  xid: string,
  rows: readonly Remainder[],
): Promise<void> {
  await sql`
    insert into usage_remainders (customer_id, metric, asset, per, remainder)
    select new.* from (select require_transaction(${xid}::xid8)) as guard, unnest(
      ${column(rows, (row) => row.customerId)}::text[],
      ${column(rows, (row) => row.metric)}::text[],
      ${column(rows, (row) => row.asset)}::text[],
      ${column(rows, (row) => row.per)}::bigint[],
      ${column(rows, (row) => row.remainder)}::numeric[]
    ) as new
    on conflict (customer_id, metric, asset, per) do update set remainder = excluded.remainder`
}

export function remainderKey(row: Omit<Remainder, 'remainder'>): string {
  return `${row.customerId} ${row.metric} ${row.asset} ${row.per}`
}
