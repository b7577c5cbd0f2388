import type postgres from 'postgres'
import { commitBatch, rejected } from '../funds/committing.ts'
import type { LedgerBooks, OpenBooks } from '../funds/ledger.ts'
import { type Transfer, newOperation } from '../funds/operations.ts'
import { isDatabaseUnavailable } from '../plugins/database/faults.ts'
import { Refusal } from '../refusals.ts'
import {
  type ChargingState,
  type Remainder,
  readChargingState,
  remainderKey,
  writeRemainders,
} from './charge-statements.ts'
import { type Charge, chargesOf } from './price.ts'
import type { Report, Reported } from './reports.ts'
import { type EarlierReport, type Written, reportKey, writeReports } from './statements.ts'
import { type WriterOptions, boundsOf, judge, untimelyReport } from './writer.ts'

type Outcome = PromiseSettledResult<Reported>

/**
 * Stores batches of reports that are paid from funds, each with its charge, and charges for each that
 * is stored: in one transaction, which holds the customers' accounts locked. A report that can not be
 * paid for is refused and leaves nothing behind, so that its instance can send it again.
 */
export function chargingWriter(books: LedgerBooks, options: WriterOptions) {
  function commit(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    return commitBatch(batch, {
      tryOnce: (reports) => tryOnce(sql, reports),
      undo: () => sql`rollback`,
      isTheirs: (error) => !isDatabaseUnavailable(error),
    })
  }

  /** Locks accounts before reports and totals, as everybody does who locks both. */
  async function tryOnce(sql: postgres.Sql, batch: readonly Report[]): Promise<Outcome[]> {
    const customerIds = [...new Set(batch.map((report) => report.customerId))]
    const account = await books.open(sql, {
      userIds: customerIds,
      accountIds: [],
      keys: batch.map((report) => ({
        userId: report.customerId,
        accountId: null,
        key: keyOf(report),
      })),
      charges: [],
      holds: [],
    })
    const decided = decide(batch, account, await readChargingState(sql, customerIds, batch))
    const accepted = batch.filter((_, index) => decided.accepted.has(index))
    const transaction = { xid: account.xid, customerIds }
    const written = await writeReports(sql, accepted, boundsOf(options), transaction)
    if (written.created.length < accepted.length) {
      await sql`rollback`
      return tryWithout(sql, batch, refusalsOf(accepted, written))
    }
    if (decided.remainders.length > 0) {
      await writeRemainders(sql, account.xid, decided.remainders)
    }
    await account.close(accepted.length)
    options.onWritten(written, accepted)
    const outcomes = judge(batch, decided.accepted, written, decided.earlier)
    return outcomes.map((outcome, index) => decided.refused.get(index) ?? outcome)
  }

  /** Charges were decided for reports that were then not stored: these are left to their next try. */
  async function tryWithout(
    sql: postgres.Sql,
    batch: readonly Report[],
    refusals: ReadonlyMap<Report, Refusal>,
  ): Promise<Outcome[]> {
    const others = batch.filter((report) => !refusals.has(report))
    const outcomes = others.length === 0 ? [] : await tryOnce(sql, others)
    const of = new Map(others.map((report, index) => [report, outcomes[index]]))
    return batch.map((report) => of.get(report) ?? rejected(refusals.get(report)))
  }

  return { commit }
}

/**
 * Why reports that can be paid for were not stored: for their time, or because they were stored at the
 * same moment without a charge, or because their customer is being erased.
 */
function refusalsOf(accepted: readonly Report[], written: Written): Map<Report, Refusal> {
  const created = new Set(written.created)
  const untimely = new Set(written.untimely.map((index) => accepted[index]))
  const missing = accepted.filter((report) => !created.has(reportKey(report)))
  return new Map(
    missing.map((report) => [
      report,
      untimely.has(report) ? untimelyReport() : new Refusal('OVERLOADED'),
    ]),
  )
}

/** Decides reports one after the other, in memory, on accounts that are locked. */
function decide(batch: readonly Report[], account: OpenBooks, state: ChargingState) {
  const { metered, stored } = state
  const remainders = new Map(state.remainders.map((one) => [remainderKey(one), one]))
  const changed = new Set<string>()
  const known = new Set(stored.map((one) => one.key))
  const earlier: EarlierReport[] = [...stored]
  const accepted = new Set<number>()
  const refused = new Map<number, PromiseRejectedResult>()

  batch.forEach((report, index) => {
    const key = reportKey(report)
    if (known.has(key)) return
    if (report.givenUp && !report.sent) {
      refused.set(index, rejected(new Refusal('TIMEOUT')))
      return
    }
    // Its charge is decided here, so here is where it can be given up for the last time.
    report.sent = true
    try {
      const before = pay(report)
      if (before === null) accepted.add(index)
      else earlier.push({ key, fingerprint: before.fingerprint, receivedAt: before.createdAt })
      known.add(key)
    } catch (error) {
      refused.set(index, rejected(error))
    }
  })

  /**
   * @returns the transfer that paid for the report before, whose row is gone since: money is
   * remembered for as long as the ledger
   * @throws Refusal
   */
  function pay(report: Report): Transfer | null {
    const { customerId } = report
    const charges = chargesOf(
      report.metrics,
      metered.get(customerId) ?? {},
      (metric, price) =>
        remainders.get(remainderKey(remainderOf(customerId, metric, price)))?.remainder,
    )
    const [first] = charges
    if (first === undefined) return null
    const holder = account.account(customerId)
    if (holder === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
    if (holder.asset !== first.price.asset) throw new Refusal('ASSET_MISMATCH')
    // Also for a charge that is all fraction, and moves nothing yet.
    if (holder.status !== 'active') throw new Refusal('ACCOUNT_FROZEN')
    const amount = charges.reduce((sum, charge) => sum + charge.amount, 0n)
    if (amount > 0n) {
      const moved = account.decide(deduct(report, amount, charges))
      if (moved.replayed) return moved.transfer
    }
    for (const { metric, price, remainder } of charges) {
      const row = { ...remainderOf(customerId, metric, price), remainder }
      remainders.set(remainderKey(row), row)
      changed.add(remainderKey(row))
    }
    return null
  }

  const written = [...changed].flatMap((key) => remainders.get(key) ?? [])
  return { accepted, refused, earlier, remainders: written }
}

function deduct(report: Report, amount: bigint, charges: readonly Charge[]) {
  const { customerId, reportId, fingerprint, actor } = report
  const metrics = charges.map(({ metric, value, amount: cost }) => [
    metric,
    { value, amount: Number(cost) },
  ])
  return newOperation({
    kind: 'deduct',
    userId: customerId,
    amount,
    reason: 'usage',
    reference: reportId,
    metadata: { metrics: Object.fromEntries(metrics) },
    idempotencyKey: keyOf(report),
    fingerprint,
    actor,
  })
}

/** A caller's key has no space, so that no call about money meets it. */
export const USAGE_KEY = ' usage '

function keyOf(report: Report): string {
  return USAGE_KEY + report.reportId
}

function remainderOf(
  customerId: string,
  metric: string,
  { asset, per = 1 }: Charge['price'],
): Omit<Remainder, 'remainder'> {
  return { customerId, metric, asset, per: BigInt(per) }
}
