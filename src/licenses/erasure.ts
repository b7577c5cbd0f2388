import { and, eq, gt, inArray, isNull, ne } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { type ErasureRow, type Step, actorOf } from '../privacy/row.ts'
import { recordRevoked } from './issue.ts'
import { licenses } from './tables.ts'

/** The ids stay, so that issued tokens remain on the revocation list until they expire. */
async function revokeLicenses(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const now = new Date()
  const valid = tx
    .select({ id: licenses.id })
    .from(licenses)
    .where(
      and(
        eq(licenses.customerId, row.customerId),
        isNull(licenses.revokedAt),
        gt(licenses.expiresAt, now),
      ),
    )
    .limit(limit)
  const revoked = await tx
    .update(licenses)
    .set({ status: 'revoked', revokedAt: now })
    .where(inArray(licenses.id, valid))
    .returning()
  await recordRevoked(tx, actorOf(row), revoked)
  row.licensesRevoked += revoked.length
  return revoked.length
}

async function forgetLicenses(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const kept = tx
    .select({ id: licenses.id })
    .from(licenses)
    .where(and(eq(licenses.customerId, row.customerId), ne(licenses.token, '')))
    .limit(limit)
  const changed = await tx
    .update(licenses)
    .set({
      subscriptionId: null,
      features: {},
      limits: {},
      paidUntil: null,
      reason: null,
      token: '',
    })
    .where(inArray(licenses.id, kept))
    .returning({ id: licenses.id })
  return changed.length
}

/** The numbers are stored in the rows of running erasures. */
export const licenseSteps: Readonly<Record<number, Step>> = { 3: revokeLicenses, 4: forgetLicenses }
