import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { column } from '../database/arrays.ts'
import { Refusal } from '../refusals/index.ts'

/** What a customer may store. */
export interface Allowances {
  /** How many metric values in each UTC hour. */
  valuesMax: number
  /** How many distinct metric names, ever. */
  namesMax: number
}

/** What is left of a customer's allowances. */
export interface Remaining {
  values: number
  names: number
}

/** The values of this hour are used up. */
export class ValuesUsedUp extends Refusal {
  /** Seconds until the next hour begins. */
  readonly retryAfterS: number

  constructor(retryAfterS: number) {
    super('RATE_LIMITED')
    this.retryAfterS = retryAfterS
  }
}

const THIS_HOUR = sql`date_trunc('hour', now(), 'UTC')`
/** A statement may begin in the hour before the one that another statement already counts. */
const VALUES_NOW = sql`case when a.hour >= ${THIS_HOUR} then a.value_count else 0 end`
const ENDS_IN_S = sql`
  ceil(extract(epoch from ${THIS_HOUR} + interval '1 hour' - now()))::int`

/** The parts of a report that count towards allowances. */
interface Counted {
  reportId: string | null
  metrics: Record<string, number>
}

export function valuesOf(draft: Pick<Counted, 'metrics'>): number {
  return Object.keys(draft.metrics).length
}

/**
 * Creates the customer's row, if it has none. Its names are those in its totals, found by jumping
 * from each to the next. Without the row no report is stored, so no name is added meanwhile.
 */
export async function openAllowances(db: Database, customerId: string): Promise<void> {
  await db.execute(sql`
    insert into usage_allowances (customer_id, hour, value_count, name_count)
    select id, ${THIS_HOUR}, 0, (
      with recursive name as (
        (select metric from usage_totals where customer_id = ${customerId} order by metric limit 1)
        union all
        select (
          select t.metric from usage_totals t
          where t.customer_id = ${customerId} and t.metric > name.metric
          order by t.metric limit 1
        )
        from name where name.metric is not null
      )
      select count(metric) from name
    )
    from customers
    where id = ${customerId} and erased_at is null
      and not exists (select from usage_allowances where customer_id = ${customerId})
    for key share of customers
    on conflict (customer_id) do nothing`)
}

/** Values reserved for a batch, in an hour. */
export interface SetAside {
  customerId: string
  hour: string
  /** Indexes of the reports that were already stored, for which nothing was reserved. */
  stored: ReadonlySet<number>
}

/**
 * Reserves the values of a batch before any of it is stored. Reports that are already stored cost
 * nothing; values of reports that another call stores meanwhile are returned later.
 * @throws ValuesUsedUp
 */
export async function setValuesAside(
  db: Database,
  customerId: string,
  drafts: readonly Counted[],
  { valuesMax }: Allowances,
): Promise<SetAside> {
  const [row] = await db.execute<{ hour: string | null; stored: number[]; endsInS: number }>(sql`
    with sent as materialized (
      select value_count, place, exists (
        select from usage_reports r
        where r.customer_id = ${customerId} and r.report_id = sent.report_id
      ) as is_stored
      from unnest(
        ${column(drafts, ({ reportId }) => reportId)}::text[],
        ${column(drafts, (draft) => BigInt(valuesOf(draft)))}::int[]
      ) with ordinality as sent (report_id, value_count, place)
    ),
    wanted as materialized (
      select coalesce(sum(value_count), 0)::int as value_count from sent where not is_stored
    ),
    taken as (
      update usage_allowances a set
        hour = greatest(a.hour, ${THIS_HOUR}),
        value_count = ${VALUES_NOW} + wanted.value_count
      from wanted
      where a.customer_id = ${customerId} and (
        wanted.value_count = 0 or ${VALUES_NOW} + wanted.value_count <= ${valuesMax}
      )
      returning a.hour
    )
    select (select hour::text from taken) as hour, ${ENDS_IN_S} as "endsInS",
      (select coalesce(json_agg(place - 1), '[]') from sent where is_stored) as stored`)
  if (row?.hour == null) throw new ValuesUsedUp(row?.endsInS ?? 1)
  return { customerId, hour: row.hour, stored: new Set(row.stored) }
}

/** Returns the values that were not stored, if their hour still lasts, and says what is left. */
export async function settleValues(
  db: Database,
  { customerId, hour }: Pick<SetAside, 'customerId' | 'hour'>,
  unused: number,
  { valuesMax, namesMax }: Allowances,
): Promise<Remaining> {
  const row = { values: sql`${VALUES_NOW}`, names: sql`a.name_count` }
  const [found] =
    unused === 0
      ? await db.execute<{ values: number; names: number }>(sql`
          select ${row.values} as values, ${row.names} as names from usage_allowances a
          where a.customer_id = ${customerId}`)
      : await db.execute<{ values: number; names: number }>(sql`
          update usage_allowances a set value_count = a.value_count
            - case when a.hour = ${hour}::timestamptz then least(${unused}::int, a.value_count) else 0 end
          where a.customer_id = ${customerId}
          returning ${row.values} as values, ${row.names} as names`)
  return {
    values: Math.max(0, valuesMax - (found?.values ?? 0)),
    names: Math.max(0, namesMax - (found?.names ?? 0)),
  }
}
