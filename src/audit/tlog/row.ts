import { randomBytes } from 'node:crypto'
import type postgres from 'postgres'

/** The single row of `published_log`. */
export interface LogRow {
  logId: string
  origin: string | null
  vkey: string | null
  size: number | null
  note: string | null
  publishedAt: Date | null
  hasQuorum: boolean | null
  behindSize: number | null
  behindSource: string | null
}

export interface Published {
  size: number
  note: string
  hasQuorum: boolean
}

/** The row; null if it does not exist yet. */
export async function findRow(sql: postgres.Sql): Promise<LogRow | null> {
  const [row] = await sql<LogRow[]>`select ${columns(sql)} from published_log`
  return row ?? null
}

/** The row, which the first call inserts. */
export async function readRow(sql: postgres.Sql): Promise<LogRow> {
  const row = await findRow(sql)
  if (row !== null) return row
  await sql`
    insert into published_log (log_id) values (${randomBytes(8).toString('hex')})
    on conflict (id) do nothing`
  return readRow(sql)
}

/**
 * Takes or renews the lease to publish. The first call also fixes the log's name and key.
 * @returns null while another process holds the lease, or if the log has another name or key
 */
export async function takeTurn(
  sql: postgres.Sql,
  { process, origin, vkey }: { process: string; origin: string; vkey: string },
  seconds: number,
): Promise<LogRow | null> {
  const [row] = await sql<LogRow[]>`
    update published_log set leased_to = ${process}, origin = ${origin}, vkey = ${vkey},
      leased_until = now() + make_interval(secs => ${seconds}::float8)
    where (leased_to = ${process} or leased_until is null or leased_until < now())
      and coalesce(origin, ${origin}) = ${origin} and coalesce(vkey, ${vkey}) = ${vkey}
    returning ${columns(sql)}`
  return row ?? null
}

/** @returns whether it was stored: not if another process has taken over, or the log is behind */
export async function storePublished(
  sql: postgres.Sql,
  process: string,
  { size, note, hasQuorum }: Published,
): Promise<boolean> {
  const rows = await sql`
    update published_log set size = ${String(size)}::bigint, note = ${note}, has_quorum = ${hasQuorum},
      published_at = now()
    where leased_to = ${process} and behind_at is null and coalesce(size, 0) <= ${String(size)}::bigint
    returning 1 as one`
  return rows.length > 0
}

/** Notes that the log is shorter than a known state of it, or contradicts it. */
export async function storeBehind(
  sql: postgres.Sql,
  { size, source }: { size: number; source: string },
): Promise<void> {
  await sql`
    update published_log set behind_at = now(), behind_size = ${String(size)}::bigint,
      behind_source = ${source}
    where behind_at is null`
}

export async function clearBehind(sql: postgres.Sql): Promise<void> {
  await sql`update published_log set behind_at = null, behind_size = null, behind_source = null`
}

function columns(sql: postgres.Sql) {
  return sql`log_id as "logId", origin, vkey, size::float8, note, published_at as "publishedAt",
    has_quorum as "hasQuorum", behind_size::float8 as "behindSize", behind_source as "behindSource"`
}
