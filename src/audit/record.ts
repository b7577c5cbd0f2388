import type { Transaction } from '../database/index.ts'
import { type PersonalValue, commitTo } from './commitment.ts'
import { auditPersonal, auditRecords } from './tables.ts'

/** Names of events by whoever records them: capabilities add theirs, by `declare module`. */
export interface AuditEvents {
  'service.started': true
}

export type AuditEvent = keyof AuditEvents

/** Who acts, from where: every authenticated request carries one. */
export interface Actor {
  /** `admin:<token id>`, `internal:<token id>`, `key:<key id>`, `cli:<name>`, `stripe` or `system`. */
  id: string
  ip: string | null
}

export interface AuditEntry {
  event: AuditEvent
  subject: string
  /** What changed, without personal data and without secrets. */
  metadata?: Record<string, unknown>
  /** When it was so; the beginning of the transaction if it does not say. */
  timestamp?: Date
  /** What is personal of it: each stands in the record's metadata as a commitment. */
  personal?: Record<string, string>
}

/**
 * Writes a record into the act's own transaction: if it cannot be written, the act does not happen
 * and the caller gets a 503. The log takes it from there once the act is committed.
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
      metadata: { ...metadata, ...Object.fromEntries(commitments) },
    }
  })
  await tx.insert(auditRecords).values(records)
  if (values.length > 0) await tx.insert(auditPersonal).values(values)
}
