import { type SQL, sql } from 'drizzle-orm'

/** Of JSON in the rows of a page: it is parsed and written in one go, with some objects in each 10 bytes. */
export const PAGE_BYTES_MAX = 524_288

/** Columns for the rows of a page, which is a subquery. */
export interface Weight {
  /** The bytes of JSON in the rows before this one. */
  bytesBefore: number
  /** How many rows the page has, whatever they weigh. */
  rowCount: number
}

/** @param json the columns that callers fill, separated by commas */
export function weightOf(json: SQL, order: SQL) {
  return {
    bytesBefore: sql<number>`coalesce(sum(octet_length(concat(${json}))) over (
      order by ${order} rows between unbounded preceding and 1 preceding
    ), 0)::int`.as('bytes_before'),
    rowCount: sql<number>`(count(*) over ())::int`.as('row_count'),
  }
}

/** The condition for a row of a page with these columns. Its first row has room in any case. */
export const HAS_ROOM = sql`bytes_before < ${sql.raw(String(PAGE_BYTES_MAX))}`

/** Whether a page ends early because of what its rows weigh. */
export function isCut(rows: readonly Weight[]): boolean {
  return rows.length < (rows[0]?.rowCount ?? 0)
}
