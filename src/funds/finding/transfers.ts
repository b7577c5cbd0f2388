import { type SQL, and, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { HAS_ROOM, weightOf } from '../../database/page-weight.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { TransferRow } from '../accounts.ts'
import type { Place } from '../operations.ts'
import type { TransferKind } from '../posting.ts'
import { transfers } from '../tables.ts'
import { lastSeqBefore } from './bounds.ts'
import {
  type Found,
  NOTES,
  type PlacePage,
  WALK_MAX,
  foundOf,
  isFull,
  timestamp,
} from './places.ts'

export interface TransferFilter {
  /** One transfer alone. */
  place?: Place | undefined
  accountId: bigint | undefined
  reference: string | undefined
  reason: string | undefined
  kind: TransferKind | undefined
  idempotencyKey: string | undefined
  /** From this time on. */
  from: Date | undefined
  /** Before this time. */
  to: Date | undefined
}

/** One index gives the order and the rarest of what is asked for; the rest is looked at in its rows. */
export interface Way {
  along: SQL[]
  besides: SQL[]
  /** That a hash in the index is of the text that was asked for: as good as always. */
  checks: SQL[]
  order: SQL
}

const BY_TIME = sql`created_at desc, account_id desc, seq desc`
const BY_SEQ = sql`seq desc`

/** A page of transfers, newest first: of all accounts, or of one. */
export async function findTransfers(
  db: Database,
  filter: TransferFilter,
  page: PlacePage,
): Promise<Found<TransferRow>> {
  const way = await wayOf(db, filter, page)
  const rows = await pageQuery(db, way, page)
  const isKnown = way.besides.length + way.checks.length === 0
  if (isFull(rows, page.limit) || isKnown) return foundOf(rows, page.limit, null)
  const [walkedTo = null] = await endQuery(db, way, page)
  return foundOf(rows, page.limit, walkedTo)
}

/** A page of an account's transfers, newest first. */
export async function listTransfers(
  db: Database,
  accountId: bigint,
  { limit, before }: PageRequest,
): Promise<{ rows: TransferRow[]; next: bigint | null }> {
  const along = [sql`account_id = ${String(accountId)}::bigint`]
  if (before !== null) along.push(sql`seq < ${String(before)}::bigint`)
  const way = { along, besides: [], checks: [], order: BY_SEQ }
  const { rows, last } = foundOf(await pageQuery(db, way, { limit, before: null }), limit, null)
  return { rows, next: last?.seq ?? null }
}

const lengthOf = ({ besides }: Way, { limit }: PlacePage) =>
  besides.length === 0 ? limit + 1 : WALK_MAX

/** One row more than the page has, unless it ends early because of long notes. */
export function pageQuery(db: Database, way: Way, page: PlacePage) {
  const { along, besides, checks, order } = way
  const walked = db
    .select()
    .from(transfers)
    .where(and(...along))
    .orderBy(order)
    .limit(lengthOf(way, page))
    .as('walked')
  const found = db
    .select()
    .from(walked)
    .where(and(...checks, ...besides))
    .orderBy(order)
    .limit(page.limit + 1)
    .as('found')
  const weighed = db
    .select({ ...found._.selectedFields, ...weightOf(NOTES, order) })
    .from(found)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(order)
}

/** The last row of a walk that goes no further; none where the list ends before. */
export function endQuery(db: Database, way: Way, page: PlacePage) {
  const { along, order } = way
  const { createdAt, accountId, seq } = transfers
  return db
    .select({ createdAt, accountId, seq })
    .from(transfers)
    .where(and(...along))
    .orderBy(order)
    .offset(lengthOf(way, page) - 1)
    .limit(1)
}

/** What is first here, of what is asked for, is walked along. */
export async function wayOf(
  db: Database,
  filter: TransferFilter,
  { before }: PlacePage,
): Promise<Way> {
  const { place, accountId, reference, reason, kind, idempotencyKey, from, to } = filter
  const account = accountId === undefined ? [] : [sql`account_id = ${String(accountId)}::bigint`]
  const isCharge = kind === 'deduct'
  const terms: Term[] = [
    ...(place === undefined ? [] : [placeTerm(place)]),
    ...(idempotencyKey === undefined
      ? []
      : [textTerm('idempotency_key', idempotencyKey, sql`not starts_with(idempotency_key, ' ')`)]),
    ...(reference === undefined
      ? []
      : [textTerm('reference', reference, sql`reference is not null`)]),
    ...account.map((walk) => ({ walk, is: walk })),
    ...(kind === undefined || isCharge
      ? []
      : [{ walk: sql`kind <> 'deduct' and kind = ${kind}`, is: sql`kind = ${kind}` }]),
    ...(reason === undefined ? [] : [textTerm('reason', reason, sql`reason is not null`)]),
  ]
  const [chosen, ...others] = terms
  const first = chosen?.walk
  const checks = chosen?.check === undefined ? [] : [chosen.check]
  const besides = [...others.map(({ is }) => is), ...(isCharge ? [sql`kind = 'deduct'`] : [])]
  if (accountId !== undefined && first === account[0]) {
    const range = await seqRange(db, accountId, { from, to })
    const last = before === null ? [] : [sql`seq < ${String(before.seq)}::bigint`]
    return { along: [...account, ...range, ...last], besides, checks, order: BY_SEQ }
  }
  const along = [
    ...(first === undefined ? [] : [first]),
    ...(from === undefined ? [] : [sql`created_at >= ${timestamp(from)}`]),
    ...(to === undefined ? [] : [sql`created_at < ${timestamp(to)}`]),
  ]
  if (before !== null) {
    const { createdAt, accountId: id, seq } = before
    along.push(sql`(created_at, account_id, seq) <
      (${timestamp(createdAt)}, ${String(id)}::bigint, ${String(seq)}::bigint)`)
  }
  return { along, besides, checks, order: BY_TIME }
}

/** Times of one account as numbers of its transfers. */
async function seqRange(
  db: Database,
  accountId: bigint,
  { from, to }: Pick<TransferFilter, 'from' | 'to'>,
): Promise<SQL[]> {
  const before = (time: Date | undefined) => time && lastSeqBefore(db, accountId, time)
  const [first, last] = await Promise.all([before(from), before(to)])
  return [
    ...(first === undefined ? [] : [sql`seq > ${String(first)}::bigint`]),
    ...(last === undefined ? [] : [sql`seq <= ${String(last)}::bigint`]),
  ]
}

interface Term {
  /** For an index, as that has it. */
  walk: SQL
  /** Of the rows that are walked along: that it is what was asked for. */
  check?: SQL
  /** Of any row. */
  is: SQL
}

/** By the primary key. */
function placeTerm({ accountId, seq }: Place): Term {
  const is = sql`account_id = ${String(accountId)}::bigint and seq = ${String(seq)}::bigint`
  return { walk: is, is }
}

/** By the hash that is in the index. The text itself would lead the planner to think it much rarer. */
function textTerm(
  column: 'idempotency_key' | 'reason' | 'reference',
  value: string,
  has: SQL,
): Term {
  const name = sql.raw(column)
  const is = sql`${name} = ${value}`
  const hashed = sql`hashtextextended(${name}, 0) = hashtextextended(${value}::text, 0)`
  return { walk: sql`${has} and ${hashed}`, check: is, is }
}
