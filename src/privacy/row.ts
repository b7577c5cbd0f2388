import type { Actor } from '../audit/record.ts'
import type { Transaction } from '../database/index.ts'
import type { erasures } from './tables.ts'

export type ErasureRow = typeof erasures.$inferSelect

/**
 * Does a part of an erasure, and notes in its row the position reached and what the record will say.
 * @returns how many rows it has handled: fewer than `limit` when none is left
 */
export type Step = (tx: Transaction, row: ErasureRow, limit: number) => Promise<number>

/** The caller who asked for the erasure. */
export function actorOf({ actor, ip }: Pick<ErasureRow, 'actor' | 'ip'>): Actor {
  return { id: actor, ip }
}

/** The audit log's subject for a customer, or for a user's account. */
export function subjectOf(
  whom: { customerId: string; accountId: null } | { customerId: null; accountId: bigint },
): string {
  return whom.customerId ?? `acct_${whom.accountId}`
}
