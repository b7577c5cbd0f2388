import { type SQL, and, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { HAS_ROOM, weightOf } from '../../database/page-weight.ts'
import type { Place } from '../operations.ts'
import { holds, transfers } from '../tables.ts'
import { type Found, type PlacePage, WALK_MAX, foundOf, isFull, timestamp } from './places.ts'

export type HoldStatus = 'open' | 'captured' | 'released' | 'expired'

export interface HoldFilter {
  accountId: bigint | undefined
  status: HoldStatus | undefined
}

/** Open holds that are fewer than this are looked at all, which is less than a walk. */
const OPEN_FEW = 1_000

export type HoldRow = Awaited<ReturnType<typeof holdsAt>>[number]

/** A hold with what was said when it was made. */
export async function readHold(db: Database, { accountId, seq }: Place) {
  const [row] = await holdsAt(db, placesIn([{ accountId, seq }]))
  return row
}

/** A page of holds, newest first. Holds of one account are numbered, and all are as their transfers are. */
export async function findHolds(
  db: Database,
  filter: HoldFilter,
  page: PlacePage,
): Promise<Found<HoldRow>> {
  const places = await fewOpen(db, filter)
  if (places !== null) return foundOf(await placesQuery(db, places, page), page.limit, null)
  const walk = walkOf(filter, page)
  const rows = await holdsQuery(db, walk, filter, page)
  if (isFull(rows, page.limit) || filter.status === undefined) {
    return foundOf(rows, page.limit, null)
  }
  return foundOf(rows, page.limit, await walkEnd(db, walk))
}

export interface HoldWalk {
  /** Of an account its holds are walked along, and of all the transfers that made them. */
  isOfAccount: boolean
  along: SQL[]
}

export function walkOf({ accountId }: HoldFilter, { before }: PlacePage): HoldWalk {
  if (accountId !== undefined) {
    const along = [sql`account_id = ${String(accountId)}::bigint`]
    if (before !== null) along.push(sql`seq < ${String(before.seq)}::bigint`)
    return { isOfAccount: true, along }
  }
  const along = [sql`kind <> 'deduct' and kind = 'hold'`]
  if (before !== null) along.push(behind(before))
  return { isOfAccount: false, along }
}

const ORDER = sql`created_at desc, account_id desc, seq desc`

function behind({ createdAt, accountId, seq }: NonNullable<PlacePage['before']>): SQL {
  return sql`(created_at, account_id, seq) <
    (${timestamp(createdAt)}, ${String(accountId)}::bigint, ${String(seq)}::bigint)`
}

const lengthOf = (filter: HoldFilter, { limit }: PlacePage) =>
  filter.status === undefined ? limit + 1 : WALK_MAX

export function holdsQuery(db: Database, walk: HoldWalk, filter: HoldFilter, page: PlacePage) {
  const { status } = filter
  const places = placesOf(walk, sql`limit ${lengthOf(filter, page)}::int`)
  const wanted = status === undefined ? undefined : sql`effective_status = ${status}`
  return pageOf(db, places, wanted, page)
}

/** One hold more than the page has, unless it ends early because of long notes. */
function pageOf(db: Database, places: SQL, wanted: SQL | undefined, { limit }: PlacePage) {
  const all = holdsAt(db, places).as('all_found')
  const found = db
    .select()
    .from(all)
    .where(wanted)
    .orderBy(ORDER)
    .limit(limit + 1)
    .as('found')
  const weighed = db
    .select({ ...found._.selectedFields, ...weightOf(sql`metadata`, ORDER) })
    .from(found)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(ORDER)
}

/** The last place of a walk that goes no further; none where the list ends before. */
async function walkEnd(db: Database, walk: HoldWalk) {
  const [last = null] = await holdsAt(db, placesOf(walk, sql`offset ${WALK_MAX - 1}::int limit 1`))
  return last
}

function placesOf({ isOfAccount, along }: HoldWalk, part: SQL): SQL {
  const [table, order] = isOfAccount ? [holds, sql`seq desc`] : [transfers, ORDER]
  return sql`(
    select account_id as id, seq as number from ${table} where ${and(...along)} order by ${order} ${part}
  ) as places`
}

/**
 * The holds at some places, each looked up by its key: whatever the planner thinks of their number. One
 * past its time counts no longer, whether its end is written or not.
 * @param places a table of `id` and `number`
 */
function holdsAt(db: Database, places: SQL) {
  const key = sql`account_id = places.id and seq = places.number offset 0`
  const hold = db.select().from(holds).where(key).as('hold')
  const made = db.select().from(transfers).where(key).as('made')
  const { accountId, seq, amount, captured, expiresAt, closedAt } = hold
  const { createdAt, asset, reason, reference, metadata, idempotencyKey } = made
  const status = sql<HoldStatus>`
    case when ${hold.status} = 'open' and ${expiresAt} <= now() then 'expired' else ${hold.status} end`
  return db
    .select({
      accountId,
      seq,
      amount,
      captured,
      expiresAt,
      closedAt,
      createdAt,
      asset,
      reason,
      reference,
      metadata,
      idempotencyKey,
      status: status.as('effective_status'),
    })
    .from(places)
    .innerJoinLateral(hold, sql`true`)
    .innerJoinLateral(made, sql`true`)
}

function placesIn(places: readonly Place[]): SQL {
  const ids = `{${places.map((place) => place.accountId).join()}}`
  const seqs = `{${places.map((place) => place.seq).join()}}`
  return sql`unnest(${ids}::bigint[], ${seqs}::bigint[]) as places (id, number)`
}

/** @returns null where there are many, or others are asked for */
async function fewOpen(db: Database, { accountId, status: wanted }: HoldFilter) {
  if (wanted !== 'open' || accountId !== undefined) return null
  const places = await openQuery(db)
  return places.length > OPEN_FEW ? null : places
}

export function openQuery(db: Database) {
  return db
    .select({ accountId: holds.accountId, seq: holds.seq })
    .from(holds)
    .where(sql`${holds.status} = 'open' and ${holds.expiresAt} > now()`)
    .orderBy(holds.expiresAt)
    .limit(OPEN_FEW + 1)
}

function placesQuery(db: Database, places: readonly Place[], page: PlacePage) {
  const { before } = page
  return pageOf(db, placesIn(places), before === null ? undefined : behind(before), page)
}
