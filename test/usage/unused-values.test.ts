import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../src/refusals/index.ts'
import { unusedValues } from '../../src/usage/reporting.ts'

/** A report with two values. */
const DRAFT = {
  customerId: 'cust_1',
  actor: { id: 'customer', ip: null },
  reportId: null,
  instanceId: null,
  reportedAt: null,
  metrics: { calls: 1, users: 2 },
}

test('a batch gives back what was certainly not stored, and nothing else', () => {
  const rejected = (reason: unknown): PromiseRejectedResult => ({ status: 'rejected', reason })
  const unusedAfter = (outcome: PromiseRejectedResult, stored: number[] = []) =>
    unusedValues([DRAFT], [outcome], new Set(stored))
  assert.equal(unusedAfter(rejected(new Refusal('INSUFFICIENT_FUNDS'))), 2)
  assert.equal(unusedAfter(rejected(new Refusal('DATABASE_UNAVAILABLE'))), 2)
  // Its commit may still be under way, and then it counts.
  assert.equal(unusedAfter(rejected(new Refusal('OUTCOME_UNKNOWN'))), 0)
  assert.equal(unusedAfter(rejected(new Error('a fault'))), 0)
  // Nothing was set aside for it.
  assert.equal(unusedAfter(rejected(new Refusal('INSUFFICIENT_FUNDS')), [0]), 0)
})
