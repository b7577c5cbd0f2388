import type postgres from 'postgres'
import type { ReportUnderLock } from './correction-statements.ts'
import type { Correction } from './correction.ts'

const COARSER = [
  ['day', 'hour'],
  ['month', 'day'],
] as const

/**
 * Takes a report from the totals of its hour, day and month. The hour's least, greatest and last value are
 * those of its other reports, where all of them are kept; the day's are those of its hours, and the month's
 * those of its days. A total of no other report goes.
 */
export async function takeFromTotals(
  sql: postgres.Sql,
  xid: string,
  { customerId, reportId }: Pick<Correction, 'customerId' | 'reportId'>,
  { metrics, reportedAt }: ReportUnderLock,
): Promise<void> {
  const values = sql`jsonb_each_text(${JSON.stringify(metrics)}::text::jsonb) as gone (metric, value)`
  const at = sql`${reportedAt}::timestamptz`
  const start = (period: string) => sql`date_trunc(${period}::text, ${at}, 'UTC')`

  /** @param rest what the others of the total are, by metric */
  const take = (period: string, rest: postgres.PendingQuery<postgres.Row[]>) => sql`
    with guard as materialized (select require_transaction(${xid}::xid8)),
    gone as materialized (select metric, value::numeric as value from ${values}),
    rest as materialized (${rest}),
    emptied as (
      delete from usage_totals t using gone, guard
      where t.customer_id = ${customerId} and t.metric = gone.metric and t.period = ${period}
        and t.starts_at = ${start(period)} and t.count = 1
    )
    update usage_totals t set
      count = t.count - 1,
      sum = t.sum - gone.value,
      min = case when rest.count = t.count - 1 then rest.min else t.min end,
      max = case when rest.count = t.count - 1 then rest.max else t.max end,
      last = case when rest.count = t.count - 1 then rest.last else t.last end,
      last_at = case when rest.count = t.count - 1 then rest.last_at else t.last_at end
    from guard, gone left join rest on rest.metric = gone.metric
    where t.customer_id = ${customerId} and t.metric = gone.metric and t.period = ${period}
      and t.starts_at = ${start(period)} and t.count > 1`

  await take(
    'hour',
    sql`
      select m.key as metric, count(*) as count, min(m.value::float8), max(m.value::float8),
        (array_agg(m.value::float8 order by r.reported_at desc, m.value::numeric desc))[1] as last,
        max(r.reported_at) as last_at
      from usage_reports r cross join lateral jsonb_each_text(r.metrics) m
      where r.customer_id = ${customerId} and r.reported_at >= ${start('hour')}
        and r.reported_at < ${start('hour')} + interval '1 hour'
        and m.key in (select metric from gone)
        and r.report_id <> ${reportId} and r.report_id <> all(array(
          select c.report_id from usage_corrections c where c.customer_id = ${customerId}
        ))
      group by m.key`,
  )
  for (const [period, finer] of COARSER) {
    await take(
      period,
      sql`
        select t.metric, sum(t.count)::bigint as count, min(t.min), max(t.max),
          (array_agg(t.last order by t.last_at desc, t.last desc))[1] as last,
          max(t.last_at) as last_at
        from usage_totals t
        where t.customer_id = ${customerId} and t.period = ${finer}
          and t.metric in (select metric from gone)
          and t.starts_at >= ${start(period)}
          and t.starts_at < ${start(period)} + ${`1 ${period}`}::text::interval
        group by t.metric`,
    )
  }
}
