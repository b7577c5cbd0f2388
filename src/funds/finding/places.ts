import { type SQL, sql } from 'drizzle-orm'
import { type Weight, isCut } from '../../database/page-weight.ts'
import { type ListName, cutPage, textPageRequest } from '../../http/pagination.ts'
import type { Place } from '../operations.ts'

/**
 * How many rows a page looks through for those that match what no index knows. A page may therefore have
 * fewer than it could, and still say where the next one begins.
 */
export const WALK_MAX = 5_000

/** What of a transfer is JSON. */
export const NOTES = sql`metadata, grants`

/** Where a transfer stands among all: newest first by time, and of one millisecond by its place. */
export interface TimedPlace extends Place {
  createdAt: Date
}

export interface PlacePage {
  limit: number
  /** The last of the page before; null on the first one. */
  before: TimedPlace | null
}

export interface Found<Row> {
  rows: Row[]
  /** Where the look ended before the list did; null if there is no more. */
  last: TimedPlace | null
}

/** A place in a cursor: its time in milliseconds, its account and its number. */
const PLACE = /^\d{1,14}_\d{1,18}_\d{1,18}$/

/** @throws Refusal `INVALID_CURSOR` */
export function placePage(query: { limit?: number; cursor?: string }, list: ListName): PlacePage {
  const { limit, after } = textPageRequest(query, list, PLACE)
  if (after === null) return { limit, before: null }
  const [time = '0', accountId = '0', seq = '0'] = after.split('_')
  const before = {
    createdAt: new Date(Number(time)),
    accountId: BigInt(accountId),
    seq: BigInt(seq),
  }
  return { limit, before }
}

/** The page's answer; its cursor is where the look ended, whether that row is shown or not. */
export function placeAnswer<Item>(
  { rows, last }: Found<Item>,
  list: ListName,
): { data: Item[]; next_cursor: string | null } {
  const end = last && `${last.createdAt.getTime()}_${last.accountId}_${last.seq}`
  return cutPage(rows, list, end)
}

/** Whether a page needs no look at where its walk ended: it goes on behind its last row. */
export function isFull(rows: readonly Weight[], limit: number): boolean {
  return rows.length > limit || isCut(rows)
}

/**
 * Of rows that were read with one too many, or cut for their weight: those that are shown, and where they
 * end.
 * @param walkedTo where a walk ended that stopped before the end of the list
 */
export function foundOf<Row extends TimedPlace & Weight>(
  rows: readonly Row[],
  limit: number,
  walkedTo: TimedPlace | null,
): Found<Row> {
  if (!isFull(rows, limit)) return { rows: [...rows], last: walkedTo }
  const shown = rows.slice(0, limit)
  return { rows: shown, last: shown.at(-1) ?? null }
}

/** Times as the database takes them from text. */
export function timestamp(time: Date): SQL {
  return sql`${time.toISOString()}::timestamptz`
}
