import { and, eq, ne } from 'drizzle-orm'
import { forgetPersonal } from '../audit/personal.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { accountSubject } from '../funds/accounts.ts'
import type { Account } from '../funds/posting.ts'
import { accounts } from '../funds/tables.ts'
import type { Database, Transaction } from '../plugins/database/index.ts'
import { noteTopUps } from '../payments/service.ts'
import { Refusal } from '../refusals.ts'
import { emptied, readForEmptying } from './empty-account.ts'
import { beginErasure, forgetEvents } from './events.ts'
import { peopleOfAccount } from './people.ts'
import { writeMovements } from './write-movements.ts'

/**
 * Erases a user's account: one transaction, so that all of it happens or nothing does. Its money and
 * its transfers stay, under a pseudonym that no call can name, and the user may open another account.
 * @param force gives up what is left: holds are released, and the balance goes to `adjustments`
 * @returns when it was erased
 * @throws Refusal `ACCOUNT_NOT_FOUND`, or `ACCOUNT_NOT_EMPTY` without `force`
 */
export function eraseAccount(
  db: Database,
  actor: Actor,
  userId: string,
  force: boolean,
): Promise<Date> {
  return db.transaction(async (tx) => {
    await beginErasure(tx)
    const account = await lockAccount(tx, userId)
    if (account === null) throw new Refusal('ACCOUNT_NOT_FOUND')
    return eraseLocked(tx, actor, account, force)
  })
}

/** Erases an account in a transaction that has begun an erasure and locked it. */
export async function eraseLocked(
  tx: Transaction,
  actor: Actor,
  account: Account,
  force: boolean,
): Promise<Date> {
  await noteTopUps(tx, account)
  const people = await peopleOfAccount(tx, account)
  const ledger = await readForEmptying(tx, account)
  const writes = emptied(ledger, account, actor, force)
  const [after = account] = writes.accounts
  await writeMovements(tx, writes)
  const [row] = await tx
    .update(accounts)
    .set({
      userId: `erased/${account.id}`,
      status: 'closed',
      balance: after.balance,
      held: after.held,
      seq: after.seq,
      creditLimit: 0n,
      lowBalanceAt: null,
      isLow: false,
      updatedAt: after.updatedAt > ledger.now ? after.updatedAt : ledger.now,
    })
    .where(eq(accounts.id, account.id))
    .returning({ erasedAt: accounts.updatedAt })
  if (row === undefined) throw new Error('The account was not erased')

  const subject = accountSubject(account)
  await forgetPersonal(tx, subject)
  await forgetEvents(tx, people, new Set([account.userId]))
  const metadata = {
    holds_released: writes.holds.length,
    balance_given_up: Number(account.balance),
  }
  await recordAudit(tx, actor, { event: 'account.erased', subject, metadata })
  return row.erasedAt
}

/**
 * The account as the ledger's batches lock it: whatever moves money waits, or is waited for.
 * @returns null if there is none
 */
export async function lockAccount(tx: Transaction, userId: string): Promise<Account | null> {
  const [row] = await tx
    .select()
    .from(accounts)
    .where(and(eq(accounts.userId, userId), ne(accounts.status, 'closed')))
    .for('update')
  return row === undefined ? null : { ...row, userId }
}
