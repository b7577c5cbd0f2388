import { sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'

/** The first of the two numbers of an advisory lock; the second is derived from the account. */
export const TURN_CLASS = 5_746_107

/**
 * Precedes the lock on an account's row in every transaction that waits for it. Batches of the ledger
 * do not wait, and leave out an account whose turn is taken. Otherwise they would take a busy account
 * again and again, ahead of the transactions that wait for its row.
 */
export async function takeTurn(tx: Transaction, userId: string): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock(${TURN_CLASS}::int, hashint8(id)) from accounts
    where user_id = ${userId}`)
}

/** The same of an account that is known by its number. */
export async function takeTurnOf(tx: Transaction, accountId: bigint): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(${TURN_CLASS}::int, hashint8(${String(accountId)}::bigint))`,
  )
}
