import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'

/**
 * Erases the personal values, with their salts, of records about these subjects: a customer's id, or
 * `acct_<id>` for an account. The records stay unchanged and still verify.
 * @returns how many were erased; fewer than `limit` when none is left
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
