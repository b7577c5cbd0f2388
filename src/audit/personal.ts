import { sql } from 'drizzle-orm'
import { array } from '../plugins/database/arrays.ts'
import type { Database, Transaction } from '../plugins/database/index.ts'

/**
 * Erases personal values, and their salts, of records about these subjects: a customer's id, or
 * `acct_<id>` for an account. The records stay as they are and verify.
 * @returns how many; fewer than `limit` when none is left
 */
export async function forgetPersonal(
  tx: Transaction,
  subjects: readonly string[],
  limit: number,
): Promise<number> {
  const gone = await tx.execute(sql`
    delete from audit_personal where commitment in (
      select commitment from audit_personal where subject = any(${array(subjects)}::text[])
      limit ${limit}
    )
    returning 1 as one`)
  return gone.length
}

/** Long enough to look into an attack; no customer's erasure ever comes to these addresses. */
const STRANGERS_DAYS = 90

/**
 * Erases the addresses of failed authentication that is older than 90 days. The records stay as they
 * are and verify.
 * @returns how many
 */
export async function forgetStrangers(db: Pick<Database, 'execute'>): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    with gone as (
      delete from audit_personal p using audit_records r
      where r.event = 'auth.failed' and r.subject = p.subject and r.ip = p.commitment
        and r.timestamp < now() - make_interval(days => ${STRANGERS_DAYS}::int)
      returning 1
    )
    select count(*)::int as count from gone`)
  return row?.count ?? 0
}
