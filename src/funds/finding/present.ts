import { inArray } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import type { TransferRow } from '../accounts.ts'
import { isOwnKey } from '../operations.ts'
import { holdId, transferId } from '../ids.ts'
import { presentTransfer } from '../present.ts'
import { accounts } from '../tables.ts'
import type { HoldRow } from './holds.ts'

/** The names of accounts by id: of the user, or of the system's. */
export interface Names {
  users: Map<bigint, string>
  systems: Map<bigint, string>
  /** Those that were closed, whose transfers an erasure may not have come to yet. */
  closed: Set<bigint>
}

/** What an erasure takes from a transfer, and nobody is shown from its beginning. */
const FORGOTTEN = { reason: null, reference: null, metadata: null, idempotency_key: null }

export async function namesOf(db: Database, ids: readonly bigint[]): Promise<Names> {
  const names: Names = { users: new Map(), systems: new Map(), closed: new Set() }
  if (ids.length === 0) return names
  const { id, userId, system, status } = accounts
  const rows = await db
    .select({ id, userId, system, status })
    .from(accounts)
    .where(inArray(id, [...new Set(ids)]))
  for (const row of rows) {
    if (row.userId !== null) names.users.set(row.id, row.userId)
    if (row.system !== null) names.systems.set(row.id, row.system)
    if (row.status === 'closed') names.closed.add(row.id)
  }
  return names
}

/** Transfers of any accounts. */
export async function presentTransfers(db: Database, rows: readonly TransferRow[]) {
  const sides = rows.flatMap((row) => [row.accountId, row.debitAccountId, row.creditAccountId])
  const { users, systems, closed } = await namesOf(db, sides)
  return rows.map((row) => {
    const known = presentTransfer(row, users.get(row.accountId) ?? '', systems)
    return { ...known, ...(closed.has(row.accountId) && FORGOTTEN) }
  })
}

export async function presentHolds(db: Database, rows: readonly HoldRow[]) {
  const { users, closed } = await namesOf(
    db,
    rows.map((row) => row.accountId),
  )
  return rows.map((row) => ({
    hold_id: holdId(row),
    user_id: users.get(row.accountId) ?? '',
    asset: row.asset,
    amount: Number(row.amount),
    captured: Number(row.captured),
    status: row.status,
    transfer_id: transferId(row),
    reason: row.reason,
    reference: row.reference,
    metadata: row.metadata,
    idempotency_key: isOwnKey(row.idempotencyKey) ? null : row.idempotencyKey,
    expires_at: row.expiresAt.toISOString(),
    created_at: row.createdAt.toISOString(),
    closed_at: row.closedAt?.toISOString() ?? null,
    ...(closed.has(row.accountId) && FORGOTTEN),
  }))
}
