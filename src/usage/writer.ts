import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import {
  databaseErrorCode,
  isConnectionLost,
  isDatabaseUnavailable,
} from '../plugins/database/faults.ts'
import { Refusal } from '../refusals.ts'
import type { Report, Reported, Standing } from './reports.ts'
import {
  type EarlierReport,
  type Written,
  findReports,
  reportKey,
  writeReports,
} from './statements.ts'

export type Outcome = PromiseSettledResult<Reported>

/** How far an instance's clock may be ahead. */
const AHEAD_MINUTES = 5
/** Serialisation failures and deadlocks: the statement did nothing and may be tried again. */
const CONFLICT = /^40/
const TRIES_MAX = 5
const RETRY_DELAY_MS = 100

export interface WriterOptions {
  retentionDays: number
  onWritten: (written: Written, batch: readonly Report[]) => void
}

/** Stores batches of reports, each report with its own outcome, on a connection given by the caller. */
export function usageWriter(options: WriterOptions) {
  /**
   * A lost connection leaves it open whether a batch was stored; trying again finds out, because
   * every report has an id. A batch that fails otherwise, and not for the database's sake, is tried
   * again one by one, so that a poisoned report fails alone.
   */
  async function commit(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await tryOnce(sql, batch)
      } catch (error) {
        const mayPass = isConnectionLost(error) || CONFLICT.test(databaseErrorCode(error) ?? '')
        const isTheirs = !mayPass && !isDatabaseUnavailable(error)
        if (isTheirs && batch.length > 1) return commitOneByOne(sql, batch)
        if (!mayPass || tries >= TRIES_MAX) return batch.map(() => rejected(error))
        await delay(RETRY_DELAY_MS * tries)
      }
    }
  }

  async function commitOneByOne(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const report of batch) outcomes.push(...(await commit(sql, [report])))
    return outcomes
  }

  async function tryOnce(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    const { retentionDays } = options
    const written = await writeReports(sql, batch, { retentionDays, aheadMinutes: AHEAD_MINUTES })
    const creators = creatorsOf(batch, written)
    options.onWritten(
      written,
      batch.filter((_, index) => creators.has(index)),
    )
    const others = batch.filter((_, index) => !creators.has(index))
    const earlier = others.length === 0 ? [] : await findReports(sql, others)
    return judge(batch, creators, written, new Map(earlier.map((one) => [one.key, one])))
  }

  return { commit }
}

/** Indexes of the reports that were stored: of copies in one batch that is the first. */
function creatorsOf(batch: readonly Report[], written: Written): Set<number> {
  const created = new Set(written.created)
  const untimely = new Set(written.untimely)
  const creators = new Set<number>()
  batch.forEach((report, index) => {
    if (!untimely.has(index) && created.delete(reportKey(report))) creators.add(index)
  })
  return creators
}

function judge(
  batch: readonly Report[],
  creators: ReadonlySet<number>,
  written: Written,
  earlier: ReadonlyMap<string, EarlierReport>,
): Outcome[] {
  /** What is stored under an id by the time a report is met, as if one came after the other. */
  const stored = new Map(earlier)
  batch.forEach((report, index) => creators.has(index) && stored.delete(reportKey(report)))
  const untimely = new Set(written.untimely)
  const limits = limitsByCustomer(written)
  return batch.map((report, index) => {
    const { customerId, reportId } = report
    const reported = { customerId, reportId, limits: limits.get(customerId) ?? [] }
    const key = reportKey(report)
    if (creators.has(index)) {
      const { receivedAt } = written
      stored.set(key, { key, fingerprint: report.fingerprint, receivedAt })
      return fulfilled({ ...reported, receivedAt, replayed: false })
    }
    const known = stored.get(key)
    if (known !== undefined) {
      if (!known.fingerprint.equals(report.fingerprint)) {
        return rejected(new Refusal('IDEMPOTENCY_KEY_REUSED'))
      }
      // An id of our own is here twice only if the answer to the first try was lost.
      return fulfilled({ ...reported, receivedAt: known.receivedAt, replayed: report.isNamed })
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

function untimelyReport(): Refusal {
  const message = `is before the time since which reports are kept, or over ${AHEAD_MINUTES} minutes ahead`
  return new Refusal('VALIDATION_FAILED', { details: [{ path: '/reported_at', message }] })
}

function fulfilled(value: Reported): Outcome {
  return { status: 'fulfilled', value }
}

function rejected(reason: unknown): Outcome {
  return { status: 'rejected', reason }
}
