import type postgres from 'postgres'
import type { PageRequest } from '../http/pagination.ts'
import { array } from '../database/arrays.ts'
import { type LogRecord, type Place, readRecords } from './records.ts'
import type { LogSource } from './source.ts'
import { showValues, valuesIn } from './values.ts'

/** How many records are read at once: the maximum of a batch of transfers. */
const READ_MAX = 500

/** A page ends after this many reads even if it is not full: matching records may be rare. */
const LOOKS_MAX = 20

export interface AuditFilter {
  event: string | undefined
  actor: string | undefined
  /** A record matches if it is about any of these. */
  subjects: readonly string[] | undefined
  /** Whether commitments stay where their values are kept. */
  isAsLogged?: boolean
  /** The beginning of the time range, inclusive. */
  from: Date | undefined
  /** The end of the time range, exclusive. */
  to: Date | undefined
}

export interface FoundRecords {
  records: LogRecord[]
  /** The next page has the records before this place; null at the end of the log. */
  end: number | null
}

/**
 * A page of the log, newest first, with the values of its commitments where they are still kept. The
 * next page continues where this one ends, whatever has been added meanwhile.
 */
export async function listRecords(
  sql: postgres.Sql,
  source: LogSource,
  filter: AuditFilter,
  page: PageRequest,
): Promise<FoundRecords> {
  const { subjects, isAsLogged = false } = filter
  const { low, high } = await boundsOf(sql, filter)
  let before = Math.min(high + 1, page.before === null ? Infinity : Number(page.before))
  let isMore = true
  const found: LogRecord[] = []
  for (let looks = 0; isMore && looks < LOOKS_MAX && found.length <= page.limit; looks++) {
    const wanted = page.limit + 1 - found.length
    // If the first read found too few, matches are rare, so the next ones look at more places.
    const count = looks === 0 ? wanted : Math.max(wanted, READ_MAX)
    const places = await placesBefore(sql, source, filter, { low, before }, count)
    const near = nearest(places, Math.max(wanted, READ_MAX))
    const last = near.at(-1)
    isMore = last !== undefined
    if (last === undefined) break
    // The last subject is the account, if there is one: it narrows a batch of transfers.
    const options = { subject: subjects?.at(-1), isShown: !isAsLogged }
    const records = await readRecords(sql, source, near, options)
    const matching = records
      .filter((record) => record !== null)
      .filter((record) => record.seq < before && matches(record, filter))
      .toSorted((a, b) => b.seq - a.seq)
    found.push(...matching.slice(0, wanted))
    before = last.firstSeq
  }
  const shown = found.slice(0, page.limit)
  const records = isAsLogged ? shown : await showValues(valuesIn(sql), shown)
  const end = found.length > page.limit ? (shown.at(-1)?.seq ?? null) : isMore ? before : null
  return { records, end }
}

/** The range of places that can hold a time's records; a record is never logged before its act. */
async function boundsOf(sql: postgres.Sql, { from, to }: AuditFilter) {
  const [bounds] = await sql<[{ low: number | null; high: number | null }]>`
    with late as (
      select coalesce(max(logged_at - oldest), interval '1 minute') as most from audit_places
      where logged_at - oldest > interval '1 minute'
    )
    select
      (select min(first_seq) from audit_places where logged_at = (
        select min(logged_at) from audit_places
        where logged_at >= coalesce(${from ?? null}::timestamptz, '-infinity')
      ))::float8 as low,
      (select max(first_seq + size - 1) from audit_places where logged_at = (
        select max(logged_at) from audit_places
        where logged_at <= coalesce(${to ?? null}::timestamptz, 'infinity') + (select most from late)
      ))::float8 as high`
  return { low: bounds.low ?? Infinity, high: bounds.high ?? -1 }
}

/** Places that may have matching records, newest first. */
async function placesBefore(
  sql: postgres.Sql,
  source: LogSource,
  filter: AuditFilter,
  range: { low: number; before: number },
  count: number,
): Promise<Place[]> {
  if (range.before <= range.low) return []
  const { subjects, event } = filter
  const lists = await Promise.all(
    (subjects ?? [undefined]).flatMap((subject) => [
      placesByTerm(sql, { ...filter, subject }, range, count),
      placesBySource(source, sql, { subject, event }, range, count),
    ]),
  )
  // A full list may be cut off, so places below its end could be missing from it.
  const ends = lists.map((list) => (list.length < count ? 0 : (list.at(-1)?.firstSeq ?? 0)))
  const byFirst = new Map(lists.flat().map((place) => [place.firstSeq, place]))
  return [...byFirst.values()]
    .filter(({ firstSeq }) => firstSeq >= Math.max(...ends))
    .toSorted((a, b) => b.firstSeq - a.firstSeq)
}

async function placesBySource(
  source: LogSource,
  sql: postgres.Sql,
  { subject, event }: { subject: string | undefined; event: string | undefined },
  range: { low: number; before: number },
  count: number,
): Promise<Place[]> {
  if (subject === undefined) return []
  return (await source.placesOf(sql, { subject, event }, range, count)) ?? []
}

function placesByTerm(
  sql: postgres.Sql,
  { event, actor, subject }: Omit<AuditFilter, 'subjects'> & { subject: string | undefined },
  { low, before }: { low: number; before: number },
  count: number,
): Promise<Place[]> {
  // The first term, which should be the rarest, is scanned; the others are looked up.
  const [first, ...others] = [
    ...(subject === undefined ? [] : [`subject:${subject}`]),
    ...(event === undefined ? [] : [`event:${event}`]),
    ...(actor === undefined ? [] : [`actor:${actor}`]),
  ]
  const range = sql`first_seq >= ${low}::bigint and first_seq < ${before}::bigint`
  const columns = sql`p.first_seq::float8 as "firstSeq", p.size, p.record_id as "recordId"`
  if (first === undefined) {
    return sql<Place[]>`
      select ${columns} from audit_places p where ${range} order by p.first_seq desc limit ${count}`
  }
  return sql<Place[]>`
    select ${columns} from audit_terms t join audit_places p using (first_seq)
    where t.term = ${first} and ${range} and not exists (
      select from unnest(${array(others)}::text[]) as other (term)
      where not exists (
        select from audit_terms o where o.term = other.term and o.first_seq = t.first_seq
      )
    )
    order by t.first_seq desc limit ${count}`
}

/** The fewest places that have so many records, and at least one. */
function nearest(places: readonly Place[], records: number): Place[] {
  let total = 0
  return places.filter(({ size }) => {
    const isNeeded = total < records
    total += size
    return isNeeded
  })
}

function matches(record: LogRecord, { event, actor, subjects, from, to }: AuditFilter): boolean {
  const time = Date.parse(record.timestamp)
  return (
    (event === undefined || record.event === event) &&
    (actor === undefined || record.actor === actor) &&
    (subjects === undefined || subjects.includes(record.subject)) &&
    (from === undefined || time >= from.getTime()) &&
    (to === undefined || time < to.getTime())
  )
}
