import type { Transaction } from '../plugins/database/index.ts'
import { auditRecords } from './tables.ts'

export type AuditEvent =
  | 'account.created'
  | 'account.updated'
  | 'api_key.created'
  | 'api_key.revoked'
  | 'api_key.rotated'
  | 'customer.created'
  | 'customer.updated'
  | 'license.issued'
  | 'license.revoked'
  | 'plan.updated'
  | 'service.started'
  | 'stripe.event_replayed'
  | 'subscription.updated'
  | 'usage.anomaly'
  | 'usage.cleaned'
  | 'usage.limit_exceeded'

/** Who acts, from where: every authenticated request carries one. */
export interface Actor {
  /** `admin:<token id>`, `key:<key id>`, `internal:<token id>`, `stripe` or `system`. */
  id: string
  ip: string | null
}

export interface AuditEntry {
  event: AuditEvent
  subject: string
  /** What changed, without personal data and without secrets. */
  metadata?: Record<string, unknown>
}

/**
 * Writes a record into the act's own transaction: if it cannot be written, the act does not happen
 * and the caller gets a 503.
 */
export async function recordAudit(
  tx: Transaction,
  actor: Actor,
  ...entries: AuditEntry[]
): Promise<void> {
  await tx.insert(auditRecords).values(
    entries.map(({ event, subject, metadata = {} }) => {
      return { event, actor: actor.id, subject, ip: actor.ip, metadata }
    }),
  )
}
