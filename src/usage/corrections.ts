import type postgres from 'postgres'
import { isLockNotHad } from '../database/faults.ts'
import { sha256 } from '../encoding/sha256.ts'
import { commitBatch, fulfilled, rejected } from '../funds/committing.ts'
import { lineagesOf } from '../funds/caps.ts'
import { ALONE, type LedgerBooks, type OpenBooks } from '../funds/ledger.ts'
import { newOperation } from '../funds/operations.ts'
import { busyAccount } from '../funds/waiting-room.ts'
import { Refusal } from '../refusals/index.ts'
import { type Remainder, remainderKey, writeRemainders } from './charge-statements.ts'
import type { Corrected, Correction } from './correction.ts'
import {
  type Correctable,
  type ReportUnderLock,
  findCorrectable,
  lockReport,
  writeCorrection,
} from './correction-statements.ts'
import { takeFromTotals } from './corrected-totals.ts'
import { givenBack } from './price.ts'
import { takeBackParts } from './taken-back.ts'

/**
 * Takes reports back, each in one transaction of the ledger: from the totals, from what Stripe is told,
 * and from the account that paid for it. Its row stays, so that the same report sent again is known.
 */
export function correctionWriter(books: LedgerBooks) {
  /**
   * @throws Refusal `CUSTOMER_NOT_FOUND`, `REPORT_NOT_FOUND`, `ACCOUNT_BUSY`, `AMOUNT_NOT_ALLOWED` or
   * `BALANCE_LIMIT`
   */
  async function correct(sql: postgres.Sql, correction: Correction): Promise<Corrected> {
    const [outcome] = await commitBatch([correction], {
      tryOnce: async () => [await tryOnce(sql, correction)],
      undo: () => sql`rollback`,
      isTheirs: () => false,
    })
    if (outcome?.status === 'fulfilled') return outcome.value
    throw outcome?.reason
  }

  async function tryOnce(
    sql: postgres.Sql,
    correction: Correction,
  ): Promise<PromiseSettledResult<Corrected>> {
    if (correction.givenUp && !correction.sent) return rejected(new Refusal('TIMEOUT'))
    try {
      return fulfilled(await correctNow(sql, correction))
    } catch (error) {
      const isBusy = isLockNotHad(error)
      if (!isBusy && !(error instanceof Refusal)) throw error
      // There may be no transaction yet, of which the server warns.
      await sql`rollback`.catch(() => undefined)
      return rejected(isBusy ? busyAccount() : error)
    }
  }

  async function correctNow(sql: postgres.Sql, correction: Correction): Promise<Corrected> {
    const found = await findCorrectable(sql, correction)
    if (found.done !== null) return { ...found.done, replayed: found.done.id !== correction.id }
    const account = await openFor(sql, correction, found)
    const report = await lockReport(sql, correction)
    if (report === null) {
      // Another call was faster, or the report has gone meanwhile.
      await sql`rollback`
      return correctNow(sql, correction)
    }
    correction.sent = true
    const { xid } = account
    const back = giveBack(account, correction, found, report)
    await takeFromTotals(sql, xid, correction, report)
    const untaken = await takeBackParts(sql, xid, correction, report.metered ?? [])
    await writeRemainders(sql, xid, back.remainders)
    const stripe = untaken ? 'not_correctable' : null
    await writeCorrection(sql, xid, { ...correction, stripe, givenBack: back.amount }, report)
    await account.close(1)
    return { id: correction.id, reportId: correction.reportId, stripe, replayed: false }
  }

  async function openFor(sql: postgres.Sql, correction: Correction, found: Correctable) {
    const { charge, isPaid } = found
    const { customerId } = correction
    const account = await books.open(
      sql,
      {
        userIds: isPaid ? [customerId] : [],
        accountIds: [],
        keys: [],
        charges: charge === null ? [] : [charge],
        holds: [],
        grants: [],
        lineages: charge === null ? [] : lineagesOf([correction]),
      },
      ALONE,
    )
    if (account.isSetAside(customerId)) throw busyAccount()
    return account
  }

  return { correct }
}

/** What was charged goes back, but for what has been refunded already, and the fraction with it. */
function giveBack(
  account: OpenBooks,
  correction: Correction,
  { charge, amount: whole }: Correctable,
  { metrics, charges, remainders }: ReportUnderLock,
): { amount: bigint; remainders: Remainder[] } {
  const { customerId } = correction
  const left = new Map(remainders.map((one) => [remainderKey(one), one]))
  let sum = charges === null ? whole : 0n
  for (const part of charges ?? []) {
    const { metric, asset, per } = part
    const row = { customerId, metric, asset, per: BigInt(per) }
    const key = remainderKey(row)
    const back = givenBack(metrics[metric] ?? 0, part, left.get(key)?.remainder ?? '0')
    left.set(key, { ...row, remainder: back.remainder })
    sum += back.amount
  }
  const amount = charge === null || sum === 0n ? 0n : refund(account, correction, charge, sum)
  return { amount, remainders: [...left.values()] }
}

function refund(
  account: OpenBooks,
  { reportId, actor, cap }: Correction,
  charge: NonNullable<Correctable['charge']>,
  amount: bigint,
): bigint {
  for (const asked of [amount, null]) {
    try {
      const { transfer } = account.decide(
        newOperation({
          kind: 'refund',
          charge,
          amount: asked,
          reason: 'usage corrected',
          reference: reportId,
          metadata: null,
          idempotencyKey: CORRECTION_KEY + reportId,
          fingerprint: sha256(reportId),
          actor,
          cap,
        }),
      )
      return transfer.amount
    } catch (error) {
      // Of a charge that was refunded in part the rest goes back, and of one that was refunded nothing.
      if (!(error instanceof Refusal) || error.code !== 'ALREADY_REFUNDED') throw error
    }
  }
  return 0n
}

/** As with the key of the charge, no call about money meets it. */
const CORRECTION_KEY = ' usage-correction '
