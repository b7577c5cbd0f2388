import type { Transaction } from '../database/index.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { type PersonalValue, commitTo } from './commitment.ts'
import { auditPersonal, auditRecords } from './tables.ts'

/** The names of all events: each capability adds its own with `declare module`. */
export interface AuditEvents {
  'service.started': true
}

export type AuditEvent = keyof AuditEvents

/** The caller and its address; every authenticated request has one. */
export interface Actor {
  /** `admin:<token id>`, `internal:<token id>`, `key:<key id>`, `cli:<name>`, `portal:<session id>`, `stripe` or `system`. */
  id: string
  ip: string | null
}

export interface AuditEntry {
  event: AuditEvent
  subject: string
  /** What changed, without personal data and without secrets. */
  metadata?: Record<string, unknown>
  /** The time of the fact; by default the beginning of the transaction. */
  timestamp?: Date
  /** Personal values: each appears in the record's metadata as a commitment. */
  personal?: Record<string, string>
}

/**
 * Writes a record in the act's own transaction: if it can't be written, the act does not happen and
 * the caller gets a 503. Once the act is committed, the record is put into the log.
 */
export async function recordAudit(
  tx: Transaction,
  actor: Actor,
  ...entries: AuditEntry[]
): Promise<void> {
  const values: PersonalValue[] = []
  const commit = (subject: string, value: string): string => {
    const made = commitTo(subject, value)
    values.push(made)
    return made.commitment
  }
  const records = entries.map(({ event, subject, metadata = {}, timestamp, personal = {} }) => {
    const commitments = Object.entries(personal).map(([name, value]) => [
      name,
      commit(subject, value),
    ])
    return {
      event,
      actor: actor.id,
      subject,
      ip: actor.ip === null ? null : commit(subject, actor.ip),
      timestamp,
      metadata: shortened({ ...metadata, ...Object.fromEntries(commitments) }, (value) =>
        commit(subject, value),
      ),
    }
  })
  await tx.insert(auditRecords).values(records)
  if (values.length > 0) await tx.insert(auditPersonal).values(values)
}

/**
 * An entry of the log has at most 65,535 bytes (tlog-tiles). This leaves enough for the rest of the
 * record.
 */
const METADATA_BYTES_MAX = 60_000

/**
 * Shortens metadata so that the record fits into an entry. Commitments replace the longest values,
 * which are kept as JSON, like personal values.
 */
function shortened(
  metadata: Record<string, unknown>,
  commit: (value: string) => string,
): Record<string, unknown> {
  const bytes = (value: unknown) => Buffer.byteLength(canonicalJson(value) ?? '')
  let total = bytes(metadata)
  if (total <= METADATA_BYTES_MAX) return metadata
  const fields = Object.entries(metadata).filter(([, value]) => value !== undefined)
  const longest = fields.toSorted(([, a], [, b]) => bytes(b) - bytes(a))
  const short = { ...metadata }
  for (const [name, value] of longest) {
    if (total <= METADATA_BYTES_MAX) break
    short[name] = commit(canonicalJson(value))
    total += bytes(short[name]) - bytes(value)
  }
  return short
}
