import type postgres from 'postgres'
import type { PageRequest } from '../http/pagination.ts'
import { array } from '../database/arrays.ts'
import { type LogRecord, type Place, readRecords } from './records.ts'
import type { LogSource } from './source.ts'

/** How many records are read at once: the maximum of a batch of transfers. */
const READ_MAX = 500

export interface AuditFilter {
  event: string | undefined
  actor: string | undefined
  subject: string | undefined
  /** Whether commitments stay where their values are kept. */
  isAsLogged?: boolean
  /** The beginning of the time range, inclusive. */
  from: Date | undefined
  /** The end of the time range, exclusive. */
  to: Date | undefined
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
): Promise<LogRecord[]> {
  const { low, high } = await boundsOf(sql, filter)
  let before = Math.min(high + 1, page.before === null ? Infinity : Number(page.before))
  const found: LogRecord[] = []
  while (found.length <= page.limit) {
    const wanted = page.limit + 1 - found.length
    const places = await placesBefore(sql, source, filter, { low, before }, wanted)
    const near = nearest(places, Math.max(wanted, READ_MAX))
    const last = near.at(-1)
    if (last === undefined) break
    const { subject, isAsLogged } = filter
    const records = await readRecords(sql, source, near, { subject, isShown: isAsLogged !== true })
    const matching = records
      .filter((record) => record !== null)
      .filter((record) => record.seq < before && matches(record, filter))
      .toSorted((a, b) => b.seq - a.seq)
    found.push(...matching.slice(0, wanted))
    before = last.firstSeq
  }
  return filter.isAsLogged === true ? found : showValues(sql, found)
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
  const { subject } = filter
  const [byTerm, bySource] = await Promise.all([
    placesByTerm(sql, filter, range, count),
    subject === undefined ? [] : (source.placesOf(sql, subject, range, count) ?? []),
  ])
  // A list that was cut off lacks the places below its end.
  const ends = [byTerm, bySource].map((list) =>
    list.length < count ? 0 : (list.at(-1)?.firstSeq ?? 0),
  )
  const byFirst = new Map([...byTerm, ...bySource].map((place) => [place.firstSeq, place]))
  return [...byFirst.values()]
    .filter(({ firstSeq }) => firstSeq >= Math.max(...ends))
    .toSorted((a, b) => b.firstSeq - a.firstSeq)
}

function placesByTerm(
  sql: postgres.Sql,
  { event, actor, subject }: AuditFilter,
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

function matches(record: LogRecord, { event, actor, subject, from, to }: AuditFilter): boolean {
  const time = Date.parse(record.timestamp)
  return (
    (event === undefined || record.event === event) &&
    (actor === undefined || record.actor === actor) &&
    (subject === undefined || record.subject === subject) &&
    (from === undefined || time >= from.getTime()) &&
    (to === undefined || time < to.getTime())
  )
}

async function showValues(sql: postgres.Sql, records: LogRecord[]): Promise<LogRecord[]> {
  const strings = records.flatMap(({ ip, metadata }) => [ip, ...Object.values(metadata)])
  const commitments = strings.filter((one) => typeof one === 'string' && one.startsWith('sha256:'))
  if (commitments.length === 0) return records
  const rows = await sql<{ commitment: string; value: string }[]>`
    select commitment, value from audit_personal
    where commitment = any(${array(commitments as string[])}::text[])`
  const values = new Map(rows.map((row) => [row.commitment, row.value]))
  const shown = (one: unknown) => (typeof one === 'string' ? (values.get(one) ?? one) : one)
  return records.map((record) => ({
    ...record,
    ip: record.ip === null ? null : (values.get(record.ip) ?? record.ip),
    metadata: Object.fromEntries(
      Object.entries(record.metadata).map(([name, value]) => [name, shown(value)]),
    ),
  }))
}
