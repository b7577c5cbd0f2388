import type { Static } from '@sinclair/typebox'
import { isDatabaseUnavailable, isTimeUp } from '../database/faults.ts'
import { exactNumber } from '../encoding/decimals.ts'
import { Refusal } from '../refusals/index.ts'
import type { UsageFinding } from './admin-schemas.ts'
import type { Remaining } from './allowances.ts'
import type { FindingRow } from './findings.ts'
import type { Payment } from './payments.ts'
import type { Reported, Standing } from './reports.ts'
import type { UsageBatchReceipt, UsageReceipt } from './schemas.ts'

export function presentReceipt(reported: Reported): Static<typeof UsageReceipt> {
  return {
    report_id: reported.reportId,
    customer_id: reported.customerId,
    received_at: reported.receivedAt.toISOString(),
    limits: reported.limits.map(presentStanding),
    remaining: presentRemaining(reported.remaining),
    ...presentPayment(reported.payment),
  }
}

function presentPayment(payment: Payment | null) {
  if (payment === null) return {}
  const charges = payment.charges.map(({ metric, amount, asset }) => {
    return { metric, amount, asset, transfer_id: payment.transferId }
  })
  return { charges, balance: payment.balance }
}

function presentStanding({ metric, used, limit, exceeded }: Standing) {
  const { number, exact } = exactNumber(used)
  return {
    metric,
    used: number,
    ...(exact !== undefined && { used_exact: exact }),
    limit,
    exceeded,
  }
}

export function presentRemaining({ values, names }: Remaining) {
  return { values, metric_names: names }
}

/** @param givenId the caller's id of the report; null if it gave none */
export function presentOutcome(
  outcome: PromiseSettledResult<Reported>,
  givenId: string | null,
): Static<typeof UsageBatchReceipt>['results'][number] {
  if (outcome.status === 'fulfilled') {
    const { reportId, replayed } = outcome.value
    return { report_id: reportId, status: replayed ? 'replayed' : 'created' }
  }
  const { reason } = outcome as { reason: unknown }
  const report_id = isUnknown(outcome) ? (outcome.reason.repeat?.report_id ?? givenId) : givenId
  return { report_id, status: 'refused', code: codeOf(reason) }
}

/** Whether the report failed for a reason outside itself, so that it may be sent again unchanged. */
export function hasNoOutcome(
  outcome: PromiseSettledResult<Reported>,
): outcome is PromiseRejectedResult {
  if (outcome.status === 'fulfilled') return false
  return !(outcome.reason instanceof Refusal) || outcome.reason.statusCode >= 500
}

/** Whether it may have been stored. */
export function isUnknown(
  outcome: PromiseSettledResult<Reported>,
): outcome is PromiseRejectedResult & { reason: Refusal } {
  return (
    outcome.status === 'rejected' &&
    outcome.reason instanceof Refusal &&
    outcome.reason.code === 'OUTCOME_UNKNOWN'
  )
}

/** Whether a report failed because of a fault, and not because of a refusal. */
export function isFault(outcome: PromiseSettledResult<Reported>): outcome is PromiseRejectedResult {
  return outcome.status === 'rejected' && !(outcome.reason instanceof Refusal)
}

function codeOf(reason: unknown) {
  if (reason instanceof Refusal) return reason.code
  if (isTimeUp(reason)) return 'TIMEOUT'
  return isDatabaseUnavailable(reason) ? 'DATABASE_UNAVAILABLE' : 'INTERNAL_ERROR'
}

/** The fields that a customer's totals and the totals of all customers share. */
export function presentTotal(row: {
  startsAt: Date
  metric: string
  count: number
  sum: string
  min: number
  max: number
}) {
  const { startsAt, metric, count, sum, min, max } = row
  return { bucket: startsAt.toISOString(), metric, count, ...presentSum(sum), min, max }
}

/** @param sum an exact decimal */
export function presentSum(sum: string) {
  const { number, exact } = exactNumber(sum)
  return { sum: number, ...(exact !== undefined && { sum_exact: exact }) }
}

export function presentFinding(row: FindingRow): Static<typeof UsageFinding> {
  return {
    kind: row.kind,
    customer_id: row.customerId,
    metric: row.metric,
    at: row.at.toISOString(),
    value: row.value,
    threshold: row.threshold,
    found_at: row.foundAt.toISOString(),
  }
}
