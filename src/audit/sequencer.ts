import type postgres from 'postgres'
import { column } from '../database/arrays.ts'
import { KINDS } from '../database/kinds.ts'
import { slices } from '../scheduling/slices.ts'
import type { RecentFacts } from './recent.ts'
import { type LogRecord, type Place, readRecords, recordHash } from './records.ts'
import type { LogSource } from './source.ts'
import { appendLeaves } from './tiles.ts'

/**
 * An arbitrary constant. The transaction that holds this lock is the only one that adds to the log.
 */
export const LOCK_KEY = 5_746_103

/** Few enough not to delay the process's requests for long. */
const RECORDS_MAX = KINDS.audit.rowsMax
const ROWS_MAX = 200
/** How many rows a round considers: those that have waited longest. */
const WINDOW = 1_000

export interface Round {
  /** How many records were added to the log. */
  added: number
  /** Whether there may be more. */
  isFull: boolean
  /** How many seconds after its act the oldest record of each row entered the log. */
  delaysS: number[]
}

/**
 * Receives the records of a round before it commits, and the size of the log after them. Rows that
 * it writes in the round's transaction exist if and only if the records are in the log.
 */
export type Follower = (
  tx: postgres.Sql,
  records: readonly LogRecord[],
  size: number,
) => Promise<void>

const NOTHING: Round = { added: 0, isFull: false, delaysS: [] }

/**
 * Takes rows of `audit_records` from the queue and appends their records to the log, in one
 * transaction. One process does so at a time, and the others have nothing to do. Only committed rows
 * are visible, however late they were committed.
 * @param recent what this process has committed itself; everything else is read
 */
export async function sequence(
  sql: postgres.Sql,
  source: LogSource,
  recent: RecentFacts,
  followers: readonly Follower[] = [],
): Promise<Round> {
  // Most rounds find nothing, and this needs no transaction.
  const [waiting] = await sql`select from audit_queue limit 1`
  if (waiting === undefined) {
    recent.clear()
    return NOTHING
  }
  return sql.begin<Promise<Round>>(async (transaction) => {
    const tx = transaction as unknown as postgres.Sql
    const [lock] = await tx<{ taken: boolean }[]>`
      select pg_try_advisory_xact_lock(${LOCK_KEY}) as taken`
    if (lock?.taken === true) return addRound(tx, source, recent, followers)
    // Another process is logging these rows.
    recent.clear()
    return NOTHING
  })
}

interface Taken {
  recordId: bigint
  size: number
  timestamp: Date
}

async function addRound(
  tx: postgres.Sql,
  source: LogSource,
  recent: RecentFacts,
  followers: readonly Follower[],
): Promise<Round> {
  const [size, taken] = await Promise.all([logSize(tx), takeFromQueue(tx)])
  if (taken.length === 0) return NOTHING
  let next = size
  const places = taken.map((row) => {
    const place = { firstSeq: next, size: row.size, recordId: row.recordId }
    next += row.size
    return place
  })
  const records = await recordsOf(tx, source, places, recent)
  const leaves = await hashesOf(records)
  const [delaysS] = await Promise.all([
    addPlaces(tx, places, taken),
    addTerms(tx, places, records.map(termsOf), size),
    appendLeaves(tx, size, leaves),
  ])
  for (const follow of followers) await follow(tx, records, next)
  return {
    added: records.length,
    isFull: records.length >= RECORDS_MAX || taken.length === ROWS_MAX,
    delaysS,
  }
}

async function recordsOf(
  tx: postgres.Sql,
  source: LogSource,
  places: readonly Place[],
  recent: RecentFacts,
): Promise<LogRecord[]> {
  const remembered = places.map((place) => recent.take(place))
  const others = places.filter((_, index) => remembered[index] === null)
  const read = others.length === 0 ? [] : await readRecords(tx, source, others)
  let next = 0
  const records: LogRecord[] = []
  const pause = slices()
  for (const [index, { firstSeq, size }] of places.entries()) {
    const known = remembered[index] ?? null
    for (let place = 0; place < size; place++) {
      // A record with long notes takes milliseconds, and a round has many.
      await pause()
      const record = known === null ? read[next++] : known[place]?.(firstSeq + place)
      if (record == null) throw new Error('A record was gone before it was logged')
      records.push(record)
    }
  }
  return records
}

async function hashesOf(records: readonly LogRecord[]): Promise<string[]> {
  const hashes: string[] = []
  const pause = slices()
  for (const record of records) {
    await pause()
    hashes.push(recordHash(record))
  }
  return hashes
}

/** @returns how many seconds after its act each row entered the log */
async function addPlaces(
  tx: postgres.Sql,
  places: readonly Place[],
  taken: readonly Taken[],
): Promise<number[]> {
  const rows = await tx<{ delayS: number }[]>`
    insert into audit_places (first_seq, size, record_id, oldest, logged_at)
    select new.*, greatest(
      date_trunc('milliseconds', clock_timestamp()),
      (select logged_at from audit_places order by first_seq desc limit 1)
    )
    from unnest(
      ${column(places, ({ firstSeq }) => BigInt(firstSeq))}::bigint[],
      ${column(places, ({ size }) => BigInt(size))}::integer[],
      ${column(places, ({ recordId }) => recordId)}::bigint[],
      ${column(taken, ({ timestamp }) => timestamp)}::timestamptz[]
    ) as new
    returning extract(epoch from logged_at - oldest)::float8 as "delayS"`
  return rows.map(({ delayS }) => delayS)
}

async function addTerms(
  tx: postgres.Sql,
  places: readonly Place[],
  terms: readonly (readonly string[])[],
  start: number,
): Promise<void> {
  const rows = places.flatMap(({ firstSeq, size }) => {
    const ofPlace = terms.slice(firstSeq - start, firstSeq - start + size).flat()
    return [...new Set(ofPlace)].map((term) => ({ term, firstSeq: BigInt(firstSeq) }))
  })
  await tx`
    insert into audit_terms (term, first_seq) select new.* from unnest(
      ${column(rows, ({ term }) => term)}::text[],
      ${column(rows, ({ firstSeq }) => firstSeq)}::bigint[]
    ) as new`
}

/** The index terms of a record. Transfers are found by their account instead. */
function termsOf({ event, actor, subject }: LogRecord): string[] {
  const terms = [`event:${event}`, `actor:${actor}`]
  return event.startsWith('funds.') ? terms : [...terms, `subject:${subject}`]
}

/** The number of records in the log. */
export async function logSize(sql: postgres.Sql): Promise<number> {
  const [last] = await sql<{ size: number }[]>`
    select (first_seq + size)::float8 as size from audit_places order by first_seq desc limit 1`
  return last?.size ?? 0
}

/**
 * At least one row, and then as many as keep the round small, oldest first. Findings about customers'
 * usage take turns by customer: one customer can cause many at once, which must not delay other
 * records. Within a round the order is that of the queue.
 */
function takeFromQueue(tx: postgres.Sql): Promise<Taken[]> {
  return tx<Taken[]>`
    with waiting as materialized (
      select q.record_id, coalesce(cardinality(r.account_ids), 1) as size, r.timestamp,
        case when r.event in ('usage.anomaly', 'usage.limit_exceeded')
          then row_number() over (partition by r.event, r.subject order by q.record_id)
          else 1
        end as turn
      from (select record_id from audit_queue order by record_id limit ${WINDOW}::int) q
      join audit_records r on r.id = q.record_id
    ), next as materialized (
      select record_id, size, timestamp,
        sum(size) over (order by turn, record_id rows unbounded preceding) as total
      from waiting order by turn, record_id limit ${ROWS_MAX}::int
    ), gone as (
      delete from audit_queue where record_id = any(array(
        select record_id from next where total - size < ${RECORDS_MAX}::int
      ))
      returning record_id
    )
    select record_id as "recordId", size, timestamp from next join gone using (record_id)
    order by record_id`
}
