import { and, eq, sql } from 'drizzle-orm'
import { type AuditEntry, recordAudit } from '../audit/record.ts'
import { auditRecords } from '../audit/tables.ts'
import type { Writes } from './batch.ts'
import { NO_SIGNATURE } from './operations.ts'
import { grants as grantTable } from './grants/tables.ts'
import type { Grant } from './grants/grant.ts'
import type { GrantEvent } from './grants/decisions.ts'
import { grantId } from './ids.ts'
import { transfers as table } from './tables.ts'
import { array, column } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'

/** As many rows as one statement has parameters for. */
const PAGE = 1_000

/**
 * Writes transfers with their audit record, and the holds that they ended, into an erasure's
 * transaction. The ledger's own statements begin and commit a transaction themselves.
 */
export async function writeMovements(
  tx: Transaction,
  { transfers, holds, grants, grantEvents }: Writes,
): Promise<void> {
  await writeGrants(tx, grants, grantEvents)
  if (transfers.length === 0) return
  const [record] = await tx
    .insert(auditRecords)
    .values({
      accountIds: sql`${column(transfers, (transfer) => transfer.accountId)}::bigint[]`,
      transferSeqs: sql`${column(transfers, (transfer) => transfer.seq)}::bigint[]`,
    })
    .returning({ id: auditRecords.id })
  if (record === undefined) throw new Error('The movements were not recorded')
  for (let from = 0; from < transfers.length; from += PAGE) {
    const rows = transfers.slice(from, from + PAGE)
    await tx.insert(table).values(rows.map((row) => ({ ...row, auditRecordId: record.id })))
  }
  await tx.execute(sql`
    update holds set status = new.status, closed_at = new.closed_at
    from unnest(
      ${array(holds.map((hold) => hold.accountId))}::bigint[],
      ${array(holds.map((hold) => hold.seq))}::bigint[],
      ${array(holds.map((hold) => hold.status))}::text[],
      ${array(holds.map((hold) => hold.closedAt))}::timestamptz[]
    ) as new (account_id, seq, status, closed_at)
    where holds.account_id = new.account_id and holds.seq = new.seq`)
}

/** None is made in such a transaction: these are there, and something of them has gone. */
async function writeGrants(
  tx: Transaction,
  grants: readonly Grant[],
  events: readonly GrantEvent[],
): Promise<void> {
  for (const { accountId, seq, remaining, status, closedAt, closedSeq } of grants) {
    await tx
      .update(grantTable)
      .set({ remaining, status, closedAt, closedSeq, isOpen: remaining > 0n })
      .where(and(eq(grantTable.accountId, accountId), eq(grantTable.seq, seq)))
  }
  const entries = events.map(({ event, place, amount }): AuditEntry => {
    const metadata = { grant_id: grantId(place), amount: Number(amount) }
    return { event, subject: `acct_${place.accountId}`, metadata }
  })
  if (entries.length > 0) await recordAudit(tx, NO_SIGNATURE.actor, ...entries)
}
