import type postgres from 'postgres'
import { array, column } from '../../database/arrays.ts'
import type { Place } from '../operations.ts'
import type { Grant } from './grant.ts'
import { type LoggedOlder, NO_OLDER, olderOf } from './older.ts'

/** A grant as JSON without names: it comes with the rows of others, in no round trip of its own. */
export type LoggedGrant = [
  accountId: number,
  seq: number,
  transferSeq: number,
  amount: number,
  remaining: number,
  priority: number,
  category: string | null,
  status: Grant['status'],
  expiresAt: string | null,
  createdAt: string,
  closedAt: string | null,
  closedSeq: number | null,
  older: LoggedOlder | null,
]

/** @param older the older holds of an ended grant, as JSON */
export function grantJson(
  sql: postgres.Sql,
  older: postgres.PendingQuery<postgres.Row[]> = sql`null::json`,
) {
  return sql`json_build_array(g.account_id, g.seq, g.transfer_seq, g.amount, g.remaining, g.priority,
    g.category, g.status, g.expires_at, g.created_at, g.closed_at, g.closed_seq, ${older})`
}

export function grantOf(row: LoggedGrant): Grant {
  const [accountId, seq, transferSeq, amount, remaining, priority, category, status] = row
  const [, , , , , , , , expiresAt, createdAt, closedAt, closedSeq, older] = row
  return {
    accountId: BigInt(accountId),
    seq: BigInt(seq),
    transferSeq: BigInt(transferSeq),
    amount: BigInt(amount),
    remaining: BigInt(remaining),
    priority,
    category,
    status,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    createdAt: new Date(createdAt),
    closedAt: closedAt === null ? null : new Date(closedAt),
    closedSeq: closedSeq === null ? null : BigInt(closedSeq),
    older: older === null ? NO_OLDER : olderOf(older),
  }
}

/** How many older holds were counted for the grant. */
export function olderCount(row: LoggedGrant): number {
  const [, , , , , , , , , , , , older] = row
  return older?.[2] ?? 0
}

/** Of accounts that have grants, those with something left, as one value. */
export function openGrantsOf(sql: postgres.Sql, chosen: postgres.PendingQuery<postgres.Row[]>) {
  return sql`(
    select json_agg(${grantJson(sql)}) from accounts
    join grants g on g.account_id = accounts.id and g.is_open
    where ${chosen} and accounts.granted > 0
  )`
}

/** The grants that a charge took from, as one value. */
export function grantsOfCharge(sql: postgres.Sql) {
  return sql`(
    select json_agg(${grantJson(sql)}) from jsonb_array_elements(t.grants) as taken (piece)
    join grants g on g.account_id = t.account_id and g.seq = (taken.piece->>0)::bigint
  )`
}

export async function readGrants(sql: postgres.Sql, places: readonly Place[]): Promise<Grant[]> {
  const rows = await sql<{ grant: LoggedGrant }[]>`
    select ${grantJson(sql)} as grant
    from unnest(
      ${array(places.map((place) => place.accountId))}::bigint[],
      ${array(places.map((place) => place.seq))}::bigint[]
    ) as sought (account_id, seq)
    join grants g on g.account_id = sought.account_id and g.seq = sought.seq`
  return rows.map(({ grant }) => grantOf(grant))
}

/** Writes grants as they are now. */
export function writeGrants(
  sql: postgres.Sql,
  guard: postgres.PendingQuery<postgres.Row[]>,
  grants: readonly Grant[],
) {
  return sql`
    insert into grants (account_id, seq, transfer_seq, amount, remaining, priority, category, status,
      expires_at, created_at, closed_at, closed_seq, is_open)
    select new.*, new.remaining > 0 from ${guard}, unnest(
      ${column(grants, (grant) => grant.accountId)}::bigint[],
      ${column(grants, (grant) => grant.seq)}::bigint[],
      ${column(grants, (grant) => grant.transferSeq)}::bigint[],
      ${column(grants, (grant) => grant.amount)}::bigint[],
      ${column(grants, (grant) => grant.remaining)}::bigint[],
      ${column(grants, (grant) => BigInt(grant.priority))}::smallint[],
      ${column(grants, (grant) => grant.category)}::text[],
      ${column(grants, (grant) => grant.status)}::text[],
      ${column(grants, (grant) => grant.expiresAt)}::timestamptz[],
      ${column(grants, (grant) => grant.createdAt)}::timestamptz[],
      ${column(grants, (grant) => grant.closedAt)}::timestamptz[],
      ${column(grants, (grant) => grant.closedSeq)}::bigint[]
    ) as new (account_id, seq, transfer_seq, amount, remaining, priority, category, status, expires_at,
      created_at, closed_at, closed_seq)
    on conflict (account_id, seq) do update set remaining = excluded.remaining,
      status = excluded.status, closed_at = excluded.closed_at, closed_seq = excluded.closed_seq,
      is_open = excluded.is_open`
}
