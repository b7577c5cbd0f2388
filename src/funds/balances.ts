import type postgres from 'postgres'
import { array } from '../plugins/database/arrays.ts'
import { Refusal } from '../refusals.ts'

export interface BalanceRow {
  id: bigint
  userId: string
  asset: string
  tier: string
  status: 'active' | 'frozen' | 'closed'
  balance: bigint
  held: bigint
  creditLimit: bigint
  updatedAt: Date
}

/**
 * The balances of a batch of users in one statement, begun after they were all asked for: each shows
 * every movement that was acknowledged before. Holds whose time is over do not count.
 */
export async function readBalances(
  sql: postgres.Sql,
  userIds: readonly string[],
): Promise<PromiseSettledResult<BalanceRow>[]> {
  const rows = await sql<BalanceRow[]>`
    select id, user_id as "userId", asset, tier, status, balance,
      held - case when held = 0 then 0 else (
        select coalesce(sum(h.amount), 0)::bigint from holds h
        where h.account_id = accounts.id and h.status = 'open' and h.expires_at <= now()
      ) end as held,
      credit_limit as "creditLimit", updated_at as "updatedAt"
    from accounts
    where user_id = any(${array([...new Set(userIds)])}::text[])`
  const found = new Map(rows.map((row) => [row.userId, row]))
  return userIds.map((userId) => {
    const value = found.get(userId)
    if (value !== undefined) return { status: 'fulfilled', value }
    return { status: 'rejected', reason: new Refusal('ACCOUNT_NOT_FOUND') }
  })
}

/**
 * The balance as it stood at a time, which is that of the last transfer until then: transfers of an
 * account are never earlier than those before them, so that it is found in steps of half the range.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, or `VALIDATION_FAILED` for a time that is yet to come
 */
export async function balanceAt(sql: postgres.Sql, userId: string, at: Date): Promise<BalanceRow> {
  // The lock waits for movements under way: theirs may be an earlier time than `at`.
  const [account] = await sql<(BalanceRow & { seq: bigint; createdAt: Date; isFuture: boolean })[]>`
    select id, seq, user_id as "userId", asset, tier, status, credit_limit as "creditLimit",
      created_at as "createdAt", ${at.toISOString()}::timestamptz > clock_timestamp() as "isFuture"
    from accounts where user_id = ${userId} for share`
  if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
  if (account.isFuture) {
    const details = [{ path: '/at', message: 'is in the future' }]
    throw new Refusal('VALIDATION_FAILED', { details })
  }

  const [then] = await sql<Pick<BalanceRow, 'balance' | 'held' | 'creditLimit' | 'updatedAt'>[]>`
    with recursive search (low, high) as (
      select 0::bigint, (select seq from accounts where id = ${String(account.id)}::bigint)
      union all
      select case when t.created_at <= ${at.toISOString()}::timestamptz then t.seq else low end,
        case when t.created_at <= ${at.toISOString()}::timestamptz then high else t.seq - 1 end
      from search
      join transfers t on t.account_id = ${String(account.id)}::bigint
        and t.seq = (search.low + search.high + 1) / 2
      where search.low < search.high
    )
    select t.balance_after as balance,
      t.held_after - (
        select coalesce(sum(h.amount), 0)::bigint from holds h
        where h.account_id = t.account_id and h.seq <= t.seq
          and h.expires_at <= ${at.toISOString()}::timestamptz
          and (h.closed_at is null or h.closed_at > ${at.toISOString()}::timestamptz)
      ) as held,
      t.available_after - t.balance_after + t.held_after as "creditLimit",
      t.created_at as "updatedAt"
    from transfers t
    where t.account_id = ${String(account.id)}::bigint
      and t.seq = (select low from search where low = high)`
  const none = { balance: 0n, held: 0n, updatedAt: account.createdAt }
  return { ...account, ...none, ...then }
}
