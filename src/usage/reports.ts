import type { Actor } from '../audit/record.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { randomBase62 } from '../encoding/ids.ts'
import type { Write } from '../http/outcomes/attempt.ts'
import { sha256 } from '../encoding/sha256.ts'
import { type Remaining, valuesOf } from './allowances.ts'

/** What an instance reports. */
export interface ReportDraft {
  customerId: string
  /** Who reports, for the record of a charge. */
  actor: Actor
  /** The caller's; null if it gave none. */
  reportId: string | null
  instanceId: string | null
  /** Null for now. */
  reportedAt: Date | null
  /** Metric to a finite value of at least 0; 1 to 100 of them. */
  metrics: Record<string, number>
}

/** A report on its way. It has an id in any case, under which it can be found again. */
export interface Report extends ReportDraft, Write {
  reportId: string
  /** Whether the id is the caller's, who may repeat it. */
  isNamed: boolean
  fingerprint: Buffer
  valueCount: number
  /** Whether its values were taken of the hour's before it is stored, with those of its batch. */
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

/** Where a customer stands against one of its plan's limits, in the current month (UTC). */
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
  /** After this report. */
  remaining: Remaining
  /** It had been reported before. */
  replayed: boolean
  /** Nothing was stored for it for sure: not even by a try whose answer was lost. */
  isUnspent: boolean
}
