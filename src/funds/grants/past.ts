import type postgres from 'postgres'
import type { Grant } from './grant.ts'
import type { Position } from './standing.ts'
import { type LoggedGrant, grantJson, grantOf } from './statements.ts'

/** An account right after its last transfer until a time, but for what it might owe. */
export type PastPosition = Omit<Position, 'creditLimit'> & { seq: bigint; updatedAt: Date }

/**
 * An account's grants with something left right after a transfer: what remains of them now, without what
 * has moved since. What had ended by then had been written with that transfer or one before.
 * @param at the time that is asked for, until which nothing more was moved
 */
export async function readPastGrants(
  sql: postgres.Sql,
  accountId: bigint,
  { seq, updatedAt }: PastPosition,
  at: Date,
): Promise<Grant[]> {
  const id = sql`${String(accountId)}::bigint`
  const [last, time] = [sql`${String(seq)}::bigint`, sql`${at.toISOString()}::timestamptz`]
  const since = sql`${updatedAt.toISOString()}::timestamptz`
  // The holds as they were then: without those made since, and with those that have ended since.
  const older = sql`(
    select json_build_array(
      coalesce(sum(h.amount) filter (where h.expires_at > ${time}), 0),
      coalesce(sum(h.amount) filter (where h.expires_at <= ${time} and h.expires_at > ${since}), 0),
      count(*))
    from holds h where h.account_id = ${id} and h.seq <= least(g.closed_seq, ${last})
      and (h.closed_at is null or h.closed_at > ${time})
  )`
  const rows = await sql<{ grant: LoggedGrant }[]>`
    with since as (
      select (taken.piece->>0)::bigint as seq,
        sum(case when t.kind in ('grant', 'refund') then -1 else 1 end * (taken.piece->>1)::bigint) as amount
      from transfers t cross join lateral jsonb_array_elements(t.grants) as taken (piece)
      where t.account_id = ${id} and t.seq > ${last} and t.grants is not null
      group by 1
    ),
    past as (
      select g.account_id, g.seq, g.transfer_seq, g.amount, g.priority, g.category, g.status, g.expires_at,
        g.created_at, g.closed_at, g.closed_seq, (g.remaining + coalesce(since.amount, 0))::bigint as remaining
      from grants g left join since using (seq)
      where g.account_id = ${id} and g.transfer_seq <= ${last}
    )
    select ${grantJson(sql, older)} as grant from past g where g.remaining > 0`
  return rows.map(({ grant }) => asOf(grantOf(grant), updatedAt, at))
}

function asOf(grant: Grant, updatedAt: Date, at: Date): Grant {
  const { status, expiresAt, closedAt } = grant
  if (status === 'voided' && closedAt !== null && closedAt <= at) return grant
  if (expiresAt !== null && expiresAt <= updatedAt) {
    return { ...grant, status: 'expired', closedAt: expiresAt }
  }
  return { ...grant, status: 'active', closedAt: null }
}
