import { hash } from 'node:crypto'
import type postgres from 'postgres'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { array } from '../database/arrays.ts'
import { slices } from '../scheduling/slices.ts'
import type { LogRecord, Place, Spot, Weighed } from './places.ts'
import type { LogSource, LoggedFact, Part, ReadOptions } from './source.ts'
import { portionsOf, weigh } from './weights.ts'

export type { LogRecord, Place } from './places.ts'

/** Exactly the bytes that are hashed. */
export function recordBytes(record: LogRecord): Buffer {
  return Buffer.from(recordText(record))
}

/**
 * The leaf hash of a record, in hexadecimal: equal to `leafHash` of its bytes, but without making
 * them.
 */
export function recordHash(record: LogRecord): string {
  return hash('sha256', `\0${recordText(record)}`, 'hex')
}

function recordText({ actor, event, ip, metadata, seq, subject, timestamp }: LogRecord): string {
  // In the order of canonical JSON, which saves sorting.
  return canonicalJson({ actor, event, ip, metadata, seq, subject, timestamp })
}

interface Row {
  id: number
  timestamp: string
  event: string | null
  actor: string
  subject: string
  ip: string | null
  metadata: Record<string, unknown>
}

/**
 * The records of places, in the order of the log.
 * @returns null for a record that is not read, or whose row is missing (or useless, if `isLenient`)
 */
export async function readRecords(
  sql: postgres.Sql,
  source: LogSource,
  places: readonly Place[],
  options: ReadOptions = {},
): Promise<(LogRecord | null)[]> {
  return readWeighed(sql, source, await weigh(sql, source, places, options), options)
}

/** The same, for records whose weight is known already. */
export async function readWeighed(
  sql: postgres.Sql,
  source: LogSource,
  weighed: readonly Weighed[],
  options: ReadOptions = {},
): Promise<(LogRecord | null)[]> {
  const records: (LogRecord | null)[] = []
  for (const portion of portionsOf(weighed)) {
    records.push(...(await readAtOnce(sql, source, portion, options)))
  }
  return records
}

/** Reads records in one go, so they must be few by their weight. In each place they are neighbours. */
export async function readAtOnce(
  sql: postgres.Sql,
  source: LogSource,
  spots: readonly Spot[],
  options: ReadOptions = {},
): Promise<(LogRecord | null)[]> {
  const parts = partsOf(spots)
  const [acts, facts] = await Promise.all([
    readActs(
      sql,
      parts.map(({ recordId }) => recordId),
    ),
    source.read(sql, parts, options),
  ])
  const byIndex = new Map(
    [...facts].map(([id, ofRow]) => [id, new Map(ofRow.map((fact) => [fact.index, fact]))]),
  )
  const records: (LogRecord | null)[] = []
  const pause = slices()
  for (const { place, index } of spots) {
    await pause()
    const { recordId } = place
    const fact = byIndex.get(recordId)?.get(index)
    records.push(recordAt(acts.get(recordId), fact, { place, index }, options))
  }
  return records
}

function partsOf(spots: readonly Spot[]): Part[] {
  const parts = new Map<bigint, Part>()
  for (const { place, index } of spots) {
    const { recordId } = place
    const part = parts.get(recordId) ?? { recordId, from: index, to: index }
    const [from, to] = [Math.min(part.from, index), Math.max(part.to, index + 1)]
    parts.set(recordId, { recordId, from, to })
  }
  return [...parts.values()]
}

async function readActs(
  sql: postgres.Sql,
  recordIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, Row>> {
  // One JSON value, which the runtime parses many times faster than the driver reads columns.
  const [answer] = await sql<{ rows: Row[] }[]>`
    select coalesce(json_agg(json_build_object(
      'id', id, 'timestamp', timestamp, 'event', event, 'actor', actor,
      'subject', subject, 'ip', ip, 'metadata', metadata
    )), '[]') as rows
    from audit_records where id = any(${array(recordIds)}::bigint[])`
  return new Map((answer?.rows ?? []).map((row) => [BigInt(row.id), row]))
}

/** By its position, and not by its order: a changed row must not shift other records. */
function recordAt(
  row: Row | undefined,
  fact: LoggedFact | undefined,
  { place, index }: Spot,
  { isLenient = false }: ReadOptions,
): LogRecord | null {
  const seq = place.firstSeq + index
  try {
    if (row === undefined) return null
    if (row.event === null) return fact?.record(seq) ?? null
    return index === 0 ? actOf(row, row.event, seq) : null
  } catch (error) {
    if (!isLenient) throw error
    return null
  }
}

function actOf(row: Row, event: string, seq: number): LogRecord {
  const { actor, subject, ip, metadata } = row
  return {
    seq,
    timestamp: new Date(row.timestamp).toISOString(),
    event,
    actor,
    subject,
    ip,
    metadata,
  }
}
