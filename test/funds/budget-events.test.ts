import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, putPlan } from '../support/customers.ts'
import { startWithClock } from '../support/grants.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { asCustomer } from '../support/usage.ts'

const WAIT_MS_MAX = 10_000

async function open(service: Service, userId: string) {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: userId, amount: 1_000 })
  return {
    put: (id: string, body: object) =>
      service.asInternal('PUT', `/account/${userId}/budgets/${id}`, { window: 'month', ...body }),
    post: (path: string, body: object = {}) =>
      service.asInternal('POST', path, { user_id: userId, ...body }),
  }
}

async function release(service: Service, hold: { hold_id: string }): Promise<void> {
  const { status } = await service.asInternal('POST', `/holds/${hold.hold_id}/release`, {})
  assert.equal(status, 200)
}

/** What has been told of budgets: their names, and percentages. */
async function told(service: Service): Promise<string[]> {
  const { body } = await service.asAdmin('GET', '/api/events?limit=200')
  return (body.data as { type: string; data: { budget_id?: string; percent?: number } }[])
    .filter(({ type }) => type.startsWith('budget.'))
    .map(({ type, data }) =>
      [type, data.budget_id, data.percent].filter((one) => one !== undefined).join(' '),
    )
}

/** Until all of this has been told, and nothing else, not even behind what comes after it. */
async function assertTold(service: Service, expected: readonly string[]): Promise<void> {
  const { put, post } = await open(service, `last-${expected.length}`)
  const last = { reference_prefix: 'last' }
  await put('last', { amount: 1, match: last, alert_at: [100] })
  assert.equal((await post('/deduct', { amount: 1, reference: 'last' })).status, 200)
  const isThere = async () => (await told(service)).includes('budget.threshold last 100')
  assert.ok(await eventually(isThere, WAIT_MS_MAX))
  const isAll = async () => (await told(service)).length === expected.length + 1
  assert.ok(await eventually(isAll, WAIT_MS_MAX), JSON.stringify(await told(service)))
  const others = (await told(service)).filter((one) => one !== 'budget.threshold last 100')
  assert.deepEqual(others.toSorted(), [...expected].toSorted())
}

test('each percentage is told of, by charges and holds that pass several of them too', async (t) => {
  const service = await startService(t)
  const { put, post } = await open(service, 'ada')
  await put('charged', { amount: 100, match: { reason: 'charge' }, alert_at: [90, 50, 99] })
  await put('held', { amount: 100, match: { reason: 'hold' }, alert_at: [50, 90] })
  await post('/deduct', { amount: 95, reason: 'charge' })
  const hold = await post('/holds', { amount: 60, reason: 'hold' })
  await release(service, hold.body)
  // Reached before in this window.
  await post('/holds', { amount: 95, reason: 'hold' })
  await assertTold(service, [
    'budget.threshold charged 50',
    'budget.threshold charged 90',
    'budget.threshold held 50',
    'budget.threshold held 90',
  ])
})

test('a soft budget that is passed again after a refund is told of once in its window', async (t) => {
  const service = await startService(t)
  const { put, post } = await open(service, 'ada')
  const soft = { amount: 100, mode: 'soft' }
  await put('soft', soft)
  const passing = await post('/deduct', { amount: 110 })
  await service.asInternal('POST', '/refund', { transfer_id: passing.body.transfer_id })
  const hold = await post('/holds', { amount: 110 })
  await release(service, hold.body)
  await post('/deduct', { amount: 110 })
  // Other terms begin another window.
  await put('soft', { ...soft, match: { reason: 'new' } })
  await post('/deduct', { amount: 101, reason: 'new' })
  await assertTold(service, ['budget.exceeded soft', 'budget.exceeded soft'])
})

test('a hard budget that refuses under other terms is told of again, in the same window too', async (t) => {
  const service = await startService(t)
  const { put, post } = await open(service, 'ada')
  const refuse = async (times: number) => {
    const isTold = async () => {
      assertRefused(await post('/deduct', { amount: 101, reason: 'new' }), 'BUDGET_EXCEEDED')
      return (await told(service)).length === times
    }
    assert.ok(await eventually(isTold, WAIT_MS_MAX), JSON.stringify(await told(service)))
  }
  await put('hard', { amount: 100 })
  await refuse(1)
  // Neither of these is another window.
  await put('hard', { amount: 90 })
  assertRefused(await post('/deduct', { amount: 101, reason: 'new' }), 'BUDGET_EXCEEDED')
  await put('hard', { amount: 100, match: { reason: 'new' } })
  await refuse(2)
  await service.asInternal('DELETE', '/account/ada/budgets/hard')
  await put('hard', { amount: 100 })
  await refuse(3)
  await assertTold(service, Array<string>(3).fill('budget.exceeded hard'))
})

test('a hard budget that refuses is told of, in whatever way it was charged', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', {
    metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } },
  })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  const [single, held, atomic, batched, reported] = [
    await open(service, 'single'),
    await open(service, 'held'),
    await open(service, 'atomic'),
    await open(service, 'batched'),
    await open(service, customerId),
  ]
  for (const [id, { put }] of Object.entries({ single, held, atomic, batched, reported })) {
    await put(id, { amount: 100 })
  }
  assertRefused(await single.post('/deduct', { amount: 101 }), 'BUDGET_EXCEEDED')
  assertRefused(await held.post('/holds', { amount: 101 }), 'BUDGET_EXCEEDED')
  const transfers = (user_id: string) => [{ op: 'deduct', user_id, amount: 101 }]
  const all = { transfers: transfers('atomic'), atomic: true }
  const refused = await service.asInternal('POST', '/transfers/batch', all)
  assertRefused(refused, 'BATCH_REFUSED')
  const { body } = await service.asInternal('POST', '/transfers/batch', {
    transfers: transfers('batched'),
  })
  assert.equal(body.results[0].body.code, 'BUDGET_EXCEEDED')
  const api = asCustomer(service, apiKey)
  for (let n = 0; n < 2; n++) {
    const answer = await api('POST', '/api/usage/report', { metrics: { calls: 51 } })
    assertRefused(answer, 'BUDGET_EXCEEDED')
  }
  assert.equal((await api('POST', '/api/usage/report', { metrics: { calls: 50 } })).status, 201)
  await assertTold(
    service,
    ['single', 'held', 'atomic', 'batched', 'reported'].map((id) => `budget.exceeded ${id}`),
  )
})

test('what a budget counted of holds whose time is over is in none of its events', async (t) => {
  const { service, setClock, post } = await startWithClock(t)
  await post('/top_up', { user_id: 'ada', amount: 1_000 })
  const put = (amount: number) =>
    service.asInternal('PUT', '/account/ada/budgets/soft', {
      amount,
      window: 'total',
      mode: 'soft',
    })
  await put(500)
  // A charge ends a hundred of them, and the last one later.
  const hold = (amount: number, expires_in_s: number) => {
    return { op: 'hold', user_id: 'ada', amount, expires_in_s }
  }
  const transfers = [...Array.from({ length: 100 }, () => hold(1, 60)), hold(90, 120)]
  await post('/transfers/batch', { transfers })
  await setClock(121_000)
  assert.equal((await put(150)).body.used, 0)
  assert.equal((await put(50)).body.used, 0)
  await post('/deduct', { user_id: 'ada', amount: 30 })
  assert.equal((await put(20)).body.used, 30)
  await assertTold(service, ['budget.exceeded soft'])
  const { body } = await service.asAdmin('GET', '/api/events?type=budget.exceeded')
  const { amount, used } = body.data[0].data
  assert.deepEqual([amount, used], [20, 30])
})

test('nor in that of a hard budget that refuses', async (t) => {
  const { service, setClock, post } = await startWithClock(t)
  await post('/top_up', { user_id: 'ada', amount: 1_000 })
  await service.asInternal('PUT', '/account/ada/budgets/hard', { amount: 100, window: 'total' })
  await post('/deduct', { user_id: 'ada', amount: 80 })
  await post('/holds', { user_id: 'ada', amount: 20, expires_in_s: 60 })
  await setClock(61_000)
  // Refused as a whole, so that it does not end the hold either.
  const transfers = [{ op: 'deduct', user_id: 'ada', amount: 30 }]
  assertRefused(await post('/transfers/batch', { transfers, atomic: true }), 'BATCH_REFUSED')
  await assertTold(service, ['budget.exceeded hard'])
  const { body } = await service.asAdmin('GET', '/api/events?type=budget.exceeded')
  const { amount, used } = body.data[0].data
  assert.deepEqual([amount, used], [100, 80])
})

test('a hard budget that has refused, and is made soft, is told of when it is passed', async (t) => {
  const service = await startService(t)
  const { put, post } = await open(service, 'ada')
  await put('changed', { amount: 100 })
  assertRefused(await post('/deduct', { amount: 101 }), 'BUDGET_EXCEEDED')
  const isTold = async () => (await told(service)).length === 1
  assert.ok(await eventually(isTold, WAIT_MS_MAX))
  await put('changed', { amount: 100, mode: 'soft' })
  await post('/deduct', { amount: 101 })
  await assertTold(service, ['budget.exceeded changed', 'budget.exceeded changed'])
})
