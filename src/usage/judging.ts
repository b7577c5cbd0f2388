import { fulfilled, rejected } from '../funds/committing.ts'
import { Refusal } from '../refusals/index.ts'
import { untimelyReport } from './admission.ts'
import type { Allowances, Remaining } from './allowances.ts'
import type { Report, Reported, Standing } from './reports.ts'
import { type EarlierReport, type Written, reportKey } from './statements.ts'

/**
 * Null for a report that is paid from funds: it was not stored here, and will be stored with its
 * charge.
 */
export type Outcome = PromiseSettledResult<Reported | null>

/** What is known of a batch once it is written. */
export interface Judged {
  written: Written
  /** Indexes of the reports that were stored. */
  creators: ReadonlySet<number>
  /** Reports that were stored before under the keys of the others. */
  earlier: readonly EarlierReport[]
  allowances: Allowances
  /** Whether an earlier try may have stored something, and its answer was lost. */
  mayHaveBegun: boolean
}

/** Indexes of the reports that were stored; of copies in one batch, the first. */
export function creatorsOf(batch: readonly Report[], written: Written): Set<number> {
  const created = new Set(written.created)
  const leftOut = new Set([...written.untimely, ...written.unfit, ...written.charged])
  const creators = new Set<number>()
  batch.forEach((report, index) => {
    if (!leftOut.has(index) && created.delete(reportKey(report))) creators.add(index)
  })
  return creators
}

/** The outcome of each report. */
export function judge(
  batch: readonly Report[],
  { written, creators, earlier, allowances, mayHaveBegun }: Judged,
): PromiseSettledResult<Reported>[] {
  /** What is stored under an id when a report is judged, as if reports came one after the other. */
  const stored = new Map(earlier.map((one) => [one.key, one]))
  batch.forEach((report, index) => creators.has(index) && stored.delete(reportKey(report)))
  const stands = new Set<string>()
  const untimely = new Set(written.untimely)
  const limits = limitsByCustomer(written)
  const remaining = remainingByCustomer(written, allowances)
  return batch.map((report, index) => {
    const { customerId, reportId } = report
    const reported = (receivedAt: Date, isFound: boolean, isUnspent: boolean) =>
      fulfilled({
        customerId,
        reportId,
        limits: limits.get(customerId) ?? [],
        remaining: remaining.get(customerId) ?? { values: 0, names: 0 },
        receivedAt,
        payment: null,
        isFound,
        // An id that we made is found only if the answer to the first try was lost.
        replayed: isFound && report.isNamed,
        isUnspent,
      })
    const key = reportKey(report)
    if (creators.has(index)) {
      const { receivedAt } = written
      stored.set(key, { key, fingerprint: report.fingerprint, receivedAt })
      stands.add(key)
      return reported(receivedAt, false, false)
    }
    const known = stored.get(key)
    if (known !== undefined) {
      if (!known.fingerprint.equals(report.fingerprint)) {
        return rejected(new Refusal('IDEMPOTENCY_KEY_REUSED'))
      }
      return reported(known.receivedAt, true, !mayHaveBegun || stands.has(key))
    }
    // Otherwise retention deleted the earlier report between the two statements, or the customer is
    // being erased. The next try gets that answer.
    return rejected(untimely.has(index) ? untimelyReport() : new Refusal('OVERLOADED'))
  })
}

/**
 * The outcomes of reports that were admitted but not stored: they are paid from funds, are too old by
 * less than a millisecond, or belong to a customer that is being erased.
 */
export function missingOf(admitted: readonly Report[], written: Written): Map<Report, Outcome> {
  const created = new Set(written.created)
  const charged = new Set(written.charged)
  const untimely = new Set(written.untimely)
  const missing = new Map<Report, Outcome>()
  admitted.forEach((report, index) => {
    if (created.has(reportKey(report))) return
    const why = untimely.has(index) ? untimelyReport() : new Refusal('OVERLOADED')
    missing.set(report, charged.has(index) ? fulfilled(null) : rejected(why))
  })
  return missing
}

/**
 * For reports that were admitted in a transaction and then not all stored. Later reports were
 * admitted on the assumption that the missing ones are stored, so the others are tried again in a new
 * transaction.
 * @param missing the outcomes of the missing reports
 */
export async function tryWithout(
  batch: readonly Report[],
  missing: ReadonlyMap<Report, Outcome>,
  tryOnce: (batch: readonly Report[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const others = batch.filter((report) => !missing.has(report))
  const outcomes = others.length === 0 ? [] : await tryOnce(others)
  const of = new Map(others.map((report, index) => [report, outcomes[index]]))
  return batch.map((report) => missing.get(report) ?? of.get(report) ?? rejected(undefined))
}

function remainingByCustomer(
  { used }: Written,
  { valuesMax, namesMax }: Allowances,
): Map<string, Remaining> {
  return new Map(
    used.map(({ customer, values, names }) => [
      customer,
      { values: Math.max(0, valuesMax - values), names: Math.max(0, namesMax - names) },
    ]),
  )
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
