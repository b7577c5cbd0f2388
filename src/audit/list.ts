import type postgres from 'postgres'
import type { PageRequest } from '../http/pagination.ts'
import { array } from '../database/arrays.ts'
import { PAGE_BYTES_MAX } from '../database/page-weight.ts'
import type { Spot, Weighed } from './places.ts'
import { type LogRecord, type Place, readAtOnce } from './records.ts'
import type { LogSource, ReadOptions } from './source.ts'
import { showValues, valuesIn } from './values.ts'
import { fitting, weigh } from './weights.ts'

/** How many records are considered at once: the maximum of a batch of transfers. */
const READ_MAX = 500

/** A page ends after this many reads even if it is not full: matching records may be rare. */
const READS_MAX = 20

/**
 * A read of the index ends after this many steps even if it has found nothing: two terms may each be
 * frequent, and never be of the same record. More than a read of places asks for.
 */
const STEPS_MAX = 1_000

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
 * next page continues where this one ends, whatever has been added meanwhile. It ends early if its
 * records are long.
 */
export async function listRecords(
  sql: postgres.Sql,
  source: LogSource,
  filter: AuditFilter,
  page: PageRequest,
): Promise<FoundRecords> {
  const { isAsLogged = false } = filter
  const { low, high } = await boundsOf(sql, filter)
  const found: LogRecord[] = []
  let before = Math.min(high + 1, page.before === null ? Infinity : Number(page.before))
  let bytes = 0
  let reads = 0
  const isOver = () => found.length > page.limit || bytes >= PAGE_BYTES_MAX || reads >= READS_MAX
  for (let looks = 0; before > low && looks < READS_MAX && !isOver(); looks++) {
    const wanted = page.limit + 1 - found.length
    // If the first read found too few, matches are rare, so the next ones look at more places.
    const count = looks === 0 ? wanted : Math.max(wanted, READ_MAX)
    const { end, ...look } = await spotsBefore(
      sql,
      source,
      filter,
      { low, before },
      { wanted, count },
    )
    let { spots } = look
    while (spots.length > 0 && !isOver()) {
      const portion = fitting(spots, PAGE_BYTES_MAX - bytes)
      const records = await readAtOnce(sql, source, portion, readOptions(filter))
      for (const [index, record] of records.entries()) {
        if (record === null || !matches(record, filter)) continue
        found.push(record)
        bytes += portion[index]?.bytes ?? 0
      }
      spots = spots.slice(portion.length)
      reads++
    }
    const [next] = spots
    before = next === undefined ? end : seqOf(next) + 1
  }
  const shown = found.slice(0, page.limit)
  const records = isAsLogged ? shown : await showValues(valuesIn(sql), shown)
  if (found.length > page.limit) return { records, end: shown.at(-1)?.seq ?? null }
  return { records, end: before > low ? before : null }
}

/** The last subject is the account, if there is one: it narrows a batch of transfers. */
function readOptions({ subjects, isAsLogged = false }: AuditFilter): ReadOptions {
  return { subject: subjects?.at(-1), isShown: !isAsLogged }
}

function seqOf({ place, index }: Spot): number {
  return place.firstSeq + index
}

/** Records that may match, newest first, with what each weighs. Below `end` none was looked at. */
async function spotsBefore(
  sql: postgres.Sql,
  source: LogSource,
  filter: AuditFilter,
  range: Range,
  { wanted, count }: { wanted: number; count: number },
): Promise<{ spots: Weighed[]; end: number }> {
  const { places, end } = await placesBefore(sql, source, filter, range, count)
  const near = nearest(places, isAll(filter) ? wanted : Math.max(wanted, READ_MAX))
  const last = near.at(-1)
  const weighed = await weigh(sql, source, near, readOptions(filter))
  const spots = weighed
    .filter((spot) => seqOf(spot) < range.before)
    .toSorted((a, b) => seqOf(b) - seqOf(a))
  return { spots, end: last !== undefined && near.length < places.length ? last.firstSeq : end }
}

/** Whether every record matches. */
function isAll({ event, actor, subjects, from, to }: AuditFilter): boolean {
  return [event, actor, subjects, from, to].every((one) => one === undefined)
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

interface Range {
  low: number
  before: number
}

interface FoundPlaces {
  places: Place[]
  /** Below it, places have not been looked at; 0 if there are none. */
  end: number
}

/** Places that may have matching records, newest first. */
async function placesBefore(
  sql: postgres.Sql,
  source: LogSource,
  filter: AuditFilter,
  range: Range,
  count: number,
): Promise<FoundPlaces> {
  const { subjects, event } = filter
  const lists = await Promise.all(
    (subjects ?? [undefined]).flatMap((subject) => [
      placesByTerm(sql, { ...filter, subject }, range, count),
      placesBySource(source, sql, { subject, event }, range, count),
    ]),
  )
  // Below the end of one list, others may have places that it lacks.
  const end = Math.max(...lists.map((list) => list.end))
  const byFirst = new Map(lists.flatMap(({ places }) => places).map((one) => [one.firstSeq, one]))
  const places = [...byFirst.values()]
    .filter(({ firstSeq }) => firstSeq >= end)
    .toSorted((a, b) => b.firstSeq - a.firstSeq)
  return { places, end }
}

/** A list that may have been cut off at `count`. */
function upTo(count: number, places: Place[]): FoundPlaces {
  return { places, end: places.length < count ? 0 : (places.at(-1)?.firstSeq ?? 0) }
}

async function placesBySource(
  source: LogSource,
  sql: postgres.Sql,
  { subject, event }: { subject: string | undefined; event: string | undefined },
  range: Range,
  count: number,
): Promise<FoundPlaces> {
  if (subject === undefined) return { places: [], end: 0 }
  return upTo(count, (await source.placesOf(sql, { subject, event }, range, count)) ?? [])
}

async function placesByTerm(
  sql: postgres.Sql,
  { event, actor, subject }: Omit<AuditFilter, 'subjects'> & { subject: string | undefined },
  range: Range,
  count: number,
): Promise<FoundPlaces> {
  const terms = [
    ...(subject === undefined ? [] : [`subject:${subject}`]),
    ...(event === undefined ? [] : [`event:${event}`]),
    ...(actor === undefined ? [] : [`actor:${actor}`]),
  ]
  if (terms.length > 0) return placesOfAll(sql, terms, range, count)
  const places = await sql<Place[]>`
    select first_seq::float8 as "firstSeq", size, record_id as "recordId" from audit_places
    where first_seq >= ${range.low}::bigint and first_seq < ${range.before}::bigint
    order by first_seq desc limit ${count}`
  return upTo(count, places)
}

interface Step extends Omit<Place, 'firstSeq'> {
  step: number
  /** The next step looks below it. */
  below: number
  /** How many places have been found so far. */
  found: number
  /** The place that the step has found; null for none. */
  firstSeq: number | null
}

/**
 * The newest places that have all terms. Each step finds the newest place of each term, and goes on
 * below the lowest of them, so the rarest term decides how many steps there are.
 */
async function placesOfAll(
  sql: postgres.Sql,
  terms: readonly string[],
  { low, before }: Range,
  count: number,
): Promise<FoundPlaces> {
  const rows = await sql<Step[]>`
    with recursive steps (step, below, place, found) as (
      select 0, ${before}::bigint, null::bigint, 0
      union all
      select step + 1,
        case when lowest = highest then lowest else lowest + 1 end,
        case when lowest = highest then lowest end,
        found + (lowest = highest)::integer
      from steps cross join lateral (
        select min(newest.first_seq) as lowest, max(newest.first_seq) as highest,
          bool_and(newest.first_seq is not null) as is_any
        from unnest(${array(terms)}::text[]) as wanted (term) left join lateral (
          select first_seq from audit_terms t
          where t.term = wanted.term and t.first_seq < steps.below and t.first_seq >= ${low}::bigint
          order by t.first_seq desc limit 1
        ) newest on true
      ) next
      where next.is_any and found < ${count}::integer and step < ${STEPS_MAX}::integer
    )
    select step, below::float8, found, p.first_seq::float8 as "firstSeq", p.size,
      p.record_id as "recordId"
    from steps left join audit_places p on p.first_seq = steps.place
    where steps.place is not null or step = ${STEPS_MAX}::integer
    order by step`
  const last = rows.at(-1)
  const isCut = last !== undefined && (last.found === count || last.step === STEPS_MAX)
  const places = rows.flatMap(({ firstSeq, size, recordId }) =>
    firstSeq === null ? [] : [{ firstSeq, size, recordId }],
  )
  return { places, end: isCut ? last.below : 0 }
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
