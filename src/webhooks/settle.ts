import type postgres from 'postgres'
import { column, jsonColumn } from '../database/arrays.ts'
import type { Sent } from './send.ts'
import type { Attempt } from './tables.ts'
import { FAILING_DAYS, pausesOf } from './retries.ts'

/** The result of an attempt. */
export interface Result {
  endpoint: bigint
  /** The URL that was asked. The endpoint may have another one by now. */
  url: string
  seq: bigint
  at: Date
  sent: Sent
  /** Whether it must not be tried again, because its event is no longer kept. */
  isLast?: boolean
  /** Whether nothing was sent, through no fault of the endpoint. */
  isOwnFault?: boolean
}

/** An endpoint at the URL that was asked. */
export interface AskedEndpoint {
  id: string
  url: string
}

const ATTEMPTS_KEPT = 32

/**
 * Writes the results of attempts, and since when their endpoints have been failing. If a delivery
 * was given up during an attempt, for example because its endpoint was disabled, a failure is only
 * listed. If it was replayed during the attempt, the result is only listed too, and it is sent again.
 * @returns the endpoints that have failed for too long
 */
export async function settle(
  sql: postgres.Sql,
  results: readonly Result[],
): Promise<AskedEndpoint[]> {
  const rows = results.map(({ endpoint, seq, at, sent, isLast }) => {
    const { status, durationMs, error } = sent
    const attempt: Attempt = { at: at.toISOString(), status, duration_ms: durationMs, error }
    const isDelivered = error === null
    return { endpoint, seq, attempt, isDelivered, pauses: isLast === true ? [] : pausesOf() }
  })
  // Rows are locked in the same order everywhere.
  rows.sort((a, b) => Number(a.endpoint - b.endpoint) || Number(a.seq - b.seq))
  // A replay takes the mark of the claim away.
  const counts = sql`(case when d.status = 'pending' then d.is_taken else new.is_delivered end)`
  const pause = sql`(case when not new.is_delivered then new.pauses ->> d.tries::int end)`
  await sql`
    update webhook_deliveries d set is_taken = false,
      status = case when not ${counts} then d.status when new.is_delivered then 'delivered'
        when ${pause} is null then 'parked' else 'pending' end,
      tries = case when ${counts} and not new.is_delivered then d.tries + 1 else d.tries end,
      attempts = case when jsonb_array_length(d.attempts) >= ${ATTEMPTS_KEPT}::int
        then d.attempts - 0 else d.attempts end || new.attempt,
      attempt_count = d.attempt_count + 1,
      next_attempt_at = case when ${counts} then now() + make_interval(secs => ${pause}::int / 1000.0)
        else d.next_attempt_at end
    from unnest(
      ${column(rows, ({ endpoint }) => endpoint)}::bigint[],
      ${column(rows, ({ seq }) => seq)}::bigint[],
      ${column(rows, ({ isDelivered }) => isDelivered)}::boolean[],
      ${jsonColumn(rows, ({ pauses }) => pauses)}::jsonb[],
      ${jsonColumn(rows, ({ attempt }) => attempt)}::jsonb[]
    ) as new (endpoint, seq, is_delivered, pauses, attempt)
    where d.endpoint = new.endpoint and d.seq = new.seq`
  return settleEndpoints(sql, results)
}

async function settleEndpoints(
  sql: postgres.Sql,
  results: readonly Result[],
): Promise<AskedEndpoint[]> {
  const found = findings(results)
  const told = sql`unnest(
    ${column(found, ({ endpoint }) => endpoint)}::bigint[],
    ${column(found, ({ url }) => url)}::text[],
    ${column(found, ({ isSound }) => isSound)}::boolean[],
    ${column(found, ({ hasSucceeded }) => hasSucceeded)}::boolean[]
  ) as told (endpoint, url, is_sound, has_succeeded)`
  // What an endpoint has answered at a former URL says nothing about its present one.
  const isOf = sql`e.seq = told.endpoint and e.url = told.url and e.status = 'active'`
  const since = sql`(case when told.is_sound then null when told.has_succeeded then now()
    else coalesce(e.failing_since, now()) end)`
  await sql`
    update webhook_endpoints e set failing_since = ${since}
    from ${told} where ${isOf} and e.failing_since is distinct from ${since}`
  return sql<AskedEndpoint[]>`
    select e.id, e.url from webhook_endpoints e, ${told}
    where ${isOf} and not told.is_sound
      and e.failing_since <= now() - make_interval(days => ${FAILING_DAYS})`
}

interface Finding {
  endpoint: bigint
  url: string
  /** Whether the last attempt has succeeded. */
  isSound: boolean
  hasSucceeded: boolean
}

/** What a batch says of each endpoint at a URL, in the order in which rows are locked. */
function findings(results: readonly Result[]): Finding[] {
  const found = new Map<string, Finding>()
  for (const { endpoint, url, sent, isOwnFault } of results) {
    if (isOwnFault === true) continue
    const key = `${endpoint} ${url}`
    const isSound = sent.error === null
    const hasSucceeded = isSound || found.get(key)?.hasSucceeded === true
    found.set(key, { endpoint, url, isSound, hasSucceeded })
  }
  return [...found.values()].toSorted((a, b) => Number(a.endpoint - b.endpoint))
}
