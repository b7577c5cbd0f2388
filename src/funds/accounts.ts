import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../database/index.ts'
import { isUserErasing } from '../privacy/under-way.ts'
import { Refusal } from '../refusals/index.ts'
import type { Place } from './operations.ts'
import { settleAccount, tellOfFalls } from './empty-account.ts'
import { lapsedOf } from './standing.ts'
import { SYSTEM_ACCOUNTS, available, isBeyondLimit } from './posting.ts'
import { accounts, transfers } from './tables.ts'
import { takeTurn } from './turns.ts'

export type AccountRow = typeof accounts.$inferSelect
export type TransferRow = typeof transfers.$inferSelect

/**
 * Opens a user's account; repeating the call changes nothing.
 * @throws Refusal `ACCOUNT_EXISTS` when the user's account has another tier or asset, or
 * `ERASURE_IN_PROGRESS` while the user's earlier account is being erased
 */
export function openAccount(
  db: Database,
  actor: Actor,
  wanted: { userId: string; tier: string; asset: string },
): Promise<{ account: AccountRow; created: boolean }> {
  return db.transaction(async (tx) => {
    const [created] = await tx
      .insert(accounts)
      .values(wanted)
      .onConflictDoNothing({ target: accounts.userId })
      .returning()
    if (created === undefined) {
      const account = await getAccount(tx, wanted.userId)
      const same = account.tier === wanted.tier && account.asset === wanted.asset
      if (!same) throw new Refusal('ACCOUNT_EXISTS')
      return { account, created: false }
    }
    // Checked after the insert, which waits for an erasure that is just beginning.
    if (await isUserErasing(tx, wanted.userId)) throw new Refusal('ERASURE_IN_PROGRESS')
    await tx
      .insert(accounts)
      .values(SYSTEM_ACCOUNTS.map((system) => ({ system, asset: wanted.asset })))
      .onConflictDoNothing({ target: [accounts.system, accounts.asset] })
    await recordAudit(tx, actor, {
      event: 'account.created',
      subject: accountSubject(created),
      metadata: { tier: wanted.tier, asset: wanted.asset },
    })
    return { account: created, created: true }
  })
}

/** The audit log's name for an account: our own id, because a user's id may be personal data. */
export function accountSubject(account: { id: bigint }): string {
  return `acct_${account.id}`
}

/** The user of the account with this name in the log; undefined if there is none. */
export async function userOf(
  db: Pick<Database, 'select'>,
  subject: string,
): Promise<string | undefined> {
  const [, id] = /^acct_([1-9]\d{0,17})$/.exec(subject) ?? []
  if (id === undefined) return undefined
  const [account] = await db
    .select({ userId: accounts.userId })
    .from(accounts)
    .where(eq(accounts.id, BigInt(id)))
  return account?.userId ?? undefined
}

/** @throws Refusal `ACCOUNT_NOT_FOUND` */
export async function getAccount(
  db: Pick<Database, 'select'>,
  userId: string,
): Promise<AccountRow> {
  const account = await accountOfUser(db, userId)
  if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
  return account
}

/**
 * Comes first in every transaction that stores or records something about an account and does not
 * change it. Until the commit, an erasure waits to close the account; after an erasure the account is
 * unknown.
 * @throws Refusal `ACCOUNT_NOT_FOUND`
 */
export async function keepAccount(tx: Transaction, userId: string): Promise<AccountRow> {
  await takeTurn(tx, userId)
  const [account] = await tx
    .select()
    .from(accounts)
    .where(eq(accounts.userId, userId))
    .for('key share')
  if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
  return account
}

export async function accountOfUser(
  db: Pick<Database, 'select'>,
  userId: string,
): Promise<AccountRow | undefined> {
  const [account] = await db.select().from(accounts).where(eq(accounts.userId, userId))
  return account
}

/**
 * Changes the given fields. A low-balance mark counts from now on, and is reported when the balance
 * next falls below it.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, `CREDIT_LIMIT_IN_USE` for a limit below what is owed, or
 * `BALANCE_LIMIT` for one that exceeds 2^53 - 1 together with the balance
 */
export function updateAccount(
  db: Database,
  actor: Actor,
  userId: string,
  changes: Partial<Pick<AccountRow, 'tier' | 'status' | 'creditLimit' | 'lowBalanceAt'>> & {
    /** Clears the flag. */
    chargedBack?: false
  },
): Promise<AccountRow> {
  return db.transaction(async (tx) => {
    await takeTurn(tx, userId)
    const [locked] = await tx
      .select()
      .from(accounts)
      .where(eq(accounts.userId, userId))
      .for('update')
    if (locked === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
    // What has expired must not stand for what is owed.
    const { account: before, at, falls } = await settleAccount(tx, locked)
    await tellOfFalls(tx, falls)
    const lapsed = await lapsedOf(tx, before, at ?? undefined)
    const after = { ...before, ...changes, lapsed }
    if (changes.creditLimit !== undefined && isBeyondLimit(after)) {
      throw new Refusal('BALANCE_LIMIT')
    }
    if (!after.chargedBack && available(after) < 0n) {
      throw new Refusal(
        changes.chargedBack === false ? 'BALANCE_BELOW_FLOOR' : 'CREDIT_LIMIT_IN_USE',
      )
    }
    const time = at === null ? sql`clock_timestamp()` : sql`${at.toISOString()}::timestamptz`
    const isLow = after.lowBalanceAt !== null && after.balance < after.lowBalanceAt
    const [row] = await tx
      .update(accounts)
      // The time never goes back, because transfers are ordered by it. Nor is it later than the
      // time up to which holds that end by time alone have been counted.
      .set({ ...changes, lapsed, isLow, updatedAt: sql`greatest(${time}, updated_at)` })
      .where(eq(accounts.id, before.id))
      .returning()
    if (row === undefined) throw new Error('The account was not updated')
    const changed = Object.entries(changes).map(([field, value]) => [field, String(value)])
    await recordAudit(tx, actor, {
      event: 'account.updated',
      subject: accountSubject(row),
      // Needed to tell what the account was at a given time.
      timestamp: row.updatedAt,
      metadata: Object.fromEntries(changed),
    })
    return row
  })
}

/** @throws Refusal `TRANSFER_NOT_FOUND` */
export async function getTransfer(
  db: Pick<Database, 'select'>,
  { accountId, seq }: Place,
): Promise<TransferRow> {
  const [row] = await db
    .select()
    .from(transfers)
    .where(and(eq(transfers.accountId, accountId), eq(transfers.seq, seq)))
  if (row === undefined) throw new Refusal('TRANSFER_NOT_FOUND')
  return row
}

/** The names of system accounts by id, such as `revenue`. */
export async function systemAccountNames(
  db: Database,
  ids: readonly bigint[],
): Promise<Map<bigint, string>> {
  const rows = await db
    .select({ id: accounts.id, system: accounts.system })
    .from(accounts)
    .where(and(inArray(accounts.id, [...new Set(ids)]), isNotNull(accounts.system)))
  return new Map(rows.map((row) => [row.id, row.system ?? '']))
}
