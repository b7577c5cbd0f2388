import { sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../database/index.ts'
import { restAfter } from '../scheduling/pace.ts'
import { usageReports, usageRetention } from './tables.ts'

/** Few enough that a page delays nothing. */
const PAGE = 1_000

/** For one run of the job; a worker that must stop does not wait for millions of rows. */
const RUN_MS_MAX = 20_000
/** For the daily cleaning, which leaves the rest to the job. */
const DAILY_MS_MAX = 5_000
/** The job begins after the call that has moved the bound has had its time. */
const JOB_DELAY_S = 10

const SYSTEM: Actor = { id: 'system', ip: null }

export interface Cleaned {
  /** How many were deleted in this call; `isDone` tells whether any are left. */
  deleted: number
  cutoff: Date
  isDone: boolean
}

export interface CleanOptions {
  /** How long to delete before the rest is left to the job; without it, until all is done. */
  timeMs?: number
  report?: (deleted: number) => void
}

/**
 * Deletes the reports from more than `olderThanDays` ago, in small transactions; their totals stay.
 * First it moves the bound for accepted reports, with the audit record: from then on no older report
 * is accepted, so no deleted report can be counted again. A job continues where this ends.
 */
export async function cleanUsage(
  db: Database,
  actor: Actor,
  olderThanDays: number,
  options: CleanOptions = {},
): Promise<Cleaned> {
  const cutoff = await db.transaction(async (tx) =>
    moveBound(tx, actor, olderThanDays, await hasOlder(tx, olderThanDays)),
  )
  return { cutoff, ...(await deleteBefore(db, cutoff, options, 1)) }
}

/**
 * Once a day, one of the processes that ask gets the turn to clean. On days with something to delete,
 * this leaves an audit record.
 * @returns null when it is not this process's turn
 */
export async function cleanUsageDaily(
  db: Database,
  retentionDays: number,
): Promise<Cleaned | null> {
  const cutoff = await db.transaction(async (tx) => {
    const hasOld = await hasOlder(tx, retentionDays)
    // Concurrent processes wait for this row, and then see that the turn is taken.
    const turn = await tx
      .update(usageRetention)
      .set({ cleanedAt: sql`now()` })
      .where(sql`coalesce(${usageRetention.cleanedAt} <= now() - interval '1 day', true)`)
      .returning()
    return turn.length === 0 ? null : moveBound(tx, SYSTEM, retentionDays, hasOld)
  })
  if (cutoff === null) return null
  return { cutoff, ...(await deleteBefore(db, cutoff, { timeMs: DAILY_MS_MAX })) }
}

/** The job: deletes what is older than the latest bound, and queues itself for the rest. */
export async function deleteOldReports(db: Database): Promise<Omit<Cleaned, 'cutoff'>> {
  const [row] = await db.select({ keptSince: usageRetention.keptSince }).from(usageRetention)
  if (row === undefined) throw new Error('The row of usage_retention is missing')
  const done = await deleteBefore(db, row.keptSince, { timeMs: RUN_MS_MAX })
  if (!done.isDone) await queueJob(db, 0)
  return done
}

/** Checked before the bound is locked: until the commit, all usage reports wait for its row. */
async function hasOlder(tx: Transaction, days: number): Promise<boolean> {
  const found = await tx
    .select({ one: sql`1` })
    .from(usageReports)
    .where(sql`${usageReports.reportedAt} < ${cutoffOf(days)}`)
    .limit(1)
  return found.length > 0
}

/** The same throughout a transaction. */
function cutoffOf(days: number) {
  return sql`date_trunc('milliseconds', now() - make_interval(days => ${days}::int))`
}

/** @returns the cutoff */
async function moveBound(
  tx: Transaction,
  actor: Actor,
  olderThanDays: number,
  hasOld: boolean,
): Promise<Date> {
  const cutoffSql = cutoffOf(olderThanDays)
  // Waits for running batches, which share a lock on this row.
  const [row] = await tx
    .update(usageRetention)
    .set({ keptSince: sql`greatest(${usageRetention.keptSince}, ${cutoffSql})` })
    .returning({ cutoff: sql<string>`${cutoffSql}` })
  if (row === undefined) throw new Error('The row of usage_retention is missing')
  const cutoff = new Date(row.cutoff)
  if (hasOld || actor !== SYSTEM) {
    const metadata = { cutoff: cutoff.toISOString() }
    await recordAudit(tx, actor, { event: 'usage.cleaned', subject: 'usage', metadata })
  }
  if (hasOld) await queueJob(tx, JOB_DELAY_S)
  return cutoff
}

async function queueJob(db: Pick<Database, 'execute'>, delayS: number): Promise<void> {
  await db.execute(sql`
    select graphile_worker.add_job('delete_old_reports', job_key := 'delete_old_reports',
      run_at := now() + make_interval(secs => ${delayS}::int))`)
}

/** Rows that another cleaning has locked are left to it. */
async function deleteBefore(
  db: Database,
  cutoff: Date,
  { timeMs = Infinity, report = () => undefined }: CleanOptions,
  rest?: number,
): Promise<Omit<Cleaned, 'cutoff'>> {
  const begunAt = performance.now()
  let deleted = 0
  let from = new Date(0)
  for (;;) {
    const startedAt = performance.now()
    // Starting where the last page ended avoids reading past the index entries of deleted rows.
    const [page] = await db.execute<{ count: number; until: string | null }>(sql`
      with gone as (
        delete from usage_reports where ctid = any (array(
          select ctid from usage_reports
          where reported_at >= ${iso(from)} and reported_at < ${iso(cutoff)}
          order by reported_at limit ${PAGE} for update skip locked
        ))
        returning reported_at
      )
      select count(*)::int as count, max(reported_at) as until from gone`)
    deleted += page?.count ?? 0
    report(deleted)
    if (page === undefined || page.until === null || page.count < PAGE) {
      await deleteBillingPast(db, cutoff)
      return { deleted, isDone: true }
    }
    from = new Date(page.until)
    if (performance.now() - begunAt > timeMs) return { deleted, isDone: false }
    await restAfter(startedAt, rest)
  }
}

/**
 * What was held before the oldest report that may still come, and what was found of reports of before it:
 * a few rows for each change of a plan or a subscription.
 */
async function deleteBillingPast(db: Database, cutoff: Date): Promise<void> {
  await db.execute(sql`delete from plans_past where until < ${iso(cutoff)}`)
  await db.execute(sql`delete from plan_prices_past where until < ${iso(cutoff)}`)
  await db.execute(sql`delete from base_plans_past where until < ${iso(cutoff)}`)
  await db.execute(sql`delete from subscriptions_past where until < ${iso(cutoff)}`)
  await db.execute(sql`delete from usage_billing_findings where found_at < ${iso(cutoff)}`)
}

function iso(time: Date) {
  return sql`${time.toISOString()}::timestamptz`
}
