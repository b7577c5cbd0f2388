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

/** Half of the movements were in the log after this time. */
export async function medianDelayMs(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ ms: number }[]>`
    select 1000 * percentile_cont(0.5) within group (order by extract(epoch from logged_at - oldest))::float8 as ms
    from audit_places p join audit_records r on r.id = p.record_id where r.event is null`
  return row?.ms ?? Infinity
}
