import { setTimeout as delay } from 'node:timers/promises'
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { Refusal } from '../../refusals/index.ts'
import type { AccountRow } from '../accounts.ts'
import { accounts } from '../tables.ts'
import { PATIENCE_MS, busyAccount } from '../waiting-room.ts'
import { timestamp } from './places.ts'

const POLL_MS = 20

export type SettledAccount = Pick<AccountRow, 'id' | 'asset' | 'createdAt'> & {
  /** All the account's transfers of before this time can be read, and no other will ever be. */
  until: Date
}

/**
 * An account as it is settled until a time. A movement has its time when it is decided, and can be read
 * some milliseconds later. So a time is settled only if no movement is running, or a later one can be
 * read: times of an account's transfers never decrease.
 * @param to the time that is asked for; one to come is cut. Without it, everything that has been
 * acknowledged is before the time that is found.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, or `ACCOUNT_BUSY` for an account that stays locked
 */
export async function settledAccount(
  db: Database,
  userId: string,
  to: Date | undefined,
): Promise<SettledAccount> {
  const giveUpAt = performance.now() + PATIENCE_MS
  let until: Date | undefined
  for (;;) {
    const { now, updatedAt, ...account } = await readAccount(db, userId)
    // The account's own time is later than the clock's if that was set back.
    const latest = new Date(Math.max(now.getTime() + 1, updatedAt.getTime()))
    until ??= to !== undefined && to < latest ? to : latest
    if (updatedAt >= until) return { ...account, until }
    // Until the millisecond is over.
    if (until > now) await delay(until.getTime() - now.getTime())
    if (await isAtRest(db, userId, until)) return { ...account, until }
    if (performance.now() > giveUpAt) throw busyAccount()
    await delay(POLL_MS)
  }
}

async function readAccount(db: Database, userId: string) {
  const { id, asset, createdAt, updatedAt } = accounts
  const now = sql<Date>`date_trunc('milliseconds', clock_timestamp())`.mapWith(updatedAt)
  const [account] = await db
    .select({ id, asset, createdAt, updatedAt, now })
    .from(accounts)
    .where(eq(accounts.userId, userId))
  if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
  return account
}

/**
 * Whether the time is over and no movement is running, because such a movement could have an earlier
 * time. A movement keeps the account locked from before it reads the clock until it can be read.
 */
async function isAtRest(db: Database, userId: string, until: Date): Promise<boolean> {
  const rows = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.userId, userId), sql`${timestamp(until)} <= clock_timestamp()`))
    .for('share', { skipLocked: true })
  return rows.length > 0
}
