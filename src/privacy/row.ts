import type { Actor } from '../audit/record.ts'
import type { Transaction } from '../database/index.ts'
import type { erasures } from './tables.ts'

export type ErasureRow = typeof erasures.$inferSelect

/**
 * Does a part of an erasure, and notes in its row where it has come to and what the record will say.
 * @returns how many rows it has done: fewer than `limit` when nothing is left
 */
export type Step = (tx: Transaction, row: ErasureRow, limit: number) => Promise<number>

/** Whoever asked for it. */
export function actorOf({ actor, ip }: Pick<ErasureRow, 'actor' | 'ip'>): Actor {
  return { id: actor, ip }
}

/** What the audit log calls a customer, or the account of a user. */
export function subjectOf(
  whom: { customerId: string; accountId: null } | { customerId: null; accountId: bigint },
): string {
  return whom.customerId ?? `acct_${whom.accountId}`
}
