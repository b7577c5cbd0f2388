import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, putPlan } from '../support/customers.ts'
import { closeAuditLog, query } from '../support/tables.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'

const STARTER = {
  name: 'Starter',
  stripe_price_id: 'price_1MoBy5LkdIwHu7ixZhnattbh',
  features: { sso: true, support: 'email', seats: 5 },
  limits: { 'api.calls': 100_000, storage_gb: 0.5 },
  metered: {
    'api.calls': { via: 'stripe', event_name: 'api_calls' },
    tokens: { via: 'funds', asset: 'USD/2', price: 3, per: 1_000 },
    storage_gb: { via: 'funds', asset: 'USD/2', price: 25, per: 1 },
  },
  license_days: 30,
  license_grace_days: 7,
}

const FUNDS = STARTER.metered.tokens

test('a plan is put, read, replaced as a whole and listed', async (t) => {
  const service = await startService(t)
  const put = await service.asAdmin('PUT', '/api/plans/starter', STARTER)
  assert.equal(put.status, 200)
  const { subscriptions_to_update, ...shown } = put.body
  assert.equal(subscriptions_to_update, 0)
  const { created_at, updated_at, ...plan } = shown
  const { stripe_price_id: price } = STARTER
  const prices = { stripe_price_ids: [price], former_stripe_price_ids: [] }
  assert.deepEqual(plan, { plan_id: 'starter', ...STARTER, ...prices, rank: 0, checkout: null })
  assert.equal(created_at, updated_at)
  assert.deepEqual((await service.asAdmin('GET', '/api/plans/starter')).body, shown)

  const smaller = { name: 'Starter 2', features: {}, limits: {} }
  const replaced = await service.asAdmin('PUT', '/api/plans/starter', smaller)
  const { updated_at: at, ...rest } = replaced.body
  assert.ok(at >= updated_at)
  const expected = {
    plan_id: 'starter',
    stripe_price_id: null,
    stripe_price_ids: [],
    former_stripe_price_ids: [price],
    rank: 0,
    checkout: null,
    subscriptions_to_update: 0,
    metered: null,
    license_days: null,
    license_grace_days: null,
    created_at,
  }
  assert.deepEqual(rest, { ...expected, ...smaller })

  for (const id of ['b', 'c', 'd']) await putPlan(service, id)
  const first = await service.asAdmin('GET', '/api/plans?limit=3')
  const second = await service.asAdmin('GET', `/api/plans?limit=3&cursor=${first.body.next_cursor}`)
  const ids = [...first.body.data, ...second.body.data].map((one) => one.plan_id)
  assert.deepEqual(ids, ['d', 'c', 'b', 'starter'])
  assert.equal(second.body.next_cursor, null)
  const audited = await query(
    service.database,
    `select count(*)::int as n from audit_records where event = 'plan.updated' and subject = 'starter'`,
  )
  assert.deepEqual(audited, [{ n: 2 }])
})

test('of very many former prices the newest are shown', async (t) => {
  const service = await startService(t)
  await service.asAdmin('PUT', '/api/plans/starter', STARTER)
  await query(
    service.database,
    `insert into plan_prices (price_id, plan_id, since)
      select 'price_' || n, 'starter', now() - (2000 - n) * interval '1 minute'
      from generate_series(1, 1500) n`,
  )
  const { body } = await service.asAdmin('GET', '/api/plans/starter')
  assert.deepEqual(body.stripe_price_ids, [STARTER.stripe_price_id])
  const newest = Array.from({ length: 999 }, (_, index) => `price_${502 + index}`)
  assert.deepEqual(body.former_stripe_price_ids, newest.toSorted())
})

test('what is no plan is refused and changes nothing', async (t) => {
  const service = await startService(t)
  assertRefused(await service.asAdmin('GET', '/api/plans/none'), 'PLAN_NOT_FOUND')
  for (const rest of [
    { name: '' },
    { name: 5 },
    { name: undefined },
    { features: undefined },
    { features: [] },
    { features: { 'Not a name': 1 } },
    { limits: { calls: -1 } },
    { limits: { calls: '5' } },
    { limits: { calls: null } },
    { limits: { Calls: 1 } },
    { metered: [] },
    { metered: { 'Not a name': FUNDS } },
    { metered: { tokens: { ...FUNDS, via: 'cash' } } },
    { metered: { tokens: { ...FUNDS, price: 0 } } },
    { metered: { tokens: { ...FUNDS, price: 0.5 } } },
    { metered: { tokens: { ...FUNDS, price: '3' } } },
    { metered: { tokens: { ...FUNDS, per: 0 } } },
    { metered: { tokens: { ...FUNDS, asset: 'usd' } } },
    { metered: { tokens: { ...FUNDS, asset: undefined } } },
    { metered: { tokens: { ...FUNDS, event_name: 'tokens' } } },
    { metered: { tokens: { via: 'stripe' } } },
    { metered: { tokens: { via: 'stripe', event_name: 'a'.repeat(101) } } },
    { metered: { tokens: FUNDS, calls: { ...FUNDS, asset: 'EUR/2' } } },
    { license_days: 0 },
    { license_days: 1.5 },
    { license_days: 3_661 },
    { license_grace_days: -1 },
    { license_grace_days: 366 },
    { stripe_price_id: '' },
    { stripe_price_id: 'price 1' },
    { price: 5 },
  ]) {
    const answer = await service.asAdmin('PUT', '/api/plans/starter', { ...STARTER, ...rest })
    assertRefused(answer, 'VALIDATION_FAILED', JSON.stringify(rest))
  }
  for (const id of ['Starter', '-a', 'a%20b', 'a'.repeat(65)]) {
    assertRefused(await service.asAdmin('PUT', `/api/plans/${id}`, STARTER), 'VALIDATION_FAILED')
  }
  await service.asAdmin('PUT', '/api/plans/starter', STARTER)
  const twin = await service.asAdmin('PUT', '/api/plans/twin', STARTER)
  assertRefused(twin, 'PRICE_TAKEN')
  assert.deepEqual((await service.asAdmin('GET', '/api/plans')).body.data.length, 1)
})

test('a customer’s plan must exist', async (t) => {
  const service = await startService(t)
  const body = { email: 'ada@example.com', plan: 'starter' }
  assertRefused(await service.asAdmin('POST', '/api/customers', body), 'VALIDATION_FAILED')
  assert.deepEqual((await service.asAdmin('GET', '/api/customers')).body.data, [])
  await putPlan(service, 'starter')
  const { customerId } = await createCustomer(service, body)
  const path = `/api/customers/${customerId}`
  assertRefused(await service.asAdmin('PATCH', path, { plan: 'none' }), 'VALIDATION_FAILED')
  assert.equal((await service.asAdmin('GET', path)).body.plan, 'starter')
})

test('a plan is put with its audit record or not at all', async (t) => {
  const service = await startService(t)
  await closeAuditLog(service.database)
  assertRefused(await service.asAdmin('PUT', '/api/plans/starter', STARTER), 'DATABASE_UNAVAILABLE')
  assertRefused(await service.asAdmin('GET', '/api/plans/starter'), 'PLAN_NOT_FOUND')
})
