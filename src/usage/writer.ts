import type postgres from 'postgres'
import { commitBatch, fulfilled, rejected } from '../funds/committing.ts'
import { isDatabaseUnavailable } from '../plugins/database/faults.ts'
import { OutcomeUnknown, committing } from '../plugins/database/outcomes.ts'
import { Refusal } from '../refusals.ts'
import type { Report, Reported, Standing } from './reports.ts'
import {
  type Bounds,
  type EarlierReport,
  type Written,
  findReports,
  reportKey,
  writeReports,
} from './statements.ts'

/** Null for a report that is paid from funds: it was left alone, to be stored with its charge. */
export type Outcome = PromiseSettledResult<Reported | null>

/** How far an instance's clock may be ahead. */
const AHEAD_MINUTES = 5

export interface WriterOptions {
  retentionDays: number
  onWritten: (written: Written, created: readonly Report[]) => void
}

export function boundsOf({ retentionDays }: WriterOptions): Bounds {
  return { retentionDays, aheadMinutes: AHEAD_MINUTES }
}

/** Stores batches of reports, each report with its own outcome, on a connection given by the caller. */
export function usageWriter(options: WriterOptions) {
  function commit(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    return commitBatch(batch, {
      tryOnce: (reports) => tryOnce(sql, reports),
      isTheirs: (error) => !isDatabaseUnavailable(error),
    })
  }

  async function tryOnce(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    for (const report of batch) report.sent = true
    const written = await committing(() => writeReports(sql, batch, boundsOf(options)))
    const creators = creatorsOf(batch, written)
    options.onWritten(
      written,
      batch.filter((_, index) => creators.has(index)),
    )
    const charged = new Set(written.charged)
    const others = batch.filter((_, index) => !creators.has(index) && !charged.has(index))
    const earlier = others.length === 0 ? [] : await findReports(sql, others).catch(afterCommit)
    const outcomes = judge(batch, creators, written, earlier)
    return outcomes.map((outcome, index) => (charged.has(index) ? fulfilled(null) : outcome))
  }

  return { commit }
}

/** What was written stands, whatever becomes of the rest. */
function afterCommit(error: unknown): never {
  throw new OutcomeUnknown(error)
}

/** Indexes of the reports that were stored: of copies in one batch that is the first. */
function creatorsOf(batch: readonly Report[], written: Written): Set<number> {
  const created = new Set(written.created)
  const leftOut = new Set([...written.untimely, ...written.charged])
  const creators = new Set<number>()
  batch.forEach((report, index) => {
    if (!leftOut.has(index) && created.delete(reportKey(report))) creators.add(index)
  })
  return creators
}

/**
 * The outcome of each report.
 * @param creators indexes of those that were stored
 * @param earlier what was stored before under the keys of the others
 */
export function judge(
  batch: readonly Report[],
  creators: ReadonlySet<number>,
  written: Written,
  earlier: readonly EarlierReport[],
): PromiseSettledResult<Reported>[] {
  /** What is stored under an id by the time a report is met, as if one came after the other. */
  const stored = new Map(earlier.map((one) => [one.key, one]))
  batch.forEach((report, index) => creators.has(index) && stored.delete(reportKey(report)))
  const untimely = new Set(written.untimely)
  const limits = limitsByCustomer(written)
  return batch.map((report, index) => {
    const { customerId, reportId } = report
    const reported = (receivedAt: Date, replayed: boolean) =>
      fulfilled({
        customerId,
        reportId,
        limits: limits.get(customerId) ?? [],
        receivedAt,
        replayed,
      })
    const key = reportKey(report)
    if (creators.has(index)) {
      const { receivedAt } = written
      stored.set(key, { key, fingerprint: report.fingerprint, receivedAt })
      return reported(receivedAt, false)
    }
    const known = stored.get(key)
    if (known !== undefined) {
      if (!known.fingerprint.equals(report.fingerprint)) {
        return rejected(new Refusal('IDEMPOTENCY_KEY_REUSED'))
      }
      // An id of our own is here twice only if the answer to the first try was lost.
      return reported(known.receivedAt, report.isNamed)
    }
    // Else retention deleted the earlier report between the two statements, or the customer is being
    // erased: the next try is told so.
    return rejected(untimely.has(index) ? untimelyReport() : new Refusal('OVERLOADED'))
  })
}

function limitsByCustomer(written: Written): Map<string, Standing[]> {
  const limits = new Map<string, Standing[]>()
  for (const { customer, ...standing } of written.standings) {
    const others = limits.get(customer)
    if (others === undefined) limits.set(customer, [standing])
    else others.push(standing)
  }
  return limits
}

export function untimelyReport(): Refusal {
  const message = `is before the time since which reports are kept, or over ${AHEAD_MINUTES} minutes ahead`
  return new Refusal('VALIDATION_FAILED', { details: [{ path: '/reported_at', message }] })
}
