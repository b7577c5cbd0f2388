import type postgres from 'postgres'
import { array } from '../../src/database/arrays.ts'

interface Year {
  /** Ids of customers that exist; the others have made-up ones. */
  callers: readonly string[]
  customers: number
  hours: number
}

/**
 * Indexes take long to fill in the order of time; made afterwards they are soon done, and the same.
 * @returns what makes them again
 */
async function dropIndexes(sql: postgres.Sql, table: string): Promise<() => Promise<void>> {
  const constraints = await sql<{ name: string; definition: string }[]>`
    select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = ${table}::regclass and contype = 'p'`
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index where indrelid = ${table}::regclass and not indisprimary`
  for (const { name } of constraints)
    await sql`alter table ${sql(table)} drop constraint ${sql(name)}`
  for (const { name } of indexes) await sql`drop index ${sql(name)}`
  return async () => {
    for (const { name, definition } of constraints) {
      await sql.unsafe(`alter table ${table} add constraint ${name} ${definition}`)
    }
    for (const { definition } of indexes) await sql.unsafe(definition)
  }
}

/** Hourly reports until now, stored in the order in which they would have come, and their totals. */
export async function fillYear(sql: postgres.Sql, year: Year): Promise<void> {
  await sql`
    create temporary table reporting as
    select n, coalesce((${array(year.callers)}::text[])[n], 'cust_' || lpad(n::text, 16, '0')) as id
    from generate_series(1, ${year.customers}::int) n`
  await sql`set maintenance_work_mem = '512MB'`
  const restoreReports = await dropIndexes(sql, 'usage_reports')
  const restoreTotals = await dropIndexes(sql, 'usage_totals')
  const step = 24 * 30
  for (let from = 0; from < year.hours; from += step) {
    const until = Math.min(from + step, year.hours)
    await sql`
      insert into usage_reports (
        customer_id, report_id, instance_id, reported_at, received_at, metrics, fingerprint
      )
      select id, 'rep_' || hour || '_' || n, 'instance-1', at, at,
        jsonb_build_object('api.calls', (hour * 31 + n * 17) % 1000), sha256('1')
      from generate_series(${from}::int, ${until - 1}::int) hour
      cross join reporting
      cross join lateral (
        select date_trunc('milliseconds', now()) - make_interval(hours => ${year.hours}::int - hour) as at
      ) time
      order by hour, n`
  }
  for (const period of ['hour', 'day', 'month']) {
    await sql`
      insert into usage_totals (
        customer_id, metric, period, starts_at, count, sum, min, max, last, last_at
      )
      select customer_id, 'api.calls', ${period}::text, date_trunc(${period}::text, reported_at, 'UTC') as starts_at,
        count(*), sum((metrics->'api.calls')::numeric), min((metrics->'api.calls')::float8),
        max((metrics->'api.calls')::float8), max((metrics->'api.calls')::float8), max(reported_at)
      from usage_reports
      group by customer_id, starts_at
      order by starts_at, customer_id`
  }
  await restoreReports()
  await restoreTotals()
  await sql`vacuum analyze usage_reports, usage_totals`
  await sql`checkpoint`.catch(() => undefined)
}

export async function fillFindings(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    insert into usage_findings (kind, customer_id, metric, window_start, value, threshold, at)
    select 'anomaly', 'cust_' || lpad((n % 1000)::text, 16, '0'), 'api.calls',
      date_trunc('day', now()) - make_interval(days => n / 1000), 5000, 2000, now()
    from generate_series(1, ${count}::int) n
    on conflict do nothing`
  await sql`vacuum analyze usage_findings`
}
