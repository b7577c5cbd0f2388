import { fulfilled, rejected } from '../funds/committing.ts'
import { Refusal } from '../refusals/index.ts'
import { untimelyReport } from './admission.ts'
import type { Allowances, Remaining } from './allowances.ts'
import type { Report, Reported, Standing } from './reports.ts'
import { type EarlierReport, type Written, reportKey } from './statements.ts'

/** Null for a report that is paid from funds: it was left alone, to be stored with its charge. */
export type Outcome = PromiseSettledResult<Reported | null>

/** What is known of a batch when it is written. */
export interface Judged {
  written: Written
  /** Indexes of the reports that were stored. */
  creators: ReadonlySet<number>
  /** What was stored before under the keys of the others. */
  earlier: readonly EarlierReport[]
  allowances: Allowances
  /** A try before this one may have stored something, and its answer was lost. */
  mayHaveBegun: boolean
}

/** Indexes of the reports that were stored: of copies in one batch that is the first. */
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
  /** What is stored under an id by the time a report is met, as if one came after the other. */
  const stored = new Map(earlier.map((one) => [one.key, one]))
  batch.forEach((report, index) => creators.has(index) && stored.delete(reportKey(report)))
  const stands = new Set<string>()
  const untimely = new Set(written.untimely)
  const limits = limitsByCustomer(written)
  const remaining = remainingByCustomer(written, allowances)
  return batch.map((report, index) => {
    const { customerId, reportId } = report
    const reported = (receivedAt: Date, replayed: boolean, isUnspent: boolean) =>
      fulfilled({
        customerId,
        reportId,
        limits: limits.get(customerId) ?? [],
        remaining: remaining.get(customerId) ?? { values: 0, names: 0 },
        receivedAt,
        replayed,
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
      // An id of our own is here twice only if the answer to the first try was lost.
      return reported(known.receivedAt, report.isNamed, !mayHaveBegun || stands.has(key))
    }
    // Else retention deleted the earlier report between the two statements, or the customer is being
    // erased: the next try is told so.
    return rejected(untimely.has(index) ? untimelyReport() : new Refusal('OVERLOADED'))
  })
}

/**
 * The outcomes of reports that were admitted and then not stored: paid from funds, and left alone;
 * too old by less than a millisecond; or of a customer that is being erased.
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
 * For reports that were admitted in a transaction and then not all stored: what was admitted behind
 * the missing ones counted on them, so the others are tried again, in a transaction of their own.
 * @param missing the outcomes of the missing ones
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
