import type postgres from 'postgres'
import { restAfter } from '../scheduling/pace.ts'
import { ENDED_MAX } from './lapsed.ts'
import type { LedgerBooks } from './ledger.ts'
import type { Place } from './operations.ts'

type Page = (Place & { expiresAt: Date })[]

/**
 * Ends all expired holds, in pages with rests between. Nothing waits for it: such holds do not count,
 * and every batch ends some holds of its accounts. Locked accounts are left to the next round, and
 * everything is left to another process that is already doing this.
 */
export function endLapsedHolds(
  sql: postgres.Sql,
  books: Pick<LedgerBooks, 'endOver'>,
  stopping: AbortSignal,
): Promise<void> {
  const open = sql`holds where status = 'open'`
  return endInPages(sql, open, stopping, (page) => books.endOver(sql, page))
}

/** Ends grants that have expired in the same way; what holds still need of them goes with the holds. */
export function endExpiredGrants(
  sql: postgres.Sql,
  books: Pick<LedgerBooks, 'endOver'>,
  stopping: AbortSignal,
): Promise<void> {
  const open = sql`grants where is_open and status = 'active'`
  return endInPages(sql, open, stopping, (page) => {
    const accountIds = new Set(page.map(({ accountId }) => accountId))
    return books.endOver(sql, [], [...accountIds])
  })
}

async function endInPages(
  sql: postgres.Sql,
  open: postgres.PendingQuery<postgres.Row[]>,
  stopping: AbortSignal,
  end: (page: Page) => Promise<unknown>,
): Promise<void> {
  let after = { expiresAt: new Date(0), accountId: 0n, seq: 0n }
  for (;;) {
    const page = await sql<Page>`
      select account_id as "accountId", seq, expires_at as "expiresAt" from ${open}
        and expires_at <= now() and (expires_at, account_id, seq) > (
          ${after.expiresAt.toISOString()}::timestamptz, ${String(after.accountId)}::bigint,
          ${String(after.seq)}::bigint
        )
      order by expires_at, account_id, seq limit ${ENDED_MAX}::bigint`
    const last = page.at(-1)
    if (last === undefined || stopping.aborted) return
    after = last
    const started = performance.now()
    await end(page)
    if (page.length < ENDED_MAX) return
    await restAfter(started)
  }
}
