import { eq } from 'drizzle-orm'
import { forgetTransfers } from '../funds/forget.ts'
import type { Transaction } from '../plugins/database/index.ts'
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
