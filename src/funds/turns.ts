import { sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'

/** The first of the two numbers of an advisory lock; the second stands for the account. */
export const TURN_CLASS = 5_746_107

/**
 * Comes before the lock of an account's row in every transaction that waits for it. Batches of the
 * ledger don't wait: they leave out an account whose turn is taken, and would take a busy one again and
 * again otherwise, each time past those that wait for its row.
 */
export async function takeTurn(tx: Transaction, userId: string): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock(${TURN_CLASS}::int, hashint8(id)) from accounts
    where user_id = ${userId}`)
}
