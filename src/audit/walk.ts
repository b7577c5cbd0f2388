import type postgres from 'postgres'
import { type Place, readRecords, recordBytes } from './records.ts'
import type { LogSource } from './source.ts'
import { logSize } from './sequencer.ts'

/** Few enough that memory does not grow with the log. */
const PLACES_MAX = 1_000
const RECORDS_MAX = 2_000
const TILE = 256
const HASH_BYTES = 32

export interface Entry {
  seq: number
  /** The record as it is in the database; null if it is missing. */
  bytes: Buffer | null
  /** The hash that was logged; null if it is missing. */
  logged: Buffer | null
}

/**
 * Reads a log of that size in order, in a transaction that sees one state of the database. Ends early where
 * nothing is left of so many records in a row.
 */
export async function* walkLog(
  tx: postgres.Sql,
  source: LogSource,
  size: number,
): AsyncGenerator<Entry[]> {
  for (let next = 0; next < size;) {
    const places = await placesFrom(tx, next)
    const page: Entry[] = []
    const add = (bytes: Buffer | null) =>
      page.push({ seq: next + page.length, bytes, logged: null })
    const records = await readRecords(tx, source, places, { isLenient: true })
    const [first] = places
    // A missing place leaves its numbers without records.
    const resumesAt = first?.firstSeq ?? size
    for (let seq = next; seq < Math.min(resumesAt, next + RECORDS_MAX); seq++) add(null)
    if (next + page.length === resumesAt) {
      for (const record of records) add(record === null ? null : recordBytes(record))
    }
    const hashes = await loggedHashes(tx, next, next + page.length)
    const entries = page.map((entry, index) => ({ ...entry, logged: hashes[index] ?? null }))
    yield entries
    next += page.length
    // The size of a log is that of its last place, so no place may be missing at the end.
    if (first === undefined) return
    // The next place is only what the database says too: it may be a number that no walk comes to.
    if (page.length >= RECORDS_MAX && entries.every(isVoid)) return
  }
}

function isVoid({ bytes, logged }: Entry): boolean {
  return bytes === null && logged === null
}

/**
 * Places that follow each other without a gap; at least one if there is any. The sizes are only what
 * the database says. A place of a size that no row has counts as missing: the walk would not advance
 * over an empty one, and an enormous one would fill the memory.
 */
async function placesFrom(tx: postgres.Sql, from: number): Promise<Place[]> {
  const places = await tx<Place[]>`
    select first_seq::float8 as "firstSeq", size, record_id as "recordId" from audit_places
    where first_seq >= ${from}::bigint and size between 1 and ${RECORDS_MAX}::int
    order by first_seq limit ${PLACES_MAX}::int`
  let end = places[0]?.firstSeq ?? 0
  const start = end
  const joined: Place[] = []
  for (const place of places) {
    if (place.firstSeq !== end || end - start >= RECORDS_MAX) break
    end += place.size
    joined.push(place)
  }
  return joined
}

async function loggedHashes(
  tx: postgres.Sql,
  start: number,
  end: number,
): Promise<(Buffer | null)[]> {
  const firstTile = Math.floor(start / TILE)
  const tiles = await tx<{ index: number; hashes: Buffer }[]>`
    select index::float8, hashes from audit_tiles where level = 0
      and index >= ${firstTile}::bigint and index <= ${Math.floor((end - 1) / TILE)}::bigint`
  const byIndex = new Map(tiles.map(({ index, hashes }) => [index, hashes]))
  return Array.from({ length: end - start }, (_, offset) => {
    const seq = start + offset
    const at = (seq % TILE) * HASH_BYTES
    const hash = byIndex.get(Math.floor(seq / TILE))?.subarray(at, at + HASH_BYTES)
    return hash?.length === HASH_BYTES ? hash : null
  })
}

/** Runs `work` on one state of the database, however long it takes. */
export function inSnapshot<T>(
  sql: postgres.Sql,
  work: (tx: postgres.Sql, size: number) => Promise<T>,
): Promise<T> {
  const options = 'isolation level repeatable read read only'
  return sql.begin<Promise<T>>(options, async (transaction) => {
    const tx = transaction as unknown as postgres.Sql
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    await tx`set local plan_cache_mode = force_generic_plan`
    return work(tx, await logSize(tx))
  }) as Promise<T>
}
