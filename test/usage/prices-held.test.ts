import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer, daysAgo } from '../support/usage.ts'

const costing = (price: number, rest: Record<string, unknown> = {}) => ({
  metered: { calls: { via: 'funds', asset: 'USD/2', price, ...rest } },
})

async function payer(service: Service, plan: string | null, email = 'ada@example.com') {
  const body = { email, ...(plan !== null && { plan }) }
  const { customerId, apiKey } = await createCustomer(service, body)
  await fund(service, customerId)
  const api = asCustomer(service, apiKey)
  return { customerId, api, cost: costOf(service, customerId, api) }
}

async function fund(service: Service, customerId: string): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 1_000_000 })
}

/** What one call costs that was used then; with null, one whose report does not say. */
function costOf(service: Service, customerId: string, api: ReturnType<typeof asCustomer>) {
  const balance = async (): Promise<number> =>
    (await service.asInternal('GET', `/balance/${customerId}`)).body.balance
  return async (then: Date | null): Promise<number> => {
    const before = await balance()
    const reported_at = then?.toISOString()
    const answer = await api('POST', '/api/usage/report', { metrics: { calls: 1 }, reported_at })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return before - (await balance())
  }
}

/** Times of the database, whose clock may not be ours to the millisecond. */
async function now(service: Service): Promise<Date> {
  const [row] = await query(service.database, 'select clock_timestamp() as now')
  await new Promise((resolve) => setTimeout(resolve, 5))
  return row?.['now']
}

async function start(t: TestContext) {
  const service = await startService(t)
  return { service, at: () => now(service) }
}

test('what was used under one price and reported under another is paid at the first', async (t) => {
  const { service, at } = await start(t)
  await putPlan(service, 'paid', costing(1))
  const ada = await payer(service, 'paid')
  const underOne = await at()
  assert.equal(await ada.cost(null), 1)
  await putPlan(service, 'paid', costing(5))
  const underFive = await at()
  await putPlan(service, 'paid', { name: 'Other words', ...costing(5) })
  assert.equal(await ada.cost(underOne), 1)
  assert.equal(await ada.cost(underFive), 5)
  assert.equal(await ada.cost(null), 5)
  assert.equal(await ada.cost(daysAgo(20)), 1, 'of before, the earliest price counts')

  await t.test('by any process, and in one batch', async () => {
    const replica = await startService(t, {}, service.database)
    const reports = [underOne, underFive, null].map((then) => ({
      metrics: { calls: 1 },
      ...(then && { reported_at: then.toISOString() }),
    }))
    const before = (await service.asInternal('GET', `/balance/${ada.customerId}`)).body.balance
    const { body } = await replica.call('POST', '/api/usage/report/batch', {
      body: { reports },
      headers: { 'x-api-key': (await keyOf(service, ada.customerId)) as string },
    })
    assert.ok(body.results.every(({ status }: { status: string }) => status === 'created'))
    const after = (await service.asInternal('GET', `/balance/${ada.customerId}`)).body.balance
    assert.equal(before - after, 1 + 5 + 5)
  })

  await t.test('also where it costs nothing any more, or did not then', async () => {
    await putPlan(service, 'paid')
    const free = await at()
    assert.equal(await ada.cost(null), 0)
    assert.equal(await ada.cost(underFive), 5)
    await putPlan(service, 'paid', costing(7))
    assert.equal(await ada.cost(free), 0)
    assert.equal(await ada.cost(null), 7)
  })
})

async function keyOf(service: Service, customerId: string): Promise<unknown> {
  const { body } = await service.asAdmin('POST', `/api/customers/${customerId}/api-keys`, {})
  return body.api_key
}

test('an operator’s change of plan counts from its time on', async (t) => {
  const { service, at } = await start(t)
  await putPlan(service, 'one', costing(1))
  await putPlan(service, 'two', costing(2))
  const ada = await payer(service, null)
  const underNone = await at()
  const change = async (plan: string | null) => {
    const answer = await service.asAdmin('PATCH', `/api/customers/${ada.customerId}`, { plan })
    assert.equal(answer.status, 200)
    return at()
  }
  assert.equal(await ada.cost(null), 0)
  const underOne = await change('one')
  assert.equal(await ada.cost(underNone), 1, 'of before the first plan, that of the first')
  const between = await change(null)
  const underTwo = await change('two')
  assert.deepEqual(
    [await ada.cost(underNone), await ada.cost(underOne), await ada.cost(between)],
    [1, 1, 0],
  )
  assert.deepEqual([await ada.cost(underTwo), await ada.cost(null)], [2, 2])
})

test('what was used before a subscription came to its owner is not paid for by it', async (t) => {
  const { service, stripe, deliver, newCustomer } = await startBilling(t)
  const dear = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await putPlan(service, 'free', costing(1))
  await putPlan(service, 'pro', { stripe_price_ids: [dear.id], rank: 1, ...costing(3) })
  const hour = 3_600
  stripe.clock.advance(-20 * hour)
  const begun = stripe.clock.now()
  const at = (hours: number) => new Date((begun + hours * hour) * 1_000)
  const ada = await newCustomer()
  await fund(service, ada.customerId)
  const adas = costOf(service, ada.customerId, ada.call)
  const eve = await payer(service, 'free', 'eve@example.com')
  const id = await ada.subscribe('pro')
  await deliver()

  const giveTo = async (customerId: string) => {
    stripe.clock.advance(4 * hour)
    stripe.setMetadata(id, { customer_id: customerId })
    await deliver()
  }
  await giveTo(eve.customerId)
  assert.deepEqual([await eve.cost(at(2)), await eve.cost(at(6)), await eve.cost(null)], [1, 3, 3])
  assert.deepEqual([await adas(at(2)), await adas(at(6)), await adas(null)], [3, 0, 0])
  await giveTo(ada.customerId)
  assert.deepEqual(
    [await eve.cost(at(2)), await eve.cost(at(6)), await eve.cost(at(10)), await eve.cost(null)],
    [1, 3, 1, 1],
  )
  assert.deepEqual(
    [await adas(at(2)), await adas(at(6)), await adas(at(10)), await adas(null)],
    [3, 0, 3, 3],
  )
})

test('what a subscription was at the time decides, by Stripe’s clock', async (t) => {
  const { service, stripe, deliver, newCustomer } = await startBilling(t)
  const cheap = stripe.addPrice({ unit_amount: 1_900, recurring: { interval: 'month' } })
  const dear = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await putPlan(service, 'basic', { stripe_price_ids: [cheap.id], ...costing(3) })
  await putPlan(service, 'pro', { stripe_price_ids: [dear.id], rank: 1, ...costing(10) })
  const hour = 3_600
  stripe.clock.advance(-10 * hour)
  const ada = await newCustomer()
  await fund(service, ada.customerId)
  const cost = costOf(service, ada.customerId, ada.call)
  const at = (hours: number) => new Date((stripe.clock.now() + hours * hour) * 1_000)

  const before = at(-1)
  const id = await ada.subscribe('basic')
  const underBasic = at(1)
  await deliver([...stripe.events])
  assert.equal(await cost(null), 3)
  stripe.clock.advance(4 * hour)
  stripe.changePrice(id, dear.id)
  const underPro = at(1)
  await deliver(stripe.events.slice(-1))
  assert.equal(await cost(null), 10)
  assert.equal(await cost(underBasic), 3)
  assert.equal(await cost(underPro), 10, 'though it was told only now')
  stripe.clock.advance(4 * hour)
  stripe.cancel(id)
  await deliver(stripe.events.slice(-1))
  assert.equal(await cost(null), 0)
  assert.deepEqual(
    [await cost(before), await cost(underBasic), await cost(underPro), await cost(at(1))],
    [3, 3, 10, 0],
  )

  await t.test('and what was noted and counts no more is deleted with the reports', async () => {
    const count = async () => {
      const [row] = await query(
        service.database,
        'select count(*)::int as n from subscriptions_past',
      )
      return row?.['n']
    }
    assert.ok((await count()) > 0)
    await query(
      service.database,
      `update subscriptions_past set until = until - interval '200 days'`,
    )
    await service.asAdmin('DELETE', '/api/usage/cleanup')
    assert.equal(await count(), 0)
  })
})
