import { sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { timestamp } from './places.ts'

/**
 * The number of an account's last transfer before a time; 0 if there is none. Transfers of an account are
 * never earlier than those before them, so that it is found in steps of half the range.
 */
export async function lastSeqBefore(
  db: Pick<Database, 'execute'>,
  accountId: bigint,
  time: Date,
): Promise<bigint> {
  const id = sql`${String(accountId)}::bigint`
  const at = timestamp(time)
  const [row] = await db.execute<{ low: string }>(sql`
    with recursive search (low, high) as (
      select 0::bigint, (select coalesce(max(seq), 0) from transfers where account_id = ${id})
      union all
      select case when t.created_at < ${at} then t.seq else low end,
        case when t.created_at < ${at} then high else t.seq - 1 end
      from search
      join transfers t on t.account_id = ${id} and t.seq = (search.low + search.high + 1) / 2
      where search.low < search.high
    )
    select low::text as low from search where low = high`)
  return BigInt(row?.low ?? 0)
}
