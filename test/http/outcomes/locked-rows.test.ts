import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createCustomer, putPlan } from '../../support/customers.ts'
import { lock, settled } from '../../support/locks.ts'
import { assertRefused } from '../../support/refusals.ts'
import { startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'
import { asCustomer } from '../../support/usage.ts'

/** Told of what has not been done, by what comes first: the bound of a lock's wait, or the call's time. */
const NOT_DONE = new Set(['ACCOUNT_BUSY', 'DATABASE_UNAVAILABLE', 'TIMEOUT'])

test('a charge that waits for its account in vain is never made', async (t) => {
  const service = await startService(t)
  for (const user_id of ['ada', 'eve']) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount: 1_000 })
  }
  const { release } = await lock(
    t,
    service,
    "select from accounts where user_id = 'ada' for update",
  )
  const first = service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 10 })
  await delay(100)
  const second = service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 20 })
  const hold = service.asInternal('POST', '/holds', { user_id: 'ada', amount: 40 })
  for (const answer of await Promise.all([first, second, hold])) {
    assertRefused(answer, 'ACCOUNT_BUSY')
    assert.equal(answer.body.idempotency_key, undefined)
  }
  await release()
  await settled(service)
  const { body } = await service.asInternal('GET', '/balance/ada')
  assert.deepEqual([body.balance, body.held], [1_000, 0])
})

test('reports that wait for a locked total in vain are not stored', async (t) => {
  const service = await startService(t)
  const { apiKey, customerId } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  const { release } = await lock(t, service, 'select from usage_totals for update')
  const first = api('POST', '/api/usage/report', { metrics: { calls: 10 } })
  await delay(300)
  const second = api('POST', '/api/usage/report', { metrics: { calls: 100 } })
  for (const answer of await Promise.all([first, second])) {
    assertRefused(answer, 'ACCOUNT_BUSY')
    assert.equal(answer.body.report_id, undefined)
  }
  await release()
  await settled(service)
  const totals = await api('GET', `/api/usage/${customerId}?metric=calls&bucket=month`)
  assert.equal(totals.body.data[0].sum, 1)
})

test('a paid report that waits for its account in vain is neither stored nor paid', async (t) => {
  const service = await startService(t)
  const metered = { calls: { via: 'funds', asset: 'USD/2', price: 2 } }
  await putPlan(service, 'paid', { metered })
  const { apiKey, customerId } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 1_000 })
  const api = asCustomer(service, apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  const { release } = await lock(t, service, 'select from accounts for update')
  const late = await api('POST', '/api/usage/report', { metrics: { calls: 10 } })
  assertRefused(late, 'ACCOUNT_BUSY')
  await release()
  await settled(service)
  assert.equal((await service.asInternal('GET', `/balance/${customerId}`)).body.balance, 998)
})

test('what an operator writes and waits for in vain does not happen', async (t) => {
  const service = await startService(t)
  const { customerId, keyId } = await createCustomer(service)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await putPlan(service, 'basic')
  const { release } = await lock(
    t,
    service,
    'lock table customers, api_keys, plans, accounts in exclusive mode',
  )
  const key = `/api/customers/${customerId}/api-keys/${keyId}`
  const answers = await Promise.all([
    service.asAdmin('PATCH', `/api/customers/${customerId}`, { company_name: 'Late' }),
    service.asAdmin('POST', `${key}/rotate`, {}),
    service.asAdmin('DELETE', key),
    service.asAdmin('PUT', '/api/plans/basic', { name: 'Late', features: {}, limits: {} }),
    service.asInternal('PATCH', '/account/ada', { credit_limit: 5 }),
    service.asInternal('DELETE', '/account/ada'),
  ])
  for (const answer of answers) {
    assert.equal(answer.status, 503)
    assert.ok(NOT_DONE.has(answer.body.code), JSON.stringify(answer.body))
  }
  await release()
  await settled(service)
  const [left] = await query(
    service.database,
    `select
       (select company_name from customers) as company,
       (select name from plans) as plan,
       (select count(*)::int from api_keys where revoked_at is null) as keys,
       (select credit_limit::int from accounts where user_id = 'ada') as limit`,
  )
  assert.deepEqual(left, { company: null, plan: 'basic', keys: 1, limit: 0 })
})
