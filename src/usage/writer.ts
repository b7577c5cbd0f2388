import type postgres from 'postgres'
import { commitBatch, fulfilled, rejected } from '../funds/committing.ts'
import { SetAside } from '../funds/set-aside.ts'
import { isDatabaseUnavailable, isLockNotHad } from '../database/faults.ts'
import { OutcomeUnknown, committing } from '../database/outcomes.ts'
import { AHEAD_MINUTES, admitAll, admission, readAdmissionState } from './admission.ts'
import { type Allowances, ValuesUsedUp } from './allowances.ts'
import { type Judged, type Outcome, creatorsOf, judge, missingOf, tryWithout } from './judging.ts'
import type { KnownNames } from './known-names.ts'
import type { Report } from './reports.ts'
import { type Bounds, type Written, findReports, reportKey, writeReports } from './statements.ts'

export interface WriterOptions {
  retentionDays: number
  defaultPlan: string | null
  allowances: Allowances
  known: KnownNames
  onWritten: (written: Written, created: readonly Report[]) => void
}

export function boundsOf({ retentionDays, allowances, defaultPlan }: WriterOptions): Bounds {
  const { valuesMax } = allowances
  return { retentionDays, aheadMinutes: AHEAD_MINUTES, valuesMax, defaultPlan }
}

/** Stores batches of reports, each with its own outcome, on the given connection. */
export function usageWriter(options: WriterOptions) {
  const { allowances, known } = options
  const bounds = boundsOf(options)

  /**
   * Outcomes may be `SetAside`, for reports of customers with rows that other transactions keep
   * locked.
   */
  async function commit(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    const outcomes = await commitTogether(sql, batch)
    const heldUp = batch.filter((_, index) => isHeldUp(outcomes[index]))
    if (heldUp.length === 0) return outcomes
    // One of these customers has blocked the whole batch, so each is now tried separately.
    const apart = new Map<Report, Outcome>()
    const customers = new Set(heldUp.map((report) => report.customerId))
    for (const customerId of customers) {
      const reports = heldUp.filter((report) => report.customerId === customerId)
      const again = customers.size === 1 ? [] : await commitTogether(sql, reports)
      reports.forEach((report, index) => {
        const outcome = again[index]
        const isDone = outcome !== undefined && !isHeldUp(outcome)
        apart.set(report, isDone ? outcome : rejected(new SetAside()))
      })
    }
    return batch.map((report, index) => apart.get(report) ?? outcomes[index] ?? rejected(undefined))
  }

  /** Most reports have only known names, for which one statement is enough. */
  async function commitTogether(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    const strangers = new Set(batch.filter(hasUnknownName).map((report) => report.customerId))
    const plain = batch.filter((report) => !strangers.has(report.customerId))
    const outcomes = await commitPlain(sql, plain)
    // In order, and all reports of a customer: admission depends on the reports before.
    const others = batch.filter((report) => !outcomes.has(report))
    const admitted = await commitAdmitted(sql, others)
    others.forEach((report, index) => outcomes.set(report, admitted[index] ?? rejected(undefined)))
    return batch.map((report) => outcomes.get(report) ?? rejected(undefined))
  }

  function hasUnknownName({ customerId, metrics }: Report): boolean {
    return !Object.keys(metrics).every((name) => known.has(customerId, name))
  }

  /**
   * Stores in one statement, and leaves out reports for which only a lock can tell whether they fit.
   */
  async function commitPlain(
    sql: postgres.Sql,
    batch: readonly Report[],
  ): Promise<Map<Report, Outcome>> {
    if (batch.length === 0) return new Map()
    const unsure = new Set<Report>()
    const outcomes = await commitBatch(batch, {
      tryOnce: toldOfTries((reports, mayHaveBegun) => tryPlain(sql, reports, mayHaveBegun, unsure)),
      isTheirs: (error) => !isDatabaseUnavailable(error),
    })
    const entries = batch.map((report, index) => [report, outcomes[index]] as const)
    return new Map(
      entries.flatMap(([report, outcome]) =>
        outcome === undefined || unsure.has(report) ? [] : [[report, outcome]],
      ),
    )
  }

  async function tryPlain(
    sql: postgres.Sql,
    batch: readonly Report[],
    mayHaveBegun: boolean,
    unsure: Set<Report>,
  ): Promise<Outcome[]> {
    for (const report of batch) report.sent = true
    const written = await committing(() => writeReports(sql, batch, bounds))
    const creators = creatorsOf(batch, written)
    noteWritten(batch, written, creators)
    const charged = new Set(written.charged)
    const others = batch.filter((_, index) => !creators.has(index) && !charged.has(index))
    const earlier = others.length === 0 ? [] : await findReports(sql, others).catch(afterCommit)
    const found = new Set(earlier.map(({ key }) => key))
    const used = new Map(written.used.map(({ customer, values }) => [customer, values]))
    const usedUp = new Set<number>()
    for (const index of written.unfit) {
      const report = batch[index]
      if (report === undefined || found.has(reportKey(report))) continue
      const after = (used.get(report.customerId) ?? 0) + report.valueCount
      if (after > allowances.valuesMax) usedUp.add(index)
      else unsure.add(report)
    }
    for (const report of unsure) report.sent = false
    const judged = judge(batch, { written, creators, earlier, allowances, mayHaveBegun })
    return judged.map((outcome, index): Outcome => {
      if (charged.has(index)) return fulfilled(null)
      return usedUp.has(index) ? rejected(new ValuesUsedUp(written.hourEndsInS)) : outcome
    })
  }

  /** Stores in a transaction that reads under locks, admits in memory, and writes. */
  async function commitAdmitted(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    if (batch.length === 0) return []
    return commitBatch(batch, {
      tryOnce: toldOfTries((reports, mayHaveBegun) => tryAdmitted(sql, reports, mayHaveBegun)),
      undo: () => sql`rollback`,
      isTheirs: (error) => !isDatabaseUnavailable(error),
    })
  }

  async function tryAdmitted(
    sql: postgres.Sql,
    batch: readonly Report[],
    mayHaveBegun: boolean,
  ): Promise<Outcome[]> {
    // Sent at once: a query that is first awaited later would come after those of the state.
    const begun = [
      sql`begin`.execute(),
      sql<[{ xid: string }]>`select pg_current_xact_id()::text as xid`.execute(),
    ] as const
    const [, [transaction], state] = await Promise.all([
      ...begun,
      readAdmissionState(sql, batch, known, bounds),
    ])
    const { admit, newNames } = admission(state, allowances, known)
    const { accepted, refused } = admitAll(batch, state.stored, (report) => {
      admit(report)()
      return true
    })
    const reports = batch.filter((_, index) => accepted.has(index))
    const written = await writeReports(sql, reports, bounds, {
      xid: transaction.xid,
      customerIds: [...new Set(batch.map((report) => report.customerId))],
      isCharging: false,
      newNames,
      charges: new Map(),
    })
    const missing = missingOf(reports, written)
    if (missing.size > 0) {
      await sql`rollback`
      return tryWithout(batch, missing, (others) => tryAdmitted(sql, others, mayHaveBegun))
    }
    await committing(() => sql`commit`)
    noteWritten(reports, written, new Set(reports.keys()))
    const judged: Judged = {
      written,
      creators: accepted,
      earlier: state.stored,
      allowances,
      mayHaveBegun,
    }
    return judge(batch, judged).map((outcome, index) => refused.get(index) ?? outcome)
  }

  function noteWritten(
    batch: readonly Report[],
    written: Written,
    creators: ReadonlySet<number>,
  ): void {
    const present = new Set(written.used.map(({ customer }) => customer))
    for (const { customerId } of batch) {
      if (!present.has(customerId)) known.forget(customerId)
    }
    const created = batch.filter((_, index) => creators.has(index))
    for (const { customerId, metrics } of created) known.learn(customerId, metrics)
    options.onWritten(written, created)
  }

  return { commit }
}

function isHeldUp(outcome: Outcome | undefined): boolean {
  return outcome?.status === 'rejected' && isLockNotHad(outcome.reason)
}

/** What was written remains, whatever happens to the rest. */
function afterCommit(error: unknown): never {
  throw new OutcomeUnknown(error)
}

/** Tells a try whether an earlier one may have stored something. */
export function toldOfTries<Result>(
  tryOnce: (batch: readonly Report[], mayHaveBegun: boolean) => Promise<Result>,
): (batch: readonly Report[]) => Promise<Result> {
  return (batch) =>
    tryOnce(
      batch,
      batch.some(({ sent }) => sent),
    )
}
