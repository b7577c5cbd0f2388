import type postgres from 'postgres'
import { restAfter } from '../scheduling/pace.ts'
import { ENDED_MAX } from './lapsed.ts'
import type { LedgerBooks } from './ledger.ts'
import type { Place } from './operations.ts'

/**
 * Ends all expired holds, in pages with rests between. Nothing waits for it: such holds do not count,
 * and every batch ends some holds of its accounts. Locked accounts are left to the next round, and
 * everything is left to another process that is already doing this.
 */
export async function endLapsedHolds(
  sql: postgres.Sql,
  books: Pick<LedgerBooks, 'endOver'>,
  stopping: AbortSignal,
): Promise<void> {
  let after = { expiresAt: new Date(0), accountId: 0n, seq: 0n }
  for (;;) {
    const page = await sql<(Place & { expiresAt: Date })[]>`
      select account_id as "accountId", seq, expires_at as "expiresAt" from holds
      where status = 'open' and expires_at <= now() and (expires_at, account_id, seq) > (
        ${after.expiresAt.toISOString()}::timestamptz, ${String(after.accountId)}::bigint,
        ${String(after.seq)}::bigint
      )
      order by expires_at, account_id, seq limit ${ENDED_MAX}::bigint`
    const last = page.at(-1)
    if (last === undefined || stopping.aborted) return
    after = last
    const started = performance.now()
    await books.endOver(sql, page)
    if (page.length < ENDED_MAX) return
    await restAfter(started)
  }
}

/** Ends grants that have expired in the same way; what holds still need of them goes with the holds. */
export async function endExpiredGrants(
  sql: postgres.Sql,
  books: Pick<LedgerBooks, 'endOver'>,
  stopping: AbortSignal,
): Promise<void> {
  let after = { expiresAt: new Date(0), accountId: 0n, seq: 0n }
  for (;;) {
    const page = await sql<(Place & { expiresAt: Date })[]>`
      select account_id as "accountId", seq, expires_at as "expiresAt" from grants
      where is_open and status = 'active' and expires_at <= now()
        and (expires_at, account_id, seq) > (
          ${after.expiresAt.toISOString()}::timestamptz, ${String(after.accountId)}::bigint,
          ${String(after.seq)}::bigint
        )
      order by expires_at, account_id, seq limit ${ENDED_MAX}::bigint`
    const last = page.at(-1)
    if (last === undefined || stopping.aborted) return
    after = last
    const started = performance.now()
    const accountIds = new Set(page.map(({ accountId }) => accountId))
    await books.endOver(sql, [], [...accountIds])
    if (page.length < ENDED_MAX) return
    await restAfter(started)
  }
}
