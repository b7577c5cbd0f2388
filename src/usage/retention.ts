import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../plugins/database/index.ts'
import { usageReports, usageRetention } from './tables.ts'

/** Few enough that nothing waits for a batch; between batches is as much time as one takes. */
const BATCH_MAX = 5_000

const SYSTEM: Actor = { id: 'system', ip: null }

export interface Cleaned {
  deleted: number
  cutoff: Date
}

/**
 * Deletes the reports of before `olderThanDays` ago, in small transactions; their totals stay. First
 * the bound of what is accepted is moved, with the audit record: from then on no report of before it
 * can arrive, and none that is deleted can come a second time.
 */
export async function cleanUsage(
  db: Database,
  actor: Actor,
  olderThanDays: number,
  report: (deleted: number) => void = () => undefined,
): Promise<Cleaned> {
  const cutoff = await db.transaction((tx) => moveBound(tx, actor, olderThanDays))
  return { deleted: await deleteBefore(db, cutoff, report), cutoff }
}

/**
 * The daily job: of all processes that ask, one is told to clean, once a day. Leaves an audit record
 * on days when there is something to delete.
 * @returns null when it is not this process's turn
 */
export async function cleanUsageDaily(
  db: Database,
  retentionDays: number,
): Promise<Cleaned | null> {
  const cutoff = await db.transaction(async (tx) => {
    // Processes that ask at once wait for this row, and then see that the turn is taken.
    const turn = await tx
      .update(usageRetention)
      .set({ cleanedAt: sql`now()` })
      .where(sql`coalesce(${usageRetention.cleanedAt} <= now() - interval '1 day', true)`)
      .returning()
    if (turn.length === 0) return null
    return moveBound(tx, SYSTEM, retentionDays)
  })
  return cutoff === null ? null : { deleted: await deleteBefore(db, cutoff), cutoff }
}

async function moveBound(tx: Transaction, actor: Actor, olderThanDays: number): Promise<Date> {
  const cutoffSql = sql`date_trunc('milliseconds', now() - make_interval(days => ${olderThanDays}))`
  // Waits for batches under way, which share a lock on this row.
  const [row] = await tx
    .update(usageRetention)
    .set({ keptSince: sql`greatest(${usageRetention.keptSince}, ${cutoffSql})` })
    .returning({ cutoff: sql<string>`${cutoffSql}` })
  if (row === undefined) throw new Error('The row of usage_retention is missing')
  const cutoff = new Date(row.cutoff)
  const reports = await tx.$count(usageReports, sql`${usageReports.reportedAt} < ${iso(cutoff)}`)
  if (reports > 0 || actor !== SYSTEM) {
    const metadata = { cutoff: cutoff.toISOString(), reports }
    await recordAudit(tx, actor, { event: 'usage.cleaned', subject: 'usage', metadata })
  }
  return cutoff
}

/** Rows that another cleaning holds are left to it. @returns how many rows this one deleted */
async function deleteBefore(
  db: Database,
  cutoff: Date,
  report: (deleted: number) => void = () => undefined,
): Promise<number> {
  let deleted = 0
  let from = new Date(0)
  for (;;) {
    const startedAt = performance.now()
    // Starting where the last batch ended spares reading past the index entries of what it deleted.
    const [batch] = await db.execute<{ count: number; until: string | null }>(sql`
      with gone as (
        delete from usage_reports where ctid = any (array(
          select ctid from usage_reports
          where reported_at >= ${iso(from)} and reported_at < ${iso(cutoff)}
          order by reported_at limit ${BATCH_MAX} for update skip locked
        ))
        returning reported_at
      )
      select count(*)::int as count, max(reported_at) as until from gone`)
    deleted += batch?.count ?? 0
    report(deleted)
    if (batch === undefined || batch.until === null || batch.count < BATCH_MAX) return deleted
    from = new Date(batch.until)
    await delay(performance.now() - startedAt)
  }
}

function iso(time: Date) {
  return sql`${time.toISOString()}::timestamptz`
}
