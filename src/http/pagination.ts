import { createHash } from 'node:crypto'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Refusal } from '../refusals/index.ts'

const CHECK_BYTES = 9

const CURSOR = 'ZcMdqyTFU93eMTA0Mg'

export const PageQuery = {
  // Optional, because a default alone would be a required parameter in generated clients.
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'The `next_cursor` of the previous page.',
      examples: [CURSOR],
    }),
  ),
}

export function pageOf<T extends TSchema>(item: T, $id: string) {
  return Type.Object(
    {
      data: Type.Array(item),
      next_cursor: Type.Union([Type.String({ examples: [CURSOR] }), Type.Null()], {
        description:
          'Send it as `cursor`, with the same filters, for the next page; null on the last page.',
      }),
    },
    { $id },
  )
}

/** A list and its filters: a cursor is valid only for the same list with the same filters. */
export type ListName = readonly (string | null | undefined)[]

export interface PageRequest {
  limit: number
  /** Rows come before this `seq`, newest first; null on the first page. */
  before: bigint | null
}

/** @throws Refusal `INVALID_CURSOR` for an edited cursor, or one of another list or other filters */
export function pageRequest(
  query: { limit?: number; cursor?: string },
  list: ListName,
): PageRequest {
  const { limit, after } = textPageRequest(query, list, NUMBER)
  return { limit, before: after === null ? null : BigInt(after) }
}

/**
 * The page's answer from up to `limit + 1` rows: the extra row shows that there is a next page.
 * @param isShort whether there is one although the rows are fewer
 */
export function pageAnswer<Row extends { seq: bigint }, Item>(
  rows: readonly Row[],
  page: PageRequest,
  list: ListName,
  present: (row: Row) => Item,
  isShort = false,
): { data: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const more = (isShort || rows.length > page.limit) && last !== undefined
  return {
    data: shown.map(present),
    next_cursor: more ? encodeCursor(list, String(last.seq)) : null,
  }
}

/** A place in a list that is ordered by a number; any of these fits into a `bigint`. */
export const NUMBER = /^\d{1,18}$/

/**
 * Like `pageRequest`, for a list ordered by a text: the cursor holds the last text of the page
 * before.
 * @param place what such texts look like: anyone can give another one the right check
 */
export function textPageRequest(
  query: { limit?: number; cursor?: string },
  list: ListName,
  place: RegExp,
): { limit: number; after: string | null } {
  const limit = query.limit ?? 50
  if (query.cursor === undefined) return { limit, after: null }
  const after = Buffer.from(query.cursor, 'base64url').toString('utf8', CHECK_BYTES)
  const isOurs = place.test(after) && encodeCursor(list, after) === query.cursor
  if (!isOurs) throw new Refusal('INVALID_CURSOR')
  return { limit, after }
}

/** Like `pageAnswer`, for a list ordered by a text. */
export function textPageAnswer<Row, Item>(
  rows: readonly Row[],
  limit: number,
  list: ListName,
  { present, placeOf }: { present: (row: Row) => Item; placeOf: (row: Row) => string },
): { data: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    data: shown.map(present),
    next_cursor: more ? encodeCursor(list, placeOf(last)) : null,
  }
}

/** Describes a list with pages that may be cut short. */
export const SHORT_PAGES =
  'With several filters, or one on a value that changes with each charge, even a page that is not the ' +
  'last can have fewer items than `limit`. The list ends where `next_cursor` is null.'

/** Describes a list of items with `metadata`, which may be long. */
export const LONG_NOTES =
  'A page of items with long `metadata` ends before `limit`, even if it is not the last.'

/** Describes a list of plans, whose `features` may be long. */
export const LONG_FEATURES =
  'A page of items with long `features` ends before `limit`, even if it is not the last.'

/**
 * The answer of a list whose pages may be cut short: a page may have fewer rows than its limit, or
 * none, and still not be the last.
 * @param end where the next page begins; null on the last page
 */
export function cutPage<Item>(
  data: Item[],
  list: ListName,
  end: string | null,
): { data: Item[]; next_cursor: string | null } {
  return { data, next_cursor: end === null ? null : encodeCursor(list, end) }
}

/** The check keeps callers from relying on the content of a cursor; it protects no secret. */
function encodeCursor(list: ListName, position: string): string {
  const check = createHash('sha256')
    .update(JSON.stringify([list, position]))
    .digest()
  const bytes = Buffer.concat([check.subarray(0, CHECK_BYTES), Buffer.from(position, 'utf8')])
  return bytes.toString('base64url')
}

export type Page<T extends TSchema> = Static<ReturnType<typeof pageOf<T>>>
