import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { restAfter } from '../scheduling/pace.ts'
import { toldBefore } from './record.ts'

/** How long events and their deliveries are kept. */
export const KEPT_DAYS = 30

const PAGE = 1_000

export const keptSince = sql`now() - make_interval(days => ${KEPT_DAYS})`

/** The job that deletes old events, in pages with rests between them. */
export async function forgetOldEvents(db: Database): Promise<void> {
  await inPages(
    async () =>
      (
        await db.execute(sql`
          delete from events where seq = any(array(
            select seq from (select seq, numbered_at from events order by seq limit ${PAGE}::int) old
            where numbered_at < ${keptSince}
          )) returning seq`)
      ).length,
  )
  await inPages(
    async () =>
      (
        await db.execute(sql`
          delete from events_told where key = any(array(
            select key from events_told where told_at < ${toldBefore} order by told_at limit ${PAGE}::int
          )) returning key`)
      ).length,
  )
}

/** @param deletePage returns how many rows it deleted, up to 1,000 */
export async function inPages(deletePage: () => Promise<number>): Promise<void> {
  for (;;) {
    const started = performance.now()
    if ((await deletePage()) < PAGE) return
    await restAfter(started)
  }
}
