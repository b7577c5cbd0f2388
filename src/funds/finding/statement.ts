import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { HAS_ROOM, weightOf } from '../../database/page-weight.ts'
import type { TransferRow } from '../accounts.ts'
import { EFFECTS } from '../posting.ts'
import { transfers } from '../tables.ts'
import { lastSeqBefore } from './bounds.ts'
import { NOTES } from './places.ts'
import { settledAccount } from './settled.ts'

/** How many transfers are read at once. */
const PAGE = 500

/**
 * What a statement is about, fixed when it begins. All movements before `to` are on it, and no others:
 * the next statement, from then on, has the rest.
 */
export interface StatementRange {
  accountId: bigint
  userId: string
  asset: string
  from: Date
  to: Date
  /** The balances right before the first movement and right after the last one. */
  opening: bigint
  closing: bigint
  /** The number of the transfer before the first, and of the last one. */
  after: bigint
  last: bigint
}

/**
 * By the numbers of the account's transfers, which are never changed and have no gaps: opening and movements
 * are the closing balance, whatever moves while they are read.
 * @throws Refusal `ACCOUNT_NOT_FOUND` or `ACCOUNT_BUSY`
 */
export async function statementRange(
  db: Database,
  userId: string,
  { from, to }: { from: Date | undefined; to: Date | undefined },
): Promise<StatementRange> {
  const { id, asset, createdAt, until } = await settledAccount(db, userId, to)
  const [after, last] = await Promise.all([
    from === undefined ? 0n : lastSeqBefore(db, id, from),
    lastSeqBefore(db, id, until),
  ])
  const first = after < last ? after : last
  const [opening, closing] = await Promise.all([
    balanceAfter(db, id, first),
    balanceAfter(db, id, last),
  ])
  return {
    accountId: id,
    userId,
    asset,
    from: from ?? createdAt,
    to: until,
    opening,
    closing,
    after: first,
    last,
  }
}

async function balanceAfter(db: Database, accountId: bigint, seq: bigint): Promise<bigint> {
  if (seq === 0n) return 0n
  const [row] = await db
    .select({ balance: transfers.balanceAfter })
    .from(transfers)
    .where(and(eq(transfers.accountId, accountId), eq(transfers.seq, seq)))
  if (row === undefined) throw new Error('A transfer of the account is missing')
  return row.balance
}

type Range = Pick<StatementRange, 'accountId' | 'after' | 'last'>

/** The movements of a statement, oldest first, page by page. */
export async function* movementsOf(
  db: Database,
  range: Range,
): AsyncGenerator<TransferRow[], void, undefined> {
  for await (const rows of transfersOf(db, range)) {
    // Holds and their ends move nothing.
    const moving = rows.filter((row) => signedAmount(row) !== 0n)
    if (moving.length > 0) yield moving
  }
}

/**
 * Transfers of an account, oldest first, page by page; no connection is kept in between.
 * @param range with `last: null`, all that there are by then
 */
export async function* transfersOf(
  db: Database,
  { accountId, after, last }: Omit<Range, 'last'> & { last: bigint | null },
): AsyncGenerator<TransferRow[], void, undefined> {
  let limit = PAGE
  for (let done = after; done !== last;) {
    const rows = await pageOf(db, { accountId, after: done, last }, limit)
    const end = rows.at(-1)
    if (end === undefined) return
    yield rows
    done = end.seq
    // Of long notes, no more are looked at than the next page may have.
    limit = Math.min(PAGE, 2 * rows.length)
  }
}

function pageOf(
  db: Database,
  { accountId, after, last }: Omit<Range, 'last'> & { last: bigint | null },
  limit: number,
): Promise<TransferRow[]> {
  const page = db
    .select()
    .from(transfers)
    .where(
      and(
        eq(transfers.accountId, accountId),
        gt(transfers.seq, after),
        last === null ? undefined : lte(transfers.seq, last),
      ),
    )
    .orderBy(asc(transfers.seq))
    .limit(limit)
    .as('page')
  const weighed = db
    .select({ ...page._.selectedFields, ...weightOf(NOTES, sql`seq`) })
    .from(page)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(asc(weighed.seq))
}

/** What a transfer did to the balance. */
export function signedAmount(row: TransferRow): bigint {
  if (EFFECTS[row.kind].balance === 0n) return 0n
  return row.creditAccountId === row.accountId ? row.amount : -row.amount
}
