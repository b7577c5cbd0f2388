import { eq } from 'drizzle-orm'
import { recordAudit } from '../audit/record.ts'
import type { Transaction } from '../database/index.ts'
import { type ErasureRow, type Step, actorOf } from '../privacy/row.ts'
import { accountSubject } from './accounts.ts'
import { giveUpBalance, releaseHolds } from './empty-account.ts'
import { forgetSalt, forgetTransfers } from './forget.ts'
import type { Account } from './posting.ts'
import { accounts } from './tables.ts'

async function endHolds(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  const account = await lockedAccount(tx, row)
  if (account === null) return 0
  const count = await releaseHolds(tx, account, actorOf(row), limit)
  row.holdsReleased += count
  return count
}

async function emptyAccount(tx: Transaction, row: ErasureRow): Promise<number> {
  const account = await lockedAccount(tx, row)
  if (account === null) return 0
  row.balanceGivenUp = await giveUpBalance(tx, account, actorOf(row))
  await tx.update(accounts).set({ creditLimit: 0n }).where(eq(accounts.id, account.id))
  return 0
}

async function forgetTransfersOf(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.accountId === null) return 0
  const page = { after: BigInt(row.after ?? 0), limit }
  const seqs = await forgetTransfers(tx, row.accountId, page)
  row.after = String(seqs.at(-1) ?? page.after)
  return seqs.length
}

/** The numbers are stored in the rows of running erasures. */
export const fundsSteps: Readonly<Record<number, Step>> = {
  10: endHolds,
  11: emptyAccount,
  12: forgetTransfersOf,
}

/** Records that an account is erased, in the transaction that completes the erasure. */
export async function finishAccount(tx: Transaction, row: ErasureRow): Promise<void> {
  const account = await lockedAccount(tx, row)
  if (account === null) return
  await forgetSalt(tx, account.id)
  const metadata = {
    holds_released: row.holdsReleased,
    balance_given_up: Number(row.balanceGivenUp),
  }
  const subject = accountSubject(account)
  await recordAudit(tx, actorOf(row), { event: 'account.erased', subject, metadata })
}

/**
 * The ledger's batches lock the account too, because later news from Stripe is booked under its
 * pseudonym.
 */
export async function lockedAccount(
  tx: Transaction,
  { accountId }: ErasureRow,
): Promise<Account | null> {
  if (accountId === null) return null
  const [row] = await tx.select().from(accounts).where(eq(accounts.id, accountId)).for('update')
  return row === undefined ? null : { ...row, userId: row.userId ?? '' }
}
