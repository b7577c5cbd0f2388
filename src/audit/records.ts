import { hash } from 'node:crypto'
import type postgres from 'postgres'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { array } from '../database/arrays.ts'
import {
  type LoggedTransfer,
  type SystemNames,
  type TransferOptions,
  transferRecord,
} from './transfer-record.ts'

/** A record of the log. Written as canonical JSON (RFC 8785) it is a leaf of the tree. */
export interface LogRecord {
  seq: number
  timestamp: string
  event: string
  actor: string
  subject: string
  /** A commitment, as all personal values. */
  ip: string | null
  metadata: Record<string, unknown>
}

/** Where the records of a row of `audit_records` stand: 1, or as many as it has transfers. */
export interface Place {
  firstSeq: number
  size: number
  recordId: bigint
}

/** Exactly the bytes that are hashed. */
export function recordBytes(record: LogRecord): Buffer {
  return Buffer.from(recordText(record))
}

/** The hash of the record's leaf, in hexadecimal: `leafHash` of its bytes, made without them. */
export function recordHash(record: LogRecord): string {
  return hash('sha256', `\0${recordText(record)}`, 'hex')
}

function recordText({ actor, event, ip, metadata, seq, subject, timestamp }: LogRecord): string {
  // In the order of canonical JSON, which spares sorting them.
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
  transfers: LoggedTransfer[] | null
}

export interface ReadOptions {
  /** Of batches, only the transfers of this account. */
  accountId?: bigint
  /** What transfers' commitments stand for in place of them, as far as that is kept. */
  isShown?: boolean
}

/**
 * The records of places, in the order of the log.
 * @returns null in place of a record that is not read, or whose row somebody has taken away
 */
export async function readRecords(
  sql: postgres.Sql,
  places: readonly Place[],
  { accountId, isShown = false }: ReadOptions = {},
): Promise<(LogRecord | null)[]> {
  const ids = array(places.map(({ recordId }) => recordId))
  // As one JSON value, which the runtime parses many times faster than the driver reads columns.
  const [answer] = await sql<{ rows: Row[]; systems: SystemNames | null }[]>`
    select coalesce(json_agg(json_build_object(
      'id', r.id, 'timestamp', r.timestamp, 'event', r.event, 'actor', r.actor,
      'subject', r.subject, 'ip', r.ip, 'metadata', r.metadata,
      'transfers', case when r.event is null then (
        select json_agg(json_build_array(
          one.place - 1,
          json_build_array(t.account_id, t.seq, t.kind, t.asset, t.amount, t.debit_account_id,
            t.credit_account_id, t.target_seq, t.balance_after, t.held_after, t.available_after,
            t.actor, t.created_at),
          json_build_array(encode(a.salt, 'hex'), t.ip, t.reason, t.reference, t.metadata,
            t.idempotency_key, encode(t.fingerprint, 'hex'), t.ip_commitment, t.details_commitment)
        ))
        from unnest(r.account_ids, r.transfer_seqs) with ordinality as one (account_id, seq, place)
        join transfers t on t.account_id = one.account_id and t.seq = one.seq
        left join accounts a on a.id = t.account_id
        where one.account_id = coalesce(${accountId === undefined ? null : String(accountId)}::bigint, one.account_id)
      ) end
    )), '[]') as rows,
    (select json_object_agg(id, system) from accounts where system is not null) as systems
    from audit_records r where r.id = any(${ids}::bigint[])`
  const rows = new Map((answer?.rows ?? []).map((row) => [BigInt(row.id), row]))
  const systems = answer?.systems ?? {}
  return places.flatMap((place) => recordsOf(rows.get(place.recordId), place, { isShown, systems }))
}

/** Always as many as the place has room for: a row that was changed must not push others aside. */
function recordsOf(
  row: Row | undefined,
  { firstSeq, size }: Place,
  options: TransferOptions,
): (LogRecord | null)[] {
  const records: (LogRecord | null)[] = Array.from({ length: size }, () => null)
  if (row === undefined) return records
  if (row.event !== null) {
    const { event, actor, subject, ip, metadata } = row
    const timestamp = new Date(row.timestamp).toISOString()
    records[0] = { seq: firstSeq, timestamp, event, actor, subject, ip, metadata }
    return records
  }
  for (const transfer of row.transfers ?? []) {
    const [index, movement, personal] = transfer
    if (index < size) {
      records[index] = transferRecord(movement, personal, firstSeq + index, options)
    }
  }
  return records
}
