import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsOf } from '../../src/pages/console/customer/limits.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

const plan = (plan_id: string, rank: number, calls: number) => ({
  plan_id,
  rank,
  limits: { calls },
})

const subscription = (
  name: string,
  status: 'active' | 'unpaid',
  ends_at: string | null = null,
) => ({
  status,
  ends_at,
  plans: [{ plan: name, quantity: 1 }],
})

test('a base plan counts only while no subscription gives a plan of its rank or a higher one', () => {
  const base = plan('base', 0, 1_000_000)
  const calls = (plans: Parameters<typeof limitsOf>[0], subs: Parameters<typeof limitsOf>[1]) =>
    limitsOf(plans, subs, NOW).get('calls')
  assert.equal(calls([base], []), 1_000_000)
  assert.equal(calls([plan('pro', 1, 100_000), base], [subscription('pro', 'active')]), 100_000)
  assert.equal(calls([plan('pro', 0, 100_000), base], [subscription('pro', 'active')]), 100_000)
  assert.equal(calls([base, plan('add-on', -1, 5)], [subscription('add-on', 'active')]), 1_000_000)
  assert.equal(calls([base], [subscription('base', 'unpaid')]), 1_000_000)
  assert.equal(
    calls([base], [subscription('pro', 'active', '2025-12-31T00:00:00Z')]),
    1_000_000,
    'it has ended',
  )
})
