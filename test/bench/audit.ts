import type postgres from 'postgres'
import { LOCK_KEY } from '../../src/audit/sequencer.ts'
import { asAdmin } from '../support/database.ts'

/**
 * Runs `work` while nothing is put into the log: records are written and queued in the transactions of
 * their acts as ever, and what comes behind the commit is left out. What was queued is then dropped,
 * so that the next measurement does not pay for it.
 */
export function withLogAtRest<T>(url: string, work: () => Promise<T>): Promise<T> {
  return asAdmin(url, async (sql) => {
    await sql`select pg_advisory_lock(${LOCK_KEY})`
    const result = await work()
    await sql`truncate audit_queue`
    return result
  })
}

/** Runs `work` while nobody publishes the log: another process seems to have the turn. */
export function withLogUnpublished<T>(url: string, work: () => Promise<T>): Promise<T> {
  return asAdmin(url, async (sql) => {
    await sql`update published_log set leased_to = 'bench', leased_until = now() + interval '1 hour'`
    try {
      return await work()
    } finally {
      await sql`update published_log set leased_until = null`
    }
  })
}

/** How many tiles of the log's first level are full, of those with three digits. */
export async function fullTiles(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from audit_tiles
    where level = 0 and index < 1000 and octet_length(hashes) = 8192`
  return row?.count ?? 0
}

/** Half of the movements were in the log after this time. */
export async function medianDelayMs(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ ms: number }[]>`
    select 1000 * percentile_cont(0.5) within group (order by extract(epoch from logged_at - oldest))::float8 as ms
    from audit_places p join audit_records r on r.id = p.record_id where r.event is null`
  return row?.ms ?? Infinity
}
