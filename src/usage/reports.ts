import type { Actor } from '../audit/record.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { randomBase62 } from '../encoding/ids.ts'
import type { Write } from '../http/outcomes/attempt.ts'
import { sha256 } from '../encoding/sha256.ts'
import { type Remaining, valuesOf } from './allowances.ts'
import type { Payment } from './payments.ts'

/** A report from an instance. */
export interface ReportDraft {
  customerId: string
  /** The caller, for the record of a charge. */
  actor: Actor
  /** The caller's id of the report; null if none was given. */
  reportId: string | null
  instanceId: string | null
  /** Null for the current time. */
  reportedAt: Date | null
  /** The value of each metric, finite and at least 0; 1 to 100 metrics. */
  metrics: Record<string, number>
}

/** A report being processed. It always has an id, by which it can be found again. */
export interface Report extends ReportDraft, Write {
  reportId: string
  /** Whether the caller has given the id, and so can repeat it. */
  isNamed: boolean
  fingerprint: Buffer
  valueCount: number
  /** Whether its values were reserved for the hour before it is stored, with those of its batch. */
  isSetAside: boolean
}

export function newReport(draft: ReportDraft, { isSetAside = false } = {}): Report {
  const { customerId, actor, reportId, instanceId, reportedAt, metrics } = draft
  const meaning = canonicalJson([metrics, instanceId, reportedAt?.getTime() ?? null])
  return {
    customerId,
    actor,
    reportId: reportId ?? `rep_${randomBase62(22)}`,
    isNamed: reportId !== null,
    instanceId,
    reportedAt,
    metrics,
    fingerprint: sha256(meaning),
    valueCount: valuesOf(draft),
    isSetAside,
    sent: false,
    givenUp: false,
  }
}

/** How much of one of its plan's limits a customer has used in the current month (UTC). */
export interface Standing {
  metric: string
  /** An exact decimal. */
  used: string
  limit: number
  exceeded: boolean
}

export interface Reported {
  reportId: string
  customerId: string
  receivedAt: Date
  limits: Standing[]
  /** What is left after this report. */
  remaining: Remaining
  /**
   * The payment for the report; null if none of its metrics is paid from funds, or if the report was
   * found.
   */
  payment: Payment | null
  /** Whether it was stored before this try: by another call, or by a try whose answer was lost. */
  isFound: boolean
  /** Whether it had been reported before. */
  replayed: boolean
  /** Whether certainly nothing was stored for it, not even by a try whose answer was lost. */
  isUnspent: boolean
}
