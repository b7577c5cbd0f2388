import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm'
import { recordAudit } from '../../audit/record.ts'
import type { Transaction } from '../../database/index.ts'
import { type ErasureRow, type Step, actorOf } from '../../privacy/row.ts'
import { apiKeys } from './tables.ts'

async function revokeKeys(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  const { customerId } = row
  if (customerId === null) return 0
  const open = tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.customerId, customerId), isNull(apiKeys.revokedAt)))
    .limit(limit)
  const revoked = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(inArray(apiKeys.id, open))
    .returning({ id: apiKeys.id })
  if (revoked.length > 0) {
    const entries = revoked.map((key) => ({
      event: 'api_key.revoked' as const,
      subject: customerId,
      metadata: { key_id: key.id },
    }))
    await recordAudit(tx, actorOf(row), ...entries)
  }
  row.keysRevoked += revoked.length
  return revoked.length
}

async function forgetKeyDetails(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const named = tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.customerId, row.customerId),
        or(isNotNull(apiKeys.name), isNotNull(apiKeys.allowedIps)),
      ),
    )
    .limit(limit)
  const changed = await tx
    .update(apiKeys)
    .set({ name: null, allowedIps: null })
    .where(inArray(apiKeys.id, named))
    .returning({ id: apiKeys.id })
  return changed.length
}

/** The numbers are stored in the rows of running erasures. */
export const apiKeySteps: Readonly<Record<number, Step>> = { 1: revokeKeys, 2: forgetKeyDetails }
