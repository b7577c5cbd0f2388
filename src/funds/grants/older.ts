import type postgres from 'postgres'
import { array } from '../../database/arrays.ts'

/** Open holds that were made before a grant ended: only for them the rest of the grant is kept. */
export interface Older {
  /** The sum of those that have not expired. */
  open: bigint
  /** The sum of those that have expired since the account was last written. */
  over: bigint
}

export const NO_OLDER: Older = { open: 0n, over: 0n }

/** The two sums as JSON, and the number of holds in them. */
export type LoggedOlder = [open: number, over: number, count: number]

/**
 * The older holds of a grant `g` that has ended; null for other grants.
 * @param since when the account was last written
 * @param limit how many of them are looked at
 */
export function olderJson(
  sql: postgres.Sql,
  at: postgres.PendingQuery<postgres.Row[]>,
  since: postgres.PendingQuery<postgres.Row[]>,
  limit: number | null,
) {
  return sql`case when g.closed_at is not null then (
    select json_build_array(
      coalesce(sum(o.amount) filter (where o.expires_at > ${at}), 0),
      coalesce(sum(o.amount) filter (where o.expires_at <= ${at} and o.expires_at > ${since}), 0),
      count(*))
    from (
      select h.amount, h.expires_at from holds h
      where h.account_id = g.account_id and h.status = 'open'
        and (g.closed_seq is null or h.seq <= g.closed_seq)
      limit ${limit}::bigint
    ) o
  ) end`
}

/**
 * The same for all ended grants of these accounts with something left. The accounts must be locked.
 */
export async function readOlder(
  sql: postgres.Sql,
  accountIds: readonly bigint[],
  now: Date,
  countedMax: number | null,
): Promise<{ accountId: bigint; seq: bigint; older: LoggedOlder }[]> {
  const at = sql`${now.toISOString()}::timestamptz`
  const limit = countedMax === null ? null : countedMax + 1
  return sql<{ accountId: bigint; seq: bigint; older: LoggedOlder }[]>`
    select g.account_id as "accountId", g.seq,
      ${olderJson(sql, at, sql`a.updated_at`, limit)} as older
    from accounts a join grants g on g.account_id = a.id and g.is_open and g.closed_at is not null
    where a.id = any(${array(accountIds)}::bigint[])`
}

export function olderOf([open, over]: LoggedOlder): Older {
  return { open: BigInt(open), over: BigInt(over) }
}
