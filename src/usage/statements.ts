import type postgres from 'postgres'
import { array, column, jsonColumn } from '../plugins/database/arrays.ts'
import type { Report, Standing } from './reports.ts'

/** What became of a batch; customers' reports are named by `reportKey`. */
export interface Written {
  receivedAt: Date
  /** Reports that are stored now and were not before. */
  created: string[]
  /** Indexes into the batch of those whose time is out of bounds. */
  untimely: number[]
  /** Indexes into the batch of those that are paid from funds, which were left alone. */
  charged: number[]
  standings: (Standing & { customer: string })[]
  /** Limits found exceeded for the first time this month. */
  exceeded: number
}

export interface Bounds {
  retentionDays: number
  /** How far an instance's clock may be ahead. */
  aheadMinutes: number
}

/** The transaction in which reports are written that are paid from funds. */
export interface ChargingTransaction {
  xid: string
  /** Whose standings are asked for, also where nothing is written. */
  customerIds: readonly string[]
}

export interface EarlierReport {
  key: string
  fingerprint: Buffer
  receivedAt: Date
}

/** Neither part has a space. */
export function reportKey(report: { customerId: string; reportId: string }): string {
  return `${report.customerId} ${report.reportId}`
}

/**
 * Stores a batch of reports, adds them to the totals and to what Stripe is to be told, says where
 * their customers stand, and notes and audits limits that are exceeded: one statement, so that all of
 * it happens or nothing does. Reports that are paid from funds are stored in a transaction that
 * charges for them, and in no other.
 *
 * Customers are locked against an erasure, and one that is being erased is passed over: of it nothing
 * is stored any more. The retention row is read under a lock, and so is the newest there is: while
 * the batch runs nobody moves the bound. Reports are stored and totals written in the order of their keys, so that no two
 * batches wait for each other. A report that is there already is left alone and adds nothing.
 */
export async function writeReports(
  sql: postgres.Sql,
  batch: readonly Report[],
  bounds: Bounds,
  charging: ChargingTransaction | null = null,
): Promise<Written> {
  const customerIds = charging?.customerIds ?? batch.map((report) => report.customerId)
  const ids = array([...new Set(customerIds)])
  const guard =
    charging === null
      ? sql``
      : sql`, lateral (select require_transaction(${charging.xid}::xid8)) as guard`
  const rows = await sql<[Written]>`
    with kept as materialized (
      select kept_since from usage_retention ${guard} for share of usage_retention
    ),
    living as materialized (
      select id from customers
      where id = any(${ids}::text[]) and erased_at is null
      for key share skip locked
    ),
    holder as materialized (
      select c.id, p.limits, p.metered from customers c
      join plans p on p.id = c.plan
      where c.id = any(${ids}::text[])
    ),
    sent as (
      select place, customer_id, report_id, instance_id, fingerprint, metrics,
        coalesce(reported_at, date_trunc('milliseconds', now())) as reported_at
      from unnest(
        ${column(batch, (report) => report.customerId)}::text[],
        ${column(batch, (report) => report.reportId)}::text[],
        ${column(batch, (report) => report.instanceId)}::text[],
        ${column(batch, (report) => report.fingerprint)}::bytea[],
        ${jsonColumn(batch, (report) => report.metrics)}::jsonb[],
        ${column(batch, (report) => report.reportedAt)}::timestamptz[]
      ) with ordinality
        as sent (customer_id, report_id, instance_id, fingerprint, metrics, reported_at, place)
      where customer_id in (select id from living)
    ),
    charged as materialized (
      select place from sent join holder on holder.id = sent.customer_id
      where ${charging === null}::boolean and holder.metered is not null and exists (
        select from jsonb_each(holder.metered) m
        where m.value->>'via' = 'funds' and sent.metrics ? m.key
      )
    ),
    timely as materialized (
      select sent.* from sent, kept
      where place not in (select place from charged)
        and reported_at >= kept_since
        and reported_at >= now() - make_interval(days => ${bounds.retentionDays}::int)
        and reported_at <= now() + make_interval(mins => ${bounds.aheadMinutes}::int)
    ),
    created as (
      insert into usage_reports (
        customer_id, report_id, instance_id, reported_at, received_at, metrics, fingerprint
      )
      select customer_id, report_id, instance_id, reported_at,
        date_trunc('milliseconds', now()), metrics, fingerprint
      from timely order by customer_id, report_id, place
      on conflict (customer_id, report_id) do nothing
      returning customer_id, report_id, reported_at, metrics
    ),
    totals as (${addToTotals(sql)}),
    metered as (${addToMeterSums(sql)}),
    standing as materialized (
      select holder.id as customer, l.key as metric, l.value::numeric as "limit", month.used,
        month.used > l.value::numeric as exceeded
      from holder
      cross join lateral jsonb_each_text(holder.limits) l
      left join totals fresh on fresh.customer_id = holder.id and fresh.metric = l.key
        and fresh.period = 'month' and fresh.starts_at = date_trunc('month', now(), 'UTC')
      cross join lateral (
        select coalesce(fresh.sum, (
          select stored.sum from usage_totals stored
          where stored.customer_id = holder.id and stored.metric = l.key
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
      (select coalesce(json_agg(place - 1), '[]') from sent
        where place not in (select place from timely)
          and place not in (select place from charged)) as untimely,
      (select coalesce(json_agg(place - 1), '[]') from charged) as charged,
      (select coalesce(json_agg(to_json(standing) order by customer, metric), '[]')
        from standing) as standings,
      (select count(*)::int from exceeded) as exceeded`
  return rows[0]
}

/** The values of the reports just created, added to the totals of their hours, days and months. */
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

/** The values of the reports just created that Stripe bills, added to what it has yet to be told. */
function addToMeterSums(sql: postgres.Sql) {
  return sql`
    insert into usage_meter_sums as waiting (customer_id, event_name, value)
    select created.customer_id, m.value->>'event_name' as event_name,
      sum((created.metrics->>m.key)::numeric)
    from created
    join holder on holder.id = created.customer_id and holder.metered is not null
    cross join lateral jsonb_each(holder.metered) m
    where m.value->>'via' = 'stripe' and created.metrics ? m.key
    group by created.customer_id, event_name
    order by created.customer_id, event_name
    on conflict (customer_id, event_name) do update set value = waiting.value + excluded.value`
}

/**
 * Reports stored under these keys. Asked in a statement of its own: one that another process stored
 * while the batch waited for it was invisible to the batch.
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
