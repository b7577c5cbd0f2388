import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partsOf, sum } from '../../src/pages/console/now/flow.ts'

const HOUR = '2026-11-24T09:00:00.000Z'

type Rows = Parameters<typeof partsOf>[0]['data']

test('charged is what was deducted and captured, and nothing else', () => {
  const amounts = {
    deduct: -100,
    capture: -20,
    refund: 7,
    top_up: 500,
    grant: 30,
    expire: -1,
    void: -2,
    stripe_reversal: -4,
    forfeit: -8,
    write_off: 3,
    stripe_reinstatement: 2,
  }
  const data = Object.entries(amounts).map(([kind, amount]) => {
    return { bucket: HOUR, asset: 'USD/2', kind, amount, transfers: 1 }
  }) as Rows
  const parts = partsOf({ data }, 'USD/2')
  assert.equal(sum(parts.out), 120)
  assert.equal(sum(parts.in), 530)
  assert.equal(sum(parts.back), 12)
  assert.equal(sum(parts.ended), 15)
  assert.equal(sum(partsOf({ data }, 'EUR/2').out), 0)
})

test('adjustments, and kinds that are not known yet, go by their sign', () => {
  const row = { bucket: HOUR, asset: 'USD/2', transfers: 1 }
  const data = [
    { ...row, kind: 'adjustment', amount: -50 },
    { ...row, kind: 'adjustment', amount: 40 },
    { ...row, kind: 'of_later', amount: -6 },
  ] as Rows
  const parts = partsOf({ data }, 'USD/2')
  assert.equal(sum(parts.out), 0)
  assert.equal(sum(parts.in), 40)
  assert.equal(sum(parts.ended), 56)
})
