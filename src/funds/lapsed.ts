import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import type { Hold } from './posting.ts'
import { holdColumns } from './statements.ts'

/** How many expired holds one transaction ends at most. */
export const ENDED_MAX = 100

/** A sum over more holds than this is too long for a transaction that others wait for. */
export const COUNTED_MAX = 100

export interface Lapsed {
  /** By account: the sum of its expired open holds. */
  sums: Map<bigint, bigint>
  /** Accounts with more such holds than should be counted; they have no sum. */
  uncounted: Set<bigint>
  /** The oldest of these holds, up to the requested number. */
  holds: Hold[]
}

export interface LapsedLimits {
  /** Null counts all of them. */
  countedMax: number | null
  endedMax: number
}

/**
 * Expired open holds of locked accounts. They stop counting at the millisecond of their expiry, so
 * the available amount does not depend on how many of them have been ended.
 */
export async function readLapsed(
  sql: postgres.Sql,
  accountIds: readonly bigint[],
  now: Date,
  { countedMax, endedMax }: LapsedLimits,
): Promise<Lapsed> {
  const ids = array(accountIds)
  const at = now.toISOString()
  const limit = countedMax === null ? null : countedMax + 1
  const [rows, holds] = await Promise.all([
    sql<{ accountId: bigint; amount: bigint; count: bigint }[]>`
      select a.id as "accountId", sum(h.amount)::bigint as amount, count(*) as count
      from unnest(${ids}::bigint[]) as a (id)
      cross join lateral (
        select amount from holds
        where account_id = a.id and status = 'open' and expires_at <= ${at}::timestamptz
        order by expires_at limit ${limit}::bigint
      ) h
      group by a.id`,
    endedMax === 0
      ? []
      : sql<Hold[]>`
          select ${holdColumns(sql)}
          from unnest(${ids}::bigint[]) as a (id)
          cross join lateral (
            select * from holds
            where account_id = a.id and status = 'open' and expires_at <= ${at}::timestamptz
            order by expires_at limit ${endedMax}::bigint
          ) h
          limit ${endedMax}::bigint`,
  ])
  const tooMany = (row: { count: bigint }) => countedMax !== null && row.count > countedMax
  return {
    sums: new Map(rows.map((row) => [row.accountId, row.amount])),
    uncounted: new Set(rows.filter(tooMany).map((row) => row.accountId)),
    holds: [...holds],
  }
}
