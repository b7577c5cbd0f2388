import { recordAudit } from '../audit/record.ts'
import type { Transaction } from '../database/index.ts'
import { type ErasureRow, actorOf } from '../privacy/row.ts'

/** Records that a customer is erased, in the transaction that completes the erasure. */
export async function finishCustomer(tx: Transaction, row: ErasureRow): Promise<void> {
  if (row.customerId === null) return
  const metadata = { keys_revoked: row.keysRevoked, licenses_revoked: row.licensesRevoked }
  const entry = { event: 'customer.erased', subject: row.customerId, metadata } as const
  await recordAudit(tx, actorOf(row), entry)
}
