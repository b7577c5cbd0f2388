import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import { type Budget, rolled } from './budgets/budget.ts'
import { type LoggedBudget, budgetJson, budgetOf, lapsedOfBudget } from './budgets/statements.ts'
import { type PastPosition, readPastGrants } from './grants/past.ts'
import { type Standing, standingOf } from './grants/standing.ts'
import { olderJson } from './grants/older.ts'
import { type LoggedGrant, grantJson, grantOf, olderCount } from './grants/statements.ts'
import { Refusal } from '../refusals/index.ts'
import { SetAside } from './set-aside.ts'
import { PATIENCE_MS, busyAccount } from './waiting-room.ts'

export interface BalanceRow extends Standing {
  id: bigint
  userId: string
  asset: string
  tier: string
  status: 'active' | 'frozen' | 'closed'
  /** Without expired holds. */
  held: bigint
  creditLimit: bigint
  updatedAt: Date
  /** In their windows of now. */
  budgets: Budget[]
}

/** Fields that are unknown for that time are null. */
export type BalanceThen = Omit<BalanceRow, 'tier' | 'status' | 'creditLimit' | 'budgets'> & {
  tier: string | null
  status: BalanceRow['status'] | null
  creditLimit: bigint | null
}

/**
 * The balances of a batch of users, in one statement that begins after all of them were requested. So
 * each includes every movement that was acknowledged before. Expired holds do not count.
 * @param countedMax an account with more expired holds is `SetAside`; null counts all of them
 */
export async function readBalances(
  sql: postgres.Sql,
  userIds: readonly string[],
  countedMax: number | null,
): Promise<PromiseSettledResult<BalanceRow>[]> {
  const limit = countedMax === null ? null : countedMax + 1
  const rows = await sql<ReadRow[]>`
    select id, user_id as "userId", asset, tier, status, balance, held, l.amount as lapsed,
      credit_limit as "creditLimit", updated_at as "updatedAt",
      l.count as "lapsedCount", now() as now, case when granted > 0 then (
        select json_agg(${grantJson(sql, olderJson(sql, sql`now()`, sql`accounts.updated_at`, limit))})
        from grants g where g.account_id = accounts.id and g.is_open
      ) end as grants, case when budget_count > 0 then (
        select json_agg(${budgetJson(sql, lapsedOfBudget(sql, sql`now()`, limit))} order by b.id)
        from budgets b where b.account_id = accounts.id
      ) end as budgets, seq
    from accounts cross join lateral (
      select coalesce(sum(amount), 0)::bigint as amount, count(*) as count from (
        select h.amount from holds h
        where accounts.held > 0 and h.account_id = accounts.id
          and h.status = 'open' and h.expires_at <= now()
        order by h.expires_at limit ${limit}::bigint
      ) counted
    ) l
    where user_id = any(${array([...new Set(userIds)])}::text[])`
  const found = new Map(rows.map((row) => [row.userId, row]))
  return userIds.map((userId) => {
    const row = found.get(userId)
    if (row === undefined) return failed(new Refusal('ACCOUNT_NOT_FOUND'))
    if (countedMax !== null && isTooLong(row, countedMax)) return failed(new SetAside())
    return { status: 'fulfilled', value: balanceOf(row) }
  })
}

/** Whether the account has more holds to count than a statement may that other callers wait for. */
function isTooLong({ lapsedCount, grants }: ReadRow, countedMax: number): boolean {
  return lapsedCount > countedMax || (grants ?? []).some((one) => olderCount(one) > countedMax)
}

type ReadRow = Omit<BalanceRow, keyof Standing | 'budgets'> & {
  seq: bigint
  budgets: LoggedBudget[] | null
  balance: bigint
  lapsed: bigint
  lapsedCount: bigint
  now: Date
  grants: LoggedGrant[] | null
}

function balanceOf(row: ReadRow): BalanceRow {
  const { id, userId, asset, tier, status, balance, creditLimit, updatedAt, grants } = row
  const held = row.held - row.lapsed
  const budgets = (row.budgets ?? []).map((one) => rolled(budgetOf(one), row.now, row.seq))
  const known = { id, userId, asset, tier, status, held, creditLimit, updatedAt, budgets }
  if (grants === null) return { ...known, balance, granted: 0n, nextExpiry: null }
  return { ...known, ...standingOf(row, grants.map(grantOf), row.now) }
}

function failed(reason: Error): PromiseRejectedResult {
  return { status: 'rejected', reason }
}

const NOTHING = { balance: 0n, held: 0n, lapsed: 0n }

type Now = Omit<BalanceRow, keyof Standing | 'budgets'> & {
  seq: bigint
  createdAt: Date
  isOver: boolean
}

const POLL_MS = 20

/**
 * The balance at the end of a millisecond, which is that of the last transfer until then. Times of an
 * account's transfers never decrease, so a binary search finds it. Tier, status and credit limit come
 * from the audit log.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, `VALIDATION_FAILED` for a time that is not over, or
 * `ACCOUNT_BUSY`
 */
export async function balanceAt(sql: postgres.Sql, userId: string, at: Date): Promise<BalanceThen> {
  const account = await lockedBy(sql, userId, at)
  if (!account.isOver) {
    const details = [{ path: '/at', message: 'must be in the past' }]
    throw new Refusal('VALIDATION_FAILED', { details })
  }
  const [moved, terms] = await Promise.all([
    lastMovement(sql, account, at),
    termsAt(sql, account, at),
  ])
  const { createdAt } = account
  const position = { ...(moved ?? NOTHING), creditLimit: terms.creditLimit ?? 0n }
  const updatedAt = moved?.updatedAt ?? createdAt
  const grants = moved === undefined ? [] : await readPastGrants(sql, account.id, moved, at)
  const standing = standingOf(position, grants, at)
  const changedAt = terms.updatedAt ?? createdAt
  const { id, asset } = account
  return {
    ...terms,
    ...standing,
    id,
    userId,
    asset,
    held: position.held - position.lapsed,
    updatedAt: updatedAt > changedAt ? updatedAt : changedAt,
  }
}

/**
 * The account, under a lock that is free only when no movement is running, because such a movement
 * could get a time before `at`. It polls for the lock, because a waiting statement would make others
 * wait.
 */
async function lockedBy(sql: postgres.Sql, userId: string, at: Date): Promise<Now> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const [account] = await sql<Now[]>`
      select id, seq, user_id as "userId", asset, tier, status, credit_limit as "creditLimit",
        created_at as "createdAt", updated_at as "updatedAt",
        ${at.toISOString()}::timestamptz + interval '1 millisecond' <= clock_timestamp() as "isOver"
      from accounts where user_id = ${userId} for share skip locked`
    if (account !== undefined) return account
    const [known] = await sql`select from accounts where user_id = ${userId}`
    if (known === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
    if (performance.now() > until) throw busyAccount()
    await delay(POLL_MS)
  }
}

async function lastMovement(sql: postgres.Sql, { id }: Now, at: Date) {
  const [row] = await sql<PastPosition[]>`
    with recursive search (low, high) as (
      select 0::bigint, (select seq from accounts where id = ${String(id)}::bigint)
      union all
      select case when t.created_at <= ${at.toISOString()}::timestamptz then t.seq else low end,
        case when t.created_at <= ${at.toISOString()}::timestamptz then high else t.seq - 1 end
      from search
      join transfers t on t.account_id = ${String(id)}::bigint
        and t.seq = (search.low + search.high + 1) / 2
      where search.low < search.high
    )
    select t.seq, t.balance_after as balance, t.held_after as held, l.lapsed,
      t.created_at as "updatedAt"
    from transfers t cross join lateral (
      select coalesce(sum(h.amount), 0)::bigint as lapsed from holds h
      where h.account_id = t.account_id and h.seq <= t.seq
        and h.expires_at <= ${at.toISOString()}::timestamptz
        and (h.closed_at is null or h.closed_at > ${at.toISOString()}::timestamptz)
    ) l
    where t.account_id = ${String(id)}::bigint
      and t.seq = (select low from search where low = high)`
  return row
}

type Terms = Pick<BalanceThen, 'tier' | 'status' | 'creditLimit'> & { updatedAt: Date | null }

/** From the account's row, if nothing has changed since; otherwise from the records until then. */
async function termsAt(sql: postgres.Sql, account: Now, at: Date): Promise<Terms> {
  const { id, tier, status, creditLimit, updatedAt } = account
  if (updatedAt <= at) return { tier, status, creditLimit, updatedAt }
  const [row] = await sql<Terms[]>`
    with recorded as (
      select id, event, metadata, timestamp from audit_records
      where subject = ${`acct_${id}`} and event in ('account.created', 'account.updated')
        and timestamp <= ${at.toISOString()}::timestamptz
    )
    select last.tier, coalesce(last.status, opened.status) as status,
      coalesce(last.credit, opened.credit)::bigint as "creditLimit", last.at as "updatedAt"
    from (
      select (select metadata->>'tier' from recorded where metadata ? 'tier' order by id desc limit 1) as tier,
        (select metadata->>'status' from recorded where metadata ? 'status' order by id desc limit 1) as status,
        (select metadata->>'creditLimit' from recorded where metadata ? 'creditLimit' order by id desc limit 1) as credit,
        (select max(timestamp) from recorded where not metadata ? 'low_balance') as at
    ) last
    left join (
      select 'active' as status, '0' as credit from recorded where event = 'account.created' limit 1
    ) opened on true`
  return row ?? { tier: null, status: null, creditLimit: null, updatedAt: null }
}
