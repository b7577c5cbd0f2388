import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import { array, column } from '../plugins/database/arrays.ts'
import type { Transaction } from '../plugins/database/index.ts'
import { commitmentsOf } from './commitments.ts'
import { accounts, transfers } from './tables.ts'

const PAGE = 1_000

/**
 * Takes what is personal out of a closed account's transfers and destroys the account's salt. What
 * stands for it in the log is kept with each transfer, because it can not be made again. A guard in
 * the database allows this change of a transfer and no other.
 */
export async function forgetTransfers(tx: Transaction, accountId: bigint): Promise<void> {
  const [account] = await tx
    .select({ salt: accounts.salt })
    .from(accounts)
    .where(eq(accounts.id, accountId))
    .for('update')
  const salt = account?.salt ?? null
  if (salt === null) return
  for (let after = 0n; ;) {
    const rows = await tx
      .select()
      .from(transfers)
      .where(
        and(
          eq(transfers.accountId, accountId),
          gt(transfers.seq, after),
          isNull(transfers.detailsCommitment),
        ),
      )
      .orderBy(asc(transfers.seq))
      .limit(PAGE)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.seq
    const made = rows.map((row) => commitmentsOf(salt, row))
    await tx.execute(sql`
      update transfers set ip = null, reason = null, reference = null, metadata = null,
        idempotency_key = ' ' || transfers.seq, fingerprint = '',
        ip_commitment = made.ip, details_commitment = made.details
      from unnest(
        ${column(rows, (row) => row.seq)}::bigint[],
        ${array(made.map(({ ip }) => ip))}::text[],
        ${array(made.map(({ details }) => details))}::text[]
      ) as made (seq, ip, details)
      where account_id = ${String(accountId)}::bigint and transfers.seq = made.seq`)
  }
  await tx.update(accounts).set({ salt: null }).where(eq(accounts.id, accountId))
}
