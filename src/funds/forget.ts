import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import { array, column } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'
import { commitmentsOf } from './commitments.ts'
import { grants } from './grants/tables.ts'
import { accounts, transfers } from './tables.ts'

const PAGE = 500

/**
 * Takes what is personal out of a page of a closed account's transfers, and of the grants they made. What stands for it in the log is
 * kept with each transfer, because it can not be made again once the salt is gone: until then a record
 * verifies whether its transfer has been forgotten or not. A guard in the database allows this change of
 * a transfer, once, and no other.
 * @param after the `seq` of the last transfer that is done
 * @returns the `seq`s of the page; fewer than `limit` on the last page
 */
export async function forgetTransfers(
  tx: Transaction,
  accountId: bigint,
  { after, limit }: { after: bigint; limit: number },
): Promise<bigint[]> {
  const [account] = await tx
    .select({ salt: accounts.salt })
    .from(accounts)
    .where(eq(accounts.id, accountId))
  const salt = account?.salt ?? null
  if (salt === null) return []
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
    .limit(limit)
  await tx
    .update(grants)
    .set({ category: null })
    .where(
      and(
        eq(grants.accountId, accountId),
        inArray(
          grants.transferSeq,
          rows.map(({ seq }) => seq),
        ),
      ),
    )
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
  return rows.map(({ seq }) => seq)
}

/**
 * Clears those transfers of a closed account that were added after the others were cleared, and
 * destroys its salt. The caller must have locked the account, so that no further transfer uses the
 * salt meanwhile.
 */
export async function forgetSalt(tx: Transaction, accountId: bigint): Promise<void> {
  let after = 0n
  for (let isLast = false; !isLast;) {
    const seqs = await forgetTransfers(tx, accountId, { after, limit: PAGE })
    after = seqs.at(-1) ?? after
    isLast = seqs.length < PAGE
  }
  await tx.update(accounts).set({ salt: null }).where(eq(accounts.id, accountId))
}
