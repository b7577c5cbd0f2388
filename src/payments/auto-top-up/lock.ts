import { eq } from 'drizzle-orm'
import type { Transaction } from '../../database/index.ts'
import { accounts } from '../../funds/tables.ts'
import { takeTurnOf } from '../../funds/turns.ts'

/**
 * Locks an account, which comes before what belongs to it as everywhere, and its turn before its row.
 * @returns whether it is closed, or there is none
 */
export async function lockAccount(
  tx: Transaction,
  accountId: bigint,
): Promise<{ isClosed: boolean }> {
  await takeTurnOf(tx, accountId)
  const [account] = await tx
    .select({ status: accounts.status })
    .from(accounts)
    .where(eq(accounts.id, accountId))
    .for('update')
  return { isClosed: account === undefined || account.status === 'closed' }
}
