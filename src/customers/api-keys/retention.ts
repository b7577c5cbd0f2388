import { sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { restAfter } from '../../scheduling/pace.ts'

/** A year to compare with, and the month that it is looked at in. */
export const CALLS_KEPT_DAYS = 400

/** Few enough that no count that is written waits for a page. */
const PAGE = 1_000
/** A worker that is to stop does not wait for millions of rows: the next night goes on. */
const RUN_MS_MAX = 20_000

/**
 * Deletes the counts of calls of hours that are over for 400 days.
 * @returns how many
 */
export async function deleteOldCalls(db: Pick<Database, 'execute'>): Promise<number> {
  const begunAt = performance.now()
  let deleted = 0
  for (;;) {
    const startedAt = performance.now()
    const [page] = await db.execute<{ count: number }>(sql`
      with gone as (
        delete from api_key_calls where ctid = any (array(
          select ctid from api_key_calls
          where hour < now() - make_interval(days => ${CALLS_KEPT_DAYS}::int)
          order by hour limit ${PAGE} for update skip locked
        ))
        returning 1
      )
      select count(*)::int as count from gone`)
    const count = page?.count ?? 0
    deleted += count
    if (count < PAGE || performance.now() - begunAt > RUN_MS_MAX) return deleted
    await restAfter(startedAt)
  }
}
