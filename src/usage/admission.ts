import type postgres from 'postgres'
import { rejected } from '../funds/committing.ts'
import { array, column } from '../database/arrays.ts'
import { Refusal } from '../refusals/index.ts'
import { type Allowances, ValuesUsedUp } from './allowances.ts'
import type { KnownNames } from './known-names.ts'
import type { Report } from './reports.ts'
import { type Bounds, type EarlierReport, findReports, reportKey } from './statements.ts'

/** How far an instance's clock may be ahead. */
export const AHEAD_MINUTES = 5

/**
 * What admission of reports depends on; read in a transaction that locks their customers' allowances.
 */
export interface AdmissionState {
  /** The time of the transaction, which reports without a time get. */
  now: Date
  /** Reports from before or after these times are refused. */
  keptSince: Date
  keptUntil: Date
  hourEndsInS: number
  /** How much each customer has used. */
  used: ReadonlyMap<string, { values: number; names: number }>
  /** Names in the reports that the customer has, but that this process does not know. */
  names: ReadonlySet<string>
  /** Reports of the batch that are already stored. */
  stored: readonly EarlierReport[]
}

/**
 * The statements are sent together and run one after the other: those after the lock see everything
 * that was stored before it.
 */
export async function readAdmissionState(
  sql: postgres.Sql,
  batch: readonly Report[],
  known: KnownNames,
  bounds: Bounds,
): Promise<AdmissionState> {
  const ids = array([...new Set(batch.map((report) => report.customerId))])
  const unknown = unknownNames(batch, known)
  const [rows, times, names, stored] = await Promise.all([
    sql<{ customerId: string; values: number; names: number }[]>`
      select customer_id as "customerId", name_count as names,
        case when hour >= date_trunc('hour', now(), 'UTC') then value_count else 0 end as values
      from usage_allowances where customer_id = any(${ids}::text[])
      order by customer_id
      for update`,
    sql<{ now: Date; keptSince: Date; keptUntil: Date; hourEndsInS: number }[]>`
      select date_trunc('milliseconds', now()) as now,
        greatest(kept_since, now() - make_interval(days => ${bounds.retentionDays}::int)) as "keptSince",
        now() + make_interval(mins => ${bounds.aheadMinutes}::int) as "keptUntil",
        ceil(extract(epoch from
          date_trunc('hour', now(), 'UTC') + interval '1 hour' - now()))::int as "hourEndsInS"
      from usage_retention for share`,
    unknown.length === 0
      ? []
      : sql<{ key: string }[]>`
          select customer_id || ' ' || metric as key from unnest(
            ${column(unknown, ({ customerId }) => customerId)}::text[],
            ${column(unknown, ({ metric }) => metric)}::text[]
          ) as name (customer_id, metric)
          where exists (
            select from usage_totals t
            where t.customer_id = name.customer_id and t.metric = name.metric
          ) or exists (
            select from usage_corrections c
            where c.customer_id = name.customer_id and c.metrics ? name.metric
          )`,
    findReports(sql, batch),
  ])
  const [time] = times
  if (time === undefined) throw new Error('The row of usage_retention is missing')
  return {
    ...time,
    used: new Map(rows.map(({ customerId, ...row }) => [customerId, row])),
    names: new Set(names.map(({ key }) => key)),
    stored,
  }
}

function unknownNames(batch: readonly Report[], known: KnownNames) {
  const unknown = new Map<string, { customerId: string; metric: string }>()
  for (const { customerId, metrics } of batch) {
    for (const metric of Object.keys(metrics)) {
      if (known.has(customerId, metric)) continue
      unknown.set(nameKey(customerId, metric), { customerId, metric })
    }
  }
  return [...unknown.values()]
}

function nameKey(customerId: string, metric: string): string {
  return `${customerId} ${metric}`
}

/** Admits reports one after the other, in memory, on locked allowances. */
export function admission(state: AdmissionState, allowances: Allowances, known: KnownNames) {
  const used = new Map([...state.used].map(([id, row]) => [id, { ...row }]))
  const added = new Set<string>()
  const newNames = new Map<Report, number>()

  /**
   * @returns a function to call when the report is stored
   * @throws Refusal `VALIDATION_FAILED` for a time out of bounds, `TOO_MANY_METRICS`, `RATE_LIMITED`
   * when the hour's values are used up, `OVERLOADED` for a customer that is being erased
   */
  function admit(report: Report): () => void {
    const { customerId, metrics } = report
    const row = used.get(customerId)
    if (row === undefined) throw new Refusal('OVERLOADED')
    const reportedAt = report.reportedAt ?? state.now
    if (reportedAt < state.keptSince || reportedAt > state.keptUntil) throw untimelyReport()
    const names = Object.keys(metrics)
      .filter((metric) => !known.has(customerId, metric))
      .map((metric) => nameKey(customerId, metric))
      .filter((key) => !state.names.has(key) && !added.has(key))
    if (names.length > 0 && row.names + names.length > allowances.namesMax) {
      throw new Refusal('TOO_MANY_METRICS')
    }
    const values = report.isSetAside ? 0 : report.valueCount
    if (values > 0 && row.values + values > allowances.valuesMax) {
      throw new ValuesUsedUp(state.hourEndsInS)
    }
    return () => {
      for (const key of names) added.add(key)
      row.names += names.length
      row.values += values
      if (names.length > 0) newNames.set(report, names.length)
    }
  }

  return { admit, newNames }
}

/**
 * Admits reports one after the other. A report that is already stored, or repeats an id of the batch,
 * is neither accepted nor refused.
 * @param accept whether to store it now; throws the reason of a refusal
 */
export function admitAll(
  batch: readonly Report[],
  stored: readonly EarlierReport[],
  accept: (report: Report) => boolean,
) {
  const met = new Set(stored.map(({ key }) => key))
  const accepted = new Set<number>()
  const refused = new Map<number, PromiseRejectedResult>()
  batch.forEach((report, index) => {
    const key = reportKey(report)
    if (met.has(key)) return
    try {
      if (report.givenUp && !report.sent) throw new Refusal('TIMEOUT')
      if (accept(report)) accepted.add(index)
      // From here on it can't be given up, because it is stored with the rest of the batch.
      report.sent = true
      met.add(key)
    } catch (error) {
      refused.set(index, rejected(error))
    }
  })
  return { accepted, refused }
}

export function untimelyReport(): Refusal {
  const message = `is before the time since which reports are kept, or over ${AHEAD_MINUTES} minutes ahead`
  return new Refusal('VALIDATION_FAILED', { details: [{ path: '/reported_at', message }] })
}
