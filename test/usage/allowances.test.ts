import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer, daysAgo } from '../support/usage.ts'

type Metrics = Record<string, number>

/** So many metrics, by names that begin with this. */
function metrics(count: number, prefix = 'm'): Metrics {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}.${n}`, 1]))
}

function client(service: Service, customer: { customerId: string; apiKey: string }) {
  const api = asCustomer(service, customer.apiKey)
  return {
    customerId: customer.customerId,
    report: (body: Record<string, unknown>) => api('POST', '/api/usage/report', body),
    batch: (reports: Record<string, unknown>[]) =>
      api('POST', '/api/usage/report/batch', { reports }),
  }
}

async function start(t: TestContext, env: Record<string, string | undefined>) {
  const service = await startService(t, env)
  const customer = await createCustomer(service)
  return { service, customer, ...client(service, customer) }
}

/** What is stored of a customer: values of its reports, and names in its totals. */
async function stored(service: Service, customerId: string) {
  const [row] = await query<{ values: number; names: number }[]>(
    service.database,
    `select (
        select count(*)::int from usage_reports, jsonb_object_keys(metrics)
        where customer_id = '${customerId}'
      ) as values, (
        select count(distinct metric)::int from usage_totals where customer_id = '${customerId}'
      ) as names`,
  )
  return row
}

async function counted(service: Service, customerId: string) {
  const [row] = await query<{ values: number; names: number }[]>(
    service.database,
    `select value_count as values, name_count as names from usage_allowances
      where customer_id = '${customerId}'`,
  )
  return row
}

const codes = (results: { status: string; code?: string }[]) =>
  results.map(({ status, code }) => code ?? status)

test('by default a customer has 200,000 values an hour and 1,000 names', async (t) => {
  const { service, customerId, report, batch } = await start(t, { USAGE_VALUES_MAX: undefined })
  const first = await report({ metrics: metrics(2) })
  assert.deepEqual(first.body.remaining, { values: 199_998, metric_names: 998 })

  await t.test(
    'a batch of one value more than 10,000 is refused, whatever else it has',
    async () => {
      const reports = Array.from({ length: 100 }, (_, n) => ({ metrics: metrics(100, `g${n}`) }))
      const over = await batch([...reports, { metrics: { one: 1 } }])
      assertRefused(over, 'VALIDATION_FAILED')
      assert.equal(over.body.details[0].path, '/reports')
      assert.deepEqual(await stored(service, customerId), { values: 2, names: 2 })
      assert.deepEqual(await counted(service, customerId), { values: 2, names: 2 })
    },
  )
})

test('values of an hour: to the last one, and none beyond', async (t) => {
  const { service, customerId, report, batch } = await start(t, { USAGE_VALUES_MAX: '10' })
  const single = { metrics: metrics(4), report_id: 'single' }
  const first = await report(single)
  assert.deepEqual([first.status, first.body.remaining.values], [201, 6])

  await t.test('a batch beyond is refused whole, and says when to come again', async () => {
    const answer = await batch([{ metrics: metrics(5) }, { metrics: metrics(2) }])
    assertRefused(answer, 'RATE_LIMITED')
    const waitS = Number(answer.headers.get('retry-after'))
    assert.ok(waitS > 0 && waitS <= 3_600, String(waitS))
    assert.deepEqual(await stored(service, customerId), { values: 4, names: 4 })
  })
  await t.test('what is not stored is given back', async () => {
    const old = { metrics: metrics(3), reported_at: daysAgo(1_000).toISOString() }
    const other = { metrics: metrics(1), report_id: 'single' }
    const answer = await batch([old, single, other])
    assert.deepEqual(codes(answer.body.results), [
      'VALIDATION_FAILED',
      'replayed',
      'IDEMPOTENCY_KEY_REUSED',
    ])
    assert.equal(answer.body.remaining.values, 6)
    assert.deepEqual(await counted(service, customerId), { values: 4, names: 4 })
  })
  const last = [
    { metrics: metrics(4), report_id: 'x' },
    { metrics: metrics(2), report_id: 'y' },
  ]
  await t.test('a batch that just fits, copies within it included', async () => {
    const answer = await batch([...last])
    assert.deepEqual(codes(answer.body.results), ['created', 'created'])
    assert.equal(answer.body.remaining.values, 0)
  })
  await t.test('one more is a 429; what is repeated costs nothing', async () => {
    const more = await report({ metrics: metrics(1) })
    assertRefused(more, 'RATE_LIMITED')
    assert.ok(Number(more.headers.get('retry-after')) > 0)
    assertRefused(await batch([...last, { metrics: metrics(1) }]), 'RATE_LIMITED')
    const again = await report(single)
    assert.deepEqual([again.status, again.body.remaining.values], [200, 0])
    const all = await batch([...last, single])
    assert.deepEqual(codes(all.body.results), ['replayed', 'replayed', 'replayed'])
    assert.deepEqual(await stored(service, customerId), { values: 10, names: 4 })
  })
  await t.test('another process counts the same, and a restart forgets nothing', async (t2) => {
    const replica = await startService(t2, { USAGE_VALUES_MAX: '10' }, service.database)
    const { customer } = { customer: await createCustomer(service, { email: 'b@example.com' }) }
    assertRefused(
      await client(replica, { customerId, apiKey: await keyOf() }).report({ metrics: metrics(1) }),
      'RATE_LIMITED',
    )
    assert.equal((await client(replica, customer).report({ metrics: metrics(10) })).status, 201)

    async function keyOf(): Promise<string> {
      const answer = await service.asAdmin('POST', `/api/customers/${customerId}/api-keys`, {})
      return answer.body.api_key
    }
  })
  await t.test('with the next hour all of it is there again', async () => {
    await query(service.database, `update usage_allowances set hour = hour - interval '1 hour'`)
    const again = await report(single)
    assert.deepEqual([again.status, again.body.remaining.values], [200, 10])
    const answer = await report({ metrics: metrics(10) })
    assert.deepEqual([answer.status, answer.body.remaining.values], [201, 0])
    assertRefused(await report({ metrics: metrics(1) }), 'RATE_LIMITED')
  })
})

test('names: to the last one, and a report with one too many is refused alone', async (t) => {
  const { service, customer, customerId, report, batch } = await start(t, {
    USAGE_METRICS_MAX: '5',
  })
  const first = await report({ metrics: { a: 1, b: 1 } })
  assert.equal(first.body.remaining.metric_names, 3)
  assertRefused(await report({ metrics: { c: 1, d: 1, e: 1, f: 1 } }), 'TOO_MANY_METRICS')
  const old = daysAgo(1_000).toISOString()
  const answer = await batch([
    // Refused for its time: its names are not the customer's.
    { metrics: { x: 1, y: 1, z: 1 }, reported_at: old },
    { metrics: { c: 1, a: 1 } },
    { metrics: { d: 1, e: 1, f: 1 } },
    { metrics: { d: 1, e: 1 } },
    { metrics: { f: 1, a: 1 } },
    { metrics: { a: 1, b: 1, c: 1, d: 1, e: 1 } },
  ])
  assert.deepEqual(codes(answer.body.results), [
    'VALIDATION_FAILED',
    'created',
    'TOO_MANY_METRICS',
    'created',
    'TOO_MANY_METRICS',
    'created',
  ])
  assert.equal(answer.body.remaining.metric_names, 0)
  assert.deepEqual(await stored(service, customerId), { values: 11, names: 5 })
  assertRefused(await report({ metrics: { f: 1 } }), 'TOO_MANY_METRICS')
  assert.equal((await report({ metrics: { e: 1 } })).status, 201)

  await t.test('they stay when reports are cleaned, and for the next process', async (t2) => {
    await query(service.database, 'delete from usage_reports')
    const next = await startService(t2, { USAGE_METRICS_MAX: '5' }, service.database)
    const api = client(next, customer)
    assertRefused(await api.report({ metrics: { f: 1 } }), 'TOO_MANY_METRICS')
    assert.equal((await api.report({ metrics: { a: 1, e: 1 } })).status, 201)
  })
  await t.test(
    'of a customer from before there were allowances, those it has count',
    async (t2) => {
      await query(service.database, 'delete from usage_allowances')
      const next = await startService(t2, { USAGE_METRICS_MAX: '6' }, service.database)
      const api = client(next, customer)
      assertRefused(await api.report({ metrics: { f: 1, g: 1 } }), 'TOO_MANY_METRICS')
      const last = await api.report({ metrics: { f: 1, a: 1 } })
      assert.deepEqual([last.status, last.body.remaining.metric_names], [201, 0])
      assertRefused(await api.report({ metrics: { g: 1 } }), 'TOO_MANY_METRICS')
    },
  )
})

test('whatever arrives at once, at two processes: exactly the cap is stored', async (t) => {
  const env = { USAGE_VALUES_MAX: '100', USAGE_METRICS_MAX: '7' }
  const { service, customer, customerId } = await start(t, env)
  const replica = await startService(t, env, service.database)
  const apis = [client(service, customer), client(replica, customer)] as const
  for (const api of apis) await api.report({ metrics: { 'name.1': 1 } })
  const answers = await Promise.all(
    Array.from({ length: 90 }, async (_, n) => {
      const api = apis[n % 2 === 0 ? 0 : 1]
      // One value each, so that nothing but the cap itself can be reached.
      if (n % 3 > 0) {
        const answer = await api.report({ metrics: { [`name.${n % 11}`]: 1 } })
        return [answer.status === 201 ? 'created' : (answer.body.code as string)]
      }
      const reports = [{ metrics: { 'name.1': 1 } }, { metrics: { [`name.${n % 10}`]: 1 } }]
      const answer = await api.batch(reports)
      return answer.status === 200 ? codes(answer.body.results) : [answer.body.code as string]
    }),
  )
  const found = await stored(service, customerId)
  assert.equal(found?.names, 7)
  const created = 2 + answers.flat().filter((code) => code === 'created').length
  assert.equal(found?.values, created)
  assert.ok(created <= 100)
  const others = answers.flat().filter((code) => code !== 'created')
  assert.ok(others.every((code) => ['TOO_MANY_METRICS', 'RATE_LIMITED'].includes(code)))
  assert.deepEqual(await counted(service, customerId), { values: created, names: 7 })

  // What is left can be used to the last value, and no further.
  for (let left = 100 - created; left > 0; left--) {
    assert.equal(
      (await apis[left % 2 === 0 ? 0 : 1].report({ metrics: { 'name.1': 1 } })).status,
      201,
    )
  }
  const beyond = await Promise.all(apis.map((api) => api.report({ metrics: { 'name.1': 1 } })))
  for (const answer of beyond) assertRefused(answer, 'RATE_LIMITED')
  assert.equal((await stored(service, customerId))?.values, 100)
})

test('copies of a batch, at once at two processes, cost once', async (t) => {
  const env = { USAGE_VALUES_MAX: '1000' }
  const { service, customer, customerId } = await start(t, env)
  const replica = await startService(t, env, service.database)
  const reports = Array.from({ length: 20 }, (_, n) => ({
    metrics: metrics(5),
    report_id: `r-${n}`,
  }))
  const apis = [service, replica, service, replica].map((one) => client(one, customer))
  const answers = await Promise.all(apis.map((api) => api.batch(reports)))
  const results = answers.flatMap(({ body }) => codes(body.results))
  assert.equal(results.filter((code) => code === 'created').length, 20)
  assert.equal(results.filter((code) => code === 'replayed').length, 60)
  assert.deepEqual(await counted(service, customerId), { values: 100, names: 5 })
})

test('usage that is paid from funds counts alike, and what is refused is not paid for', async (t) => {
  const env = { USAGE_VALUES_MAX: '6', USAGE_METRICS_MAX: '3' }
  const service = await startService(t, env)
  await putPlan(service, 'paid', {
    metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } },
  })
  const customer = await createCustomer(service, { email: 'ada@example.com', plan: 'paid' })
  const { customerId, report, batch } = client(service, customer)
  const balance = async () =>
    (await service.asInternal('GET', `/balance/${customerId}`)).body.balance
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })

  const paid = { metrics: { calls: 1, other: 1 }, report_id: 'paid' }
  assertRefused(await report(paid), 'INSUFFICIENT_FUNDS')
  assert.deepEqual(await counted(service, customerId), { values: 0, names: 0 })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 100 })
  const first = await report(paid)
  assert.deepEqual([first.status, first.body.remaining], [201, { values: 4, metric_names: 1 }])
  assertRefused(await report({ metrics: { calls: 1, x: 1, y: 1 } }), 'TOO_MANY_METRICS')
  assert.equal(await balance(), 98)

  const answer = await batch([
    { metrics: { calls: 1, x: 1 }, report_id: 'b-1' },
    { metrics: { calls: 1, y: 1 } },
    paid,
  ])
  assert.deepEqual(codes(answer.body.results), ['created', 'TOO_MANY_METRICS', 'replayed'])
  assert.deepEqual(answer.body.remaining, { values: 2, metric_names: 0 })
  assertRefused(await batch([{ metrics: { calls: 1, x: 1, other: 1 } }]), 'RATE_LIMITED')
  assertRefused(await report({ metrics: { calls: 1, x: 1, other: 1 } }), 'RATE_LIMITED')
  assert.equal((await report({ metrics: { calls: 1 } })).status, 201)
  assert.equal((await report({ metrics: { other: 1 } })).status, 201)
  assertRefused(await report({ metrics: { calls: 1 } }), 'RATE_LIMITED')
  assertRefused(await report({ metrics: { other: 1 } }), 'RATE_LIMITED')
  assert.equal(await balance(), 94)
  assert.deepEqual(await stored(service, customerId), { values: 6, names: 3 })

  await t.test('paid for, though its report is gone: answered before any cap', async () => {
    await query(service.database, `delete from usage_reports where report_id = 'paid'`)
    assert.equal((await report(paid)).status, 200)
    assert.equal(await balance(), 94)
  })
})

test('an erasure takes the allowances with it; another customer begins with all of them', async (t) => {
  const { service, customerId, report } = await start(t, { USAGE_VALUES_MAX: '2' })
  await report({ metrics: metrics(2) })
  assertRefused(await report({ metrics: metrics(1) }), 'RATE_LIMITED')
  const erased = await service.asAdmin('DELETE', `/api/customers/${customerId}`)
  assert.equal(erased.status, 200)
  assert.equal(await counted(service, customerId), undefined)
  assertRefused(await report({ metrics: metrics(1) }), 'UNAUTHORIZED')
  const next = client(service, await createCustomer(service))
  assert.deepEqual((await next.report({ metrics: metrics(2) })).body.remaining.values, 0)
})
