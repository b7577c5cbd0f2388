import { eq, sql } from 'drizzle-orm'
import { forgetTransfers } from '../funds/forget.ts'
import type { Database, Transaction } from '../plugins/database/index.ts'
import { auditPersonal } from './tables.ts'

/**
 * Erases the personal values, and their salts, of every record about a subject: a customer's id, or
 * `acct_<id>` for an account, whose transfers lose reason, reference, metadata, key and address too.
 * The records stay as they are and verify. An account must be `closed` before.
 */
export async function forgetPersonal(tx: Transaction, subject: string): Promise<void> {
  await tx.delete(auditPersonal).where(eq(auditPersonal.subject, subject))
  const account = /^acct_(\d+)$/.exec(subject)
  if (account !== null) await forgetTransfers(tx, BigInt(account[1] ?? 0))
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
