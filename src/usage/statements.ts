import type postgres from 'postgres'
import { array, column, jsonColumn } from '../database/arrays.ts'
import { addToMeterHours, billedParts, noteLateUse } from './metered-parts.ts'
import { pricedThen } from './priced.ts'
import type { Report, Standing } from './reports.ts'
import type { ChargedPart } from './tables.ts'

/** The result of a batch; customers' reports are named by `reportKey`. */
export interface Written {
  receivedAt: Date
  /** Reports that this batch has stored. */
  created: string[]
  /** Indexes of reports whose time is out of bounds. */
  untimely: number[]
  /**
   * Indexes of reports for which the hour may have too few values left, with those before them
   * counted.
   */
  unfit: number[]
  /** Indexes of reports that are paid from funds, which were not stored. */
  charged: number[]
  standings: (Standing & { customer: string })[]
  /**
   * How much customers have used of their allowances; a customer without an entry no longer exists.
   */
  used: { customer: string; values: number; names: number }[]
  hourEndsInS: number
  /** Limits that were found exceeded for the first time this month. */
  exceeded: number
}

export interface Bounds {
  retentionDays: number
  /** How far an instance's clock may be ahead. */
  aheadMinutes: number
  /** How many metric values a customer may store in an hour. */
  valuesMax: number
  /** The plan of customers without a plan from an operator. */
  defaultPlan: string | null
}

/** The transaction in which reports were admitted, and are now written. */
export interface WritingTransaction {
  xid: string
  /** The customers whose standings are wanted, even if nothing is written. */
  customerIds: readonly string[]
  /** Whether it also charges for reports that are paid from funds; otherwise they are not stored. */
  isCharging: boolean
  /** How many new names a report has, for reports with any. */
  newNames: ReadonlyMap<Report, number>
  /** What was paid for a report from funds, of those that were charged for. */
  charges: ReadonlyMap<Report, readonly ChargedPart[]>
}

export interface EarlierReport {
  key: string
  fingerprint: Buffer
  receivedAt: Date
}

/** Unambiguous, because neither part contains a space. */
export function reportKey(report: { customerId: string; reportId: string }): string {
  return `${report.customerId} ${report.reportId}`
}

/**
 * Stores a batch of reports, adds them to the totals and to the usage for Stripe, returns their
 * customers' standings, and notes and audits exceeded limits. It is one statement, so all of it
 * happens or nothing. Reports that are paid from funds are stored only in a transaction that charges
 * for them.
 *
 * Without a transaction, reports must contain no new names. Allowances are locked before anything is
 * stored, so what the customer has used is current.
 *
 * Customers are locked against an erasure, and those being erased are left out. The retention row is
 * read under a lock, in its newest version, so the bound can't move while the batch runs. Reports and
 * totals are written in the order of their keys, so that two batches never deadlock. A report that
 * already exists is left alone and adds nothing.
 */
export async function writeReports(
  sql: postgres.Sql,
  batch: readonly Report[],
  bounds: Bounds,
  transaction: WritingTransaction | null = null,
): Promise<Written> {
  const customerIds = transaction?.customerIds ?? batch.map((report) => report.customerId)
  const ids = array([...new Set(customerIds)])
  const guard =
    transaction === null
      ? sql``
      : sql`, lateral (select require_transaction(${transaction.xid}::xid8)) as guard`
  const rows = await sql<[Written]>`
    with kept as materialized (
      select kept_since from usage_retention ${guard} for share of usage_retention
    ),
    living as materialized (
      select id from customers
      where id = any(${ids}::text[]) and erased_at is null
      for key share skip locked
    ),
    allowance as materialized (
      select customer_id, name_count,
        case when hour >= date_trunc('hour', now(), 'UTC') then value_count else 0 end as value_count
      from usage_allowances
      where customer_id = any(${ids}::text[])
      order by customer_id
      for update
    ),
    holder as materialized (
      select held.customer_id as id, held.plan_id as plan, held.place, p.limits, p.metered
      from held_plans(${ids}::text[], ${bounds.defaultPlan}) held
      join plans p on p.id = held.plan_id
      where held.counts
    ),
    ${pricedThen(sql, batch, bounds.defaultPlan)},
    bounded as materialized (
      select holder.id, l.key as metric, max(l.value::numeric) as "limit"
      from holder cross join lateral jsonb_each_text(holder.limits) l
      group by holder.id, l.key
    ),
    sent as (
      select sent.place, sent.customer_id, sent.report_id, sent.instance_id, sent.fingerprint,
        sent.metrics, sent.value_count, sent.name_count, sent.charges,
        coalesce(reported_at, date_trunc('milliseconds', now())) as reported_at,
        coalesce(reported_at, 'infinity') as priced_at,
        sent.value_count = 0 or ${bounds.valuesMax}::int >= allowance.value_count
          + sum(sent.value_count) over (partition by customer_id order by place) as is_fitting
      from unnest(
        ${column(batch, (report) => report.customerId)}::text[],
        ${column(batch, (report) => report.reportId)}::text[],
        ${column(batch, (report) => report.instanceId)}::text[],
        ${column(batch, (report) => report.fingerprint)}::bytea[],
        ${jsonColumn(batch, (report) => report.metrics)}::jsonb[],
        ${column(batch, (report) => report.reportedAt)}::timestamptz[],
        ${column(batch, (report) => (report.isSetAside ? 0n : BigInt(report.valueCount)))}::int[],
        ${column(batch, (report) => BigInt(transaction?.newNames.get(report) ?? 0))}::int[],
        ${jsonColumn(batch, (report) => transaction?.charges.get(report) ?? null)}::jsonb[]
      ) with ordinality as sent (
        customer_id, report_id, instance_id, fingerprint, metrics, reported_at, value_count,
        name_count, charges, place
      )
      join allowance using (customer_id)
      where customer_id in (select id from living)
    ),
    charged as materialized (
      select place from sent
      where ${transaction?.isCharging !== true}::boolean and exists (
        select from priced
        where priced.id = sent.customer_id and priced.since <= sent.priced_at
          and (priced.until is null or priced.until > sent.priced_at)
          and priced.metering->>'via' = 'funds' and sent.metrics ? priced.metric
      )
    ),
    judged as materialized (
      select sent.*, reported_at >= kept_since
        and reported_at >= now() - make_interval(days => ${bounds.retentionDays}::int)
        and reported_at <= now() + make_interval(mins => ${bounds.aheadMinutes}::int) as is_timely
      from sent, kept
      where place not in (select place from charged)
    ),
    billed as materialized (${billedParts(sql)}),
    created as (
      insert into usage_reports (
        customer_id, report_id, instance_id, reported_at, received_at, metrics, fingerprint,
        metered, charges
      )
      select customer_id, report_id, instance_id, reported_at,
        date_trunc('milliseconds', now()), metrics, fingerprint,
        (select parts from billed where billed.place = judged.place), charges
      from judged where is_timely and is_fitting
      order by customer_id, report_id, place
      on conflict (customer_id, report_id) do nothing
      returning customer_id, report_id, reported_at, metrics, metered
    ),
    spent as (${spendAllowances(sql)}),
    totals as (${addToTotals(sql)}),
    metered as (${addToMeterHours(sql)}),
    late as (${noteLateUse(sql)}),
    standing as materialized (
      select bounded.id as customer, bounded.metric, bounded."limit", month.used,
        month.used > bounded."limit" as exceeded
      from bounded
      left join totals fresh on fresh.customer_id = bounded.id and fresh.metric = bounded.metric
        and fresh.period = 'month' and fresh.starts_at = date_trunc('month', now(), 'UTC')
      cross join lateral (
        select coalesce(fresh.sum, (
          select stored.sum from usage_totals stored
          where stored.customer_id = bounded.id and stored.metric = bounded.metric
            and stored.period = 'month' and stored.starts_at = date_trunc('month', now(), 'UTC')
        ), 0) as used offset 0
      ) month
    ),
    exceeded as (
      insert into usage_findings (kind, customer_id, metric, window_start, value, threshold, at)
      select 'limit_exceeded', customer, metric, date_trunc('month', now(), 'UTC'), used, "limit",
        date_trunc('month', now(), 'UTC')
      from standing
      where exceeded and not exists (
        select from usage_findings f
        where f.customer_id = customer and f.metric = standing.metric
          and f.kind = 'limit_exceeded' and f.window_start = date_trunc('month', now(), 'UTC')
      )
      order by customer, metric
      on conflict (customer_id, metric, kind, window_start) do nothing
      returning customer_id, metric, value, threshold, window_start
    ),
    audited as (
      insert into audit_records (event, actor, subject, metadata)
      select 'usage.limit_exceeded', 'system', customer_id, jsonb_build_object(
        'metric', metric, 'used', value, 'limit', threshold, 'month', to_char(window_start, 'YYYY-MM')
      )
      from exceeded order by customer_id, metric
    )
    select date_trunc('milliseconds', now()) as "receivedAt",
      (select coalesce(json_agg(customer_id || ' ' || report_id), '[]') from created) as created,
      (select coalesce(json_agg(place - 1), '[]') from judged where not is_timely) as untimely,
      (select coalesce(json_agg(place - 1), '[]') from judged
        where is_timely and not is_fitting) as unfit,
      (select coalesce(json_agg(place - 1), '[]') from charged) as charged,
      (select coalesce(json_agg(json_build_object(
        'customer', customer, 'metric', metric, 'used', used::text, 'limit', "limit",
        'exceeded', exceeded
      ) order by customer, metric), '[]') from standing) as standings,
      (select coalesce(json_agg(json_build_object(
        'customer', customer_id,
        'values', coalesce(spent.value_count, allowance.value_count),
        'names', coalesce(spent.name_count, allowance.name_count)
      )), '[]') from allowance left join spent using (customer_id)) as used,
      ceil(extract(epoch from
        date_trunc('hour', now(), 'UTC') + interval '1 hour' - now()))::int as "hourEndsInS",
      (select count(*)::int from exceeded) as exceeded`
  return rows[0]
}

/**
 * Adds the values and new names of the created reports to what their customers have used; of copies,
 * the first was stored. A statement may begin in the hour before the one that another statement
 * already counts.
 */
function spendAllowances(sql: postgres.Sql) {
  return sql`
    update usage_allowances a set
      hour = greatest(a.hour, date_trunc('hour', now(), 'UTC')),
      value_count = case
        when a.hour >= date_trunc('hour', now(), 'UTC') then a.value_count else 0
      end + new.value_count,
      name_count = a.name_count + new.name_count
    from (
      select customer_id, sum(value_count)::int as value_count, sum(name_count)::int as name_count
      from (
        select distinct on (customer_id, report_id) customer_id, report_id, value_count, name_count
        from judged where is_timely and is_fitting
        order by customer_id, report_id, place
      ) first
      join created using (customer_id, report_id)
      group by customer_id
      having sum(value_count) + sum(name_count) > 0
    ) new
    where a.customer_id = new.customer_id
    returning a.customer_id, a.value_count, a.name_count`
}

/** Adds the values of the created reports to the totals of their hours, days and months. */
function addToTotals(sql: postgres.Sql) {
  return sql`
    insert into usage_totals as total (
      customer_id, metric, period, starts_at, count, sum, min, max, last, last_at
    )
    select customer_id, metric, period, date_trunc(period, reported_at, 'UTC') as starts_at,
      count(*), sum(value), min(value::float8), max(value::float8),
      (array_agg(value::float8 order by reported_at desc, value desc))[1], max(reported_at)
    from (
      select customer_id, reported_at, m.key as metric, m.value::numeric as value
      from created cross join lateral jsonb_each_text(metrics) m
    ) measured
    cross join unnest(array['hour', 'day', 'month']) as period
    group by customer_id, metric, period, starts_at
    order by customer_id, metric, period, starts_at
    on conflict (customer_id, metric, period, starts_at) do update set
      count = total.count + excluded.count,
      sum = total.sum + excluded.sum,
      min = least(total.min, excluded.min),
      max = greatest(total.max, excluded.max),
      last = case
        when (excluded.last_at, excluded.last) > (total.last_at, total.last) then excluded.last
        else total.last
      end,
      last_at = greatest(total.last_at, excluded.last_at)
    returning customer_id, metric, period, starts_at, sum`
}

/**
 * Reports stored under these keys. A separate statement, because a report that another process stored
 * while the batch waited for it is invisible to the batch.
 */
export function findReports(
  sql: postgres.Sql,
  reports: readonly Report[],
): Promise<EarlierReport[]> {
  return sql<EarlierReport[]>`
    select r.customer_id || ' ' || r.report_id as key, r.fingerprint, r.received_at as "receivedAt"
    from (
      select distinct * from unnest(
        ${column(reports, (report) => report.customerId)}::text[],
        ${column(reports, (report) => report.reportId)}::text[]
      ) as sought (customer_id, report_id)
    ) sought
    join usage_reports r using (customer_id, report_id)`
}
