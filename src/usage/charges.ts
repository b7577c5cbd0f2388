import type postgres from 'postgres'
import { commitBatch, fulfilled, rejected } from '../funds/committing.ts'
import { type LedgerBooks, type OpenBooks, type Reach } from '../funds/ledger.ts'
import { type Transfer, newOperation } from '../funds/operations.ts'
import { SetAside } from '../funds/set-aside.ts'
import { isDatabaseUnavailable, isLockNotHad } from '../database/faults.ts'
import { Refusal } from '../refusals/index.ts'
import { admitAll, admission } from './admission.ts'
import {
  type ChargingState,
  type Remainder,
  readChargingState,
  remainderKey,
  writeRemainders,
} from './charge-statements.ts'
import { transferId } from '../funds/ids.ts'
import { judge, missingOf, tryWithout } from './judging.ts'
import { type Payment, USAGE_KEY } from './payments.ts'
import { type Charge, chargesOf } from './price.ts'
import type { Report, Reported } from './reports.ts'
import type { ChargedPart } from './tables.ts'
import { type EarlierReport, reportKey, writeReports } from './statements.ts'
import { type WriterOptions, boundsOf, toldOfTries } from './writer.ts'

/** Never null here, because this writes everything that is paid from funds. */
type Outcome = PromiseSettledResult<Reported | null>

type Attempt = Reach & { mayHaveBegun: boolean }

/**
 * Stores batches of reports that are paid from funds, and charges for each stored report, in one
 * transaction that holds the customers' accounts locked. A report that can't be paid for is refused
 * and leaves nothing behind, so that its instance can send it again.
 */
export function chargingWriter(books: LedgerBooks, options: WriterOptions) {
  const { allowances, known } = options
  const bounds = boundsOf(options)

  /** Outcomes may be `SetAside`, for reports whose customer or account is locked. */
  function commit(sql: postgres.Sql, batch: readonly Report[], reach: Reach): Promise<Outcome[]> {
    return commitBatch(batch, {
      tryOnce: toldOfTries((reports, mayHaveBegun) =>
        tryOrSetAside(sql, reports, { ...reach, mayHaveBegun }),
      ),
      undo: () => sql`rollback`,
      isTheirs: (error) => !isDatabaseUnavailable(error),
    })
  }

  async function tryOrSetAside(
    sql: postgres.Sql,
    batch: readonly Report[],
    attempt: Attempt,
  ): Promise<Outcome[]> {
    const sentBefore = new Set(batch.filter(({ sent }) => sent))
    try {
      return await tryOnce(sql, batch, attempt)
    } catch (error) {
      if (!isLockNotHad(error)) throw error
      await sql`rollback`
      for (const report of batch) report.sent = sentBefore.has(report)
      return batch.map(() => rejected(new SetAside()))
    }
  }

  /** Lock order: accounts, customers, allowances, reports, totals, as everywhere. */
  async function tryOnce(
    sql: postgres.Sql,
    batch: readonly Report[],
    attempt: Attempt,
  ): Promise<Outcome[]> {
    const { mayHaveBegun } = attempt
    const customerIds = [...new Set(batch.map((report) => report.customerId))]
    const keys = batch.map((report) => ({
      userId: report.customerId,
      accountId: null,
      key: keyOf(report),
    }))
    const input = {
      userIds: customerIds,
      accountIds: [],
      keys,
      charges: [],
      holds: [],
      grants: [],
      lineages: [],
    }
    const account = await books.open(sql, input, attempt)
    const skips = attempt.waitMs === null
    const state = await readChargingState(sql, customerIds, batch, { known, bounds, skips })
    const { admit, newNames } = admission(state.admission, allowances, known)
    const decided = decide(batch, account, state, admit)
    const accepted = batch.filter((_, index) => decided.accepted.has(index))
    const written = await writeReports(sql, accepted, bounds, {
      xid: account.xid,
      customerIds,
      isCharging: true,
      newNames,
      charges: decided.charges,
    })
    const missing = missingOf(accepted, written)
    if (missing.size > 0) {
      await sql`rollback`
      return tryWithout(batch, missing, (others) => tryOnce(sql, others, attempt))
    }
    if (decided.remainders.length > 0) {
      await writeRemainders(sql, account.xid, decided.remainders)
    }
    await account.close(accepted.length)
    for (const { customerId, metrics } of accepted) known.learn(customerId, metrics)
    options.onWritten(written, accepted)
    const outcomes = judge(batch, {
      written,
      creators: decided.accepted,
      earlier: decided.earlier,
      allowances,
      mayHaveBegun,
    })
    return outcomes.map(
      (outcome, index) => decided.refused.get(index) ?? withPayment(outcome, batch[index]),
    )

    function withPayment(outcome: Outcome, report: Report | undefined): Outcome {
      const payment = report && decided.payments.get(report)
      if (outcome.status === 'rejected' || outcome.value === null || !payment) return outcome
      return fulfilled({ ...outcome.value, payment })
    }
  }

  return { commit }
}

/** Decides reports one after the other, in memory, on locked accounts. */
function decide(
  batch: readonly Report[],
  account: OpenBooks,
  state: ChargingState,
  admit: (report: Report) => () => void,
) {
  const remainders = new Map(state.remainders.map((one) => [remainderKey(one), one]))
  const changed = new Set<string>()
  const paid = new Map<Report, readonly ChargedPart[]>()
  const payments = new Map<Report, Payment>()
  const balances = new Map<string, bigint>()
  const earlier: EarlierReport[] = [...state.admission.stored]
  const { accepted, refused } = admitAll(batch, state.admission.stored, (report) => {
    const { customerId } = report
    if (account.isSetAside(customerId) || state.busy.has(customerId)) throw new SetAside()
    // A replayed report costs no allowance.
    const take = account.hasDone(customerId, keyOf(report)) ? undefined : admit(report)
    const before = pay(report)
    if (before === null) {
      take?.()
      return true
    }
    const { fingerprint, createdAt } = before
    earlier.push({ key: reportKey(report), fingerprint, receivedAt: createdAt })
    return false
  })

  /**
   * @returns the transfer that has already paid for the report, whose row retention has deleted:
   * money is remembered as long as the ledger exists
   * @throws Refusal
   */
  function pay(report: Report): Transfer | null {
    const { customerId } = report
    const charges = chargesOf(
      report.metrics,
      state.pricesOf(report),
      (metric, price) =>
        remainders.get(remainderKey(remainderOf(customerId, metric, price)))?.remainder,
    )
    const [first] = charges
    if (first === undefined) return null
    const holder = account.account(customerId)
    if (holder === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
    if (holder.asset !== first.price.asset) throw new Refusal('ASSET_MISMATCH')
    // Also refuses a charge that is only a fraction and moves nothing yet.
    if (holder.status !== 'active') throw new Refusal('ACCOUNT_FROZEN')
    const amount = charges.reduce((sum, charge) => sum + charge.amount, 0n)
    let transfer: Transfer | null = null
    if (amount > 0n) {
      const moved = account.decide(deduct(report, amount, charges))
      if (moved.replayed) return moved.transfer
      transfer = moved.transfer
      balances.set(customerId, transfer.balanceAfter)
    }
    for (const { metric, price, remainder } of charges) {
      const row = { ...remainderOf(customerId, metric, price), remainder }
      remainders.set(remainderKey(row), row)
      changed.add(remainderKey(row))
    }
    const parts = charges.map(partOf)
    paid.set(report, parts)
    payments.set(report, {
      charges: parts,
      transferId: transfer && transferId(transfer),
      balance: Number(balances.get(customerId) ?? holder.balance),
    })
    return null
  }

  const written = [...changed].flatMap((key) => remainders.get(key) ?? [])
  return { accepted, refused, earlier, charges: paid, payments, remainders: written }
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

function keyOf(report: Report): string {
  return USAGE_KEY + report.reportId
}

function partOf({ metric, price: { asset, price, per = 1 }, amount }: Charge): ChargedPart {
  return { metric, asset, price, per, amount: Number(amount) }
}

function remainderOf(
  customerId: string,
  metric: string,
  { asset, per = 1 }: Charge['price'],
): Omit<Remainder, 'remainder'> {
  return { customerId, metric, asset, per: BigInt(per) }
}
