import type postgres from 'postgres'
import { array, column, jsonColumn } from '../database/arrays.ts'
import type { Sent } from './send.ts'
import type { Attempt } from './tables.ts'
import { pauseAfter } from './retries.ts'

/** The result of an attempt. */
export interface Result {
  endpoint: bigint
  seq: bigint
  /** The number of failures before it. */
  tries: number
  at: Date
  sent: Sent
  /** Whether it must not be tried again, because its event is no longer kept. */
  isLast?: boolean
}

const ATTEMPTS_KEPT = 32

/**
 * Writes the results of attempts, and since when their endpoints have been failing. If a delivery
 * was given up during an attempt, for example because its endpoint was disabled, a failure is only
 * listed.
 */
export async function settle(
  sql: postgres.Sql,
  results: readonly Result[],
  health: { failing: readonly bigint[]; sound: readonly bigint[] },
): Promise<void> {
  const rows = results.map(({ endpoint, seq, tries, at, sent, isLast }) => {
    const { status, durationMs, error } = sent
    const attempt: Attempt = { at: at.toISOString(), status, duration_ms: durationMs, error }
    const pause = error === null || isLast === true ? null : pauseAfter(tries + 1)
    const outcome = error === null ? 'delivered' : pause === null ? 'parked' : 'pending'
    return { endpoint, seq, attempt, outcome, pause }
  })
  // Rows are locked in the same order everywhere.
  rows.sort((a, b) => Number(a.endpoint - b.endpoint) || Number(a.seq - b.seq))
  const counts = sql`(d.status = 'pending' or new.outcome = 'delivered')`
  await sql`
    update webhook_deliveries d set is_taken = false,
      status = case when ${counts} then new.outcome else d.status end,
      tries = case when ${counts} and new.outcome <> 'delivered' then d.tries + 1 else d.tries end,
      attempts = case when jsonb_array_length(d.attempts) >= ${ATTEMPTS_KEPT}::int
        then d.attempts - 0 else d.attempts end || new.attempt,
      attempt_count = d.attempt_count + 1,
      next_attempt_at = case when ${counts} then now() + make_interval(secs => new.pause_ms / 1000.0)
        else d.next_attempt_at end
    from unnest(
      ${column(rows, ({ endpoint }) => endpoint)}::bigint[],
      ${column(rows, ({ seq }) => seq)}::bigint[],
      ${column(rows, ({ outcome }) => outcome)}::text[],
      ${column(rows, ({ pause }) => (pause === null ? null : BigInt(pause)))}::bigint[],
      ${jsonColumn(rows, ({ attempt }) => attempt)}::jsonb[]
    ) as new (endpoint, seq, outcome, pause_ms, attempt)
    where d.endpoint = new.endpoint and d.seq = new.seq`
  const { failing, sound } = health
  if (failing.length === 0 && sound.length === 0) return
  await sql`
    update webhook_endpoints set failing_since =
      case when seq = any(${array(sound)}::bigint[]) then null else coalesce(failing_since, now()) end
    where seq = any(${array([...sound, ...failing])}::bigint[]) and status = 'active'`
}
