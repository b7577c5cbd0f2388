import { and, eq, ne, sql } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { accountSubject } from './accounts.ts'
import type { Account } from './posting.ts'
import { accounts } from './tables.ts'
import { takeTurn } from './turns.ts'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { deleteBudgets } from './budgets/change.ts'
import { isEmpty, settleAccount } from './empty-account.ts'
import { type Erasure, beginErasure, limitWaits } from '../privacy/erasure.ts'
import { peopleOfAccount } from './people.ts'
import type { Personal } from '../privacy/personal.ts'
import { isUserErasing } from '../privacy/under-way.ts'

/**
 * Begins to erase a user's account: closes and renames it. Its money and its transfers stay, under a
 * pseudonym that no call can name; their personal data is deleted in pages.
 * @param force gives up the rest: holds are released, and the balance goes to `adjustments`
 * @returns null if it has begun already
 * @throws Refusal `ACCOUNT_NOT_FOUND`, or `ACCOUNT_NOT_EMPTY` without `force`
 */
export function eraseAccount(
  db: Database,
  personal: Personal,
  actor: Actor,
  userId: string,
  force: boolean,
): Promise<Erasure | null> {
  return db.transaction(async (tx) => {
    await limitWaits(tx)
    const account = await lockAccount(tx, userId)
    if (account === null) {
      if (await isUserErasing(tx, userId)) return null
      throw new Refusal('ACCOUNT_NOT_FOUND')
    }
    const closed = await closeAccount(tx, personal, account, force)
    return beginErasure(tx, actor, accountSubject(account), { ...closed, customerId: null })
  })
}

/** Closes and renames a locked account, and notes what remains to be erased. */
export async function closeAccount(
  tx: Transaction,
  personal: Personal,
  locked: Account,
  force: boolean,
) {
  const { account } = await settleAccount(tx, locked)
  if (!force && !(await isEmpty(tx, account))) throw new Refusal('ACCOUNT_NOT_EMPTY')
  await deleteBudgets(tx, account)
  const { id: accountId, userId } = account
  await personal.closeAccount(tx, account)
  const whom = { customerId: null, accountId, userId }
  const { people, stripeCustomerIds } = await peopleOfAccount(tx, personal, whom)
  const [row] = await tx
    .update(accounts)
    .set({
      userId: `erased/${accountId}`,
      status: 'closed',
      lowBalanceAt: null,
      isLow: false,
      updatedAt: sql`greatest(date_trunc('milliseconds', clock_timestamp()), ${accounts.updatedAt})`,
    })
    .where(eq(accounts.id, accountId))
    .returning({ closedAt: accounts.updatedAt })
  if (row === undefined) throw new Error('The account was not closed')
  const forgotten = [userId, ...stripeCustomerIds]
  return { ...row, accountId, userId, people, forgotten, ignored: [] as string[] }
}

/**
 * Locks the account like the ledger's batches do, so that all movements wait for this, or the other
 * way round.
 * @returns null if there is none
 */
export async function lockAccount(tx: Transaction, userId: string): Promise<Account | null> {
  await takeTurn(tx, userId)
  const [row] = await tx
    .select()
    .from(accounts)
    .where(and(eq(accounts.userId, userId), ne(accounts.status, 'closed')))
    .for('update')
  return row === undefined ? null : { ...row, userId }
}
