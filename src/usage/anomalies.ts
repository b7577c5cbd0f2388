import type postgres from 'postgres'
import { fairQueue } from '../scheduling/fair-queue.ts'
import { fairRoom } from '../scheduling/fair-room.ts'
import { column } from '../database/arrays.ts'
import { isDatabaseUnavailable } from '../database/faults.ts'
import type { Report } from './reports.ts'

/** An hour of a customer's metric. */
interface Hour {
  customerId: string
  metric: string
  startsAt: Date
}

/**
 * The rule: an hour's sum is an anomaly if it is more than `DEVIATIONS` robust standard deviations
 * above the median of the `HISTORY_MAX` hours before it in which the metric was reported. There must
 * be at least `HISTORY_MIN` such hours. The robust standard deviation is 1.4826 times the median
 * absolute deviation (https://en.wikipedia.org/wiki/Median_absolute_deviation), and at least a tenth
 * of the median, so that a steady metric may grow by half. If median and deviation are both 0, there
 * is no scale to judge by. A low sum is no anomaly, because the hour may not be over.
 */
const HISTORY_MAX = 30
const HISTORY_MIN = 10
const DEVIATIONS = 5
const DEVIATION_OF_MEDIAN_MIN = 0.1

const WAITING_MAX = 20_000
/** For one customer: each of its thousand names in two hours. */
const WAITING_CUSTOMER_MAX = 2_000
const BATCH_MAX = 500
/** For one customer in one round, and so in the audit log at once. */
const BATCH_CUSTOMER_MAX = 100
const HOUR_MS = 3_600_000

const PORTION = { countMax: BATCH_MAX, weightMax: BATCH_MAX, ownerWeightMax: BATCH_CUSTOMER_MAX }

/**
 * Hours in which a metric was reported, each once, until the next check. They wait in memory; an hour
 * lost in a crash is checked when the metric is next reported in it. Customers take turns and have
 * separate room: one that reports many hours displaces no other's.
 * @param onDropped called for each hour that finds no room
 */
export function anomalyQueue(onDropped: () => void) {
  const keys = new Set<string>()
  const room = fairRoom({ weightMax: WAITING_MAX, ownerWeightMax: WAITING_CUSTOMER_MAX })
  const waiting = fairQueue<Hour & { key: string }>({
    ownerOf: ({ customerId }) => customerId,
    weightOf: () => 1,
  })

  function add(reports: readonly Report[], receivedAt: Date): void {
    for (const { customerId, metrics, reportedAt } of reports) {
      const hour = Math.floor((reportedAt ?? receivedAt).getTime() / HOUR_MS)
      for (const metric of Object.keys(metrics)) {
        const key = `${customerId} ${metric} ${hour}`
        if (keys.has(key)) continue
        if (!room.enter(customerId, 1)) {
          onDropped()
          continue
        }
        keys.add(key)
        waiting.push({ key, customerId, metric, startsAt: new Date(hour * HOUR_MS) })
      }
    }
  }

  /** Takes turns among customers, and takes the hours that have waited longest. */
  function take(): Hour[] {
    return waiting.take(PORTION).map(({ key, ...hour }) => {
      keys.delete(key)
      room.leave(hour.customerId, 1)
      return hour
    })
  }

  return { add, take }
}

export interface Findings {
  /** How many are new. */
  found: number
  /** Why hours could not be judged, one for each customer concerned. */
  failures: unknown[]
}

/**
 * Judges the current sums of hours by the rule. If the content of the hours makes that fail, it judges
 * each customer's separately, so that one customer's data hides no other's anomaly.
 */
export async function findAnomalies(sql: postgres.Sql, hours: readonly Hour[]): Promise<Findings> {
  try {
    return { found: await judge(sql, hours), failures: [] }
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error
    return judgeApart(sql, hours, error)
  }
}

/** @param reason why the hours could not be judged together */
async function judgeApart(
  sql: postgres.Sql,
  hours: readonly Hour[],
  reason: unknown,
): Promise<Findings> {
  const customers = new Set(hours.map(({ customerId }) => customerId))
  if (customers.size === 1) return { found: 0, failures: [reason] }
  const all: Findings = { found: 0, failures: [] }
  for (const customer of customers) {
    const own = hours.filter(({ customerId }) => customerId === customer)
    const { found, failures } = await findAnomalies(sql, own)
    all.found += found
    all.failures.push(...failures)
  }
  return all
}

/**
 * Notes and audits each anomaly once a day (UTC) for each customer and metric, in one statement. It
 * computes with exact decimals, because PostgreSQL refuses to round a product of floating-point numbers
 * to zero or to infinity.
 * @returns how many are new
 */
async function judge(sql: postgres.Sql, hours: readonly Hour[]): Promise<number> {
  if (hours.length === 0) return 0
  const [row] = await sql<[{ found: number }]>`
    with judged as (
      select hour.customer_id, hour.metric, hour.starts_at, sum as value,
        recent.median, spread.mad,
        recent.median::numeric + ${DEVIATIONS}::numeric * greatest(
          1.4826 * spread.mad::numeric, ${DEVIATION_OF_MEDIAN_MIN}::numeric * recent.median::numeric
        ) as threshold
      from unnest(
        ${column(hours, (hour) => hour.customerId)}::text[],
        ${column(hours, (hour) => hour.metric)}::text[],
        ${column(hours, (hour) => hour.startsAt)}::timestamptz[]
      ) as hour (customer_id, metric, starts_at)
      join usage_totals total on total.customer_id = hour.customer_id
        and total.metric = hour.metric and total.period = 'hour'
        and total.starts_at = hour.starts_at
      cross join lateral (
        select array_agg(sum) as sums, percentile_cont(0.5) within group (order by sum) as median
        from (
          select before.sum::float8 as sum from usage_totals before
          where before.customer_id = hour.customer_id and before.metric = hour.metric
            and before.period = 'hour' and before.starts_at < hour.starts_at
          order by before.starts_at desc limit ${HISTORY_MAX}::int
        ) sums
        having count(*) >= ${HISTORY_MIN}::int
      ) recent
      cross join lateral (
        select percentile_cont(0.5) within group (order by abs(sum - recent.median)) as mad
        from unnest(recent.sums) as sum
      ) spread
    ),
    found as (
      insert into usage_findings (kind, customer_id, metric, window_start, value, threshold, at)
      select 'anomaly', customer_id, metric, date_trunc('day', starts_at, 'UTC'), value, threshold,
        starts_at
      from judged where value > threshold and (median > 0 or mad > 0)
      order by customer_id, metric, starts_at
      on conflict (customer_id, metric, kind, window_start) do nothing
      returning customer_id, metric, value, threshold, at
    ),
    audited as (
      insert into audit_records (event, actor, subject, metadata)
      select 'usage.anomaly', 'system', customer_id, jsonb_build_object(
        'metric', metric, 'sum', value, 'threshold', threshold,
        'hour', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      )
      from found order by customer_id, metric
    )
    select count(*)::int as found from found`
  return row.found
}
