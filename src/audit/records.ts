import { hash } from 'node:crypto'
import type postgres from 'postgres'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { array } from '../database/arrays.ts'
import type { LogRecord, Place } from './places.ts'
import type { LogSource, LoggedFact, ReadOptions } from './source.ts'

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
  const recordIds = places.map(({ recordId }) => recordId)
  const [acts, facts] = await Promise.all([
    readActs(sql, recordIds),
    source.read(sql, recordIds, options),
  ])
  return places.flatMap((place) => {
    return recordsOf(acts.get(place.recordId), facts.get(place.recordId) ?? [], place, options)
  })
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

/** Always as many as the place has room for: a changed row must not shift other records. */
function recordsOf(
  row: Row | undefined,
  facts: readonly LoggedFact[],
  { firstSeq, size }: Place,
  { isLenient = false }: ReadOptions,
): (LogRecord | null)[] {
  const made = (record: () => LogRecord) => {
    try {
      return record()
    } catch (error) {
      if (!isLenient) throw error
      return null
    }
  }
  const records: (LogRecord | null)[] = Array.from({ length: size }, () => null)
  if (row === undefined) return records
  if (row.event !== null) {
    const { event, actor, subject, ip, metadata } = row
    const at = new Date(row.timestamp)
    records[0] = made(() => {
      return { seq: firstSeq, timestamp: at.toISOString(), event, actor, subject, ip, metadata }
    })
    return records
  }
  for (const fact of facts) {
    const { index } = fact
    if (index < size) records[index] = made(() => fact.record(firstSeq + index))
  }
  return records
}
