import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { asCustomer, daysAgo, startOfDay } from '../support/usage.ts'
import { query } from '../support/tables.ts'

async function start(t: Parameters<typeof startService>[0], limits: Record<string, number> = {}) {
  const service = await startService(t)
  await putPlan(service, 'pro', { limits })
  const customer = await createCustomer(service, { email: 'ada@example.com', plan: 'pro' })
  return { service, ...customer, api: asCustomer(service, customer.apiKey) }
}

test('a report is stored once, and its copies are told so', async (t) => {
  const { service, customerId, api } = await start(t, { calls: 100 })
  const body = { metrics: { calls: 60, 'storage.gb': 0.1 }, report_id: 'r-1', instance_id: 'i-7' }

  const first = await api('POST', '/api/usage/report', body)
  assert.equal(first.status, 201)
  assert.equal(first.headers.has('idempotent-replayed'), false)
  const { received_at, remaining, ...rest } = first.body
  assert.equal(remaining.metric_names, 998)
  assert.match(received_at, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  const limits = [{ metric: 'calls', used: 60, limit: 100, exceeded: false }]
  assert.deepEqual(rest, { report_id: 'r-1', customer_id: customerId, limits })

  await t.test('with the same content: the first answer, 200 and replayed', async () => {
    const spaced = `{ "report_id":"r-1", "instance_id":"i-7","metrics":{"storage.gb":1e-1,"calls":60}}`
    for (const copy of [body, spaced]) {
      const again = await api('POST', '/api/usage/report', copy)
      assert.deepEqual([again.status, again.body], [200, first.body])
      assert.equal(again.headers.get('idempotent-replayed'), 'true')
    }
  })

  await t.test('with other content: 422, and nothing is added', async () => {
    for (const other of [
      { ...body, metrics: { calls: 61, 'storage.gb': 0.1 } },
      { ...body, metrics: { calls: 60 } },
      { ...body, instance_id: 'i-8' },
      { ...body, reported_at: daysAgo(1).toISOString() },
      // Refused for its time if it were new; but it is not.
      { ...body, reported_at: daysAgo(3_000).toISOString() },
    ]) {
      assertRefused(await api('POST', '/api/usage/report', other), 'IDEMPOTENCY_KEY_REUSED')
    }
  })

  await t.test('without an id, each is a report of its own', async () => {
    const ids = new Set<string>()
    for (let n = 1; n <= 2; n++) {
      const { status, body: receipt } = await api('POST', '/api/usage/report', {
        metrics: { other: 1 },
      })
      assert.equal(status, 201)
      ids.add(receipt.report_id)
    }
    assert.equal(ids.size, 2)
  })

  await t.test('another customer’s identical id is independent', async () => {
    const other = await createCustomer(service, { email: 'bob@example.com' })
    const answer = await asCustomer(service, other.apiKey)('POST', '/api/usage/report', body)
    assert.deepEqual([answer.status, answer.body.limits], [201, []])
  })

  const totals = await api('GET', `/api/usage/${customerId}?metric=calls`)
  assert.deepEqual(
    totals.body.data.map((total: { sum: number }) => total.sum),
    [60],
  )
})

test('the same report written with another zone is the same report', async (t) => {
  const { api } = await start(t)
  const at = new Date(startOfDay(1).getTime() + 10 * 3_600_000)
  const zoned = at.toISOString().replace('T10:00:00.000Z', 'T12:00:00+02:00')
  const body = { metrics: { calls: 1 }, report_id: 'r-1' }
  const first = await api('POST', '/api/usage/report', { ...body, reported_at: at.toISOString() })
  const again = await api('POST', '/api/usage/report', { ...body, reported_at: zoned })
  assert.deepEqual([first.status, again.status], [201, 200])
})

test('a report’s time lies in the retention window and at most five minutes ahead', async (t) => {
  const { api } = await start(t)
  const report = (msAgo: number) =>
    api('POST', '/api/usage/report', {
      metrics: { calls: 1 },
      reported_at: new Date(Date.now() - msAgo).toISOString(),
    })
  const day = 86_400_000
  for (const ago of [-280_000, 0, day, 89.99 * day]) assert.equal((await report(ago)).status, 201)
  for (const ago of [-320_000, -day, -365 * day, 90.01 * day, 3_650 * day]) {
    const answer = await report(ago)
    assertRefused(answer, 'VALIDATION_FAILED')
    assert.equal(answer.body.details[0].path, '/reported_at')
  }
})

test('answers say where the customer stands this month, the report counted', async (t) => {
  const { service, customerId, api } = await start(t, { calls: 10, bytes: 1, 'cpu.s': 0.3 })
  const report = async (metrics: Record<string, number>, reported_at?: string) =>
    (await api('POST', '/api/usage/report', { metrics, reported_at })).body.limits
  assert.deepEqual(await report({ calls: 10, unlimited: 5 }), [
    { metric: 'bytes', used: 0, limit: 1, exceeded: false },
    { metric: 'calls', used: 10, limit: 10, exceeded: false },
    { metric: 'cpu.s', used: 0, limit: 0.3, exceeded: false },
  ])
  await report({ 'cpu.s': 0.1 })
  const [, calls, cpu] = await report({ 'cpu.s': 0.2, calls: 1 })
  assert.deepEqual(calls, { metric: 'calls', used: 11, limit: 10, exceeded: true })
  // 0.1 and 0.2 are 0.3, as decimals.
  assert.deepEqual(cpu, { metric: 'cpu.s', used: 0.3, limit: 0.3, exceeded: false })

  await t.test('not counting what was used in other months', async () => {
    const lastMonth = new Date(new Date().setUTCDate(0)).toISOString()
    const [, unchanged] = await report({ calls: 500 }, lastMonth)
    assert.equal(unchanged.used, 11)
  })

  await t.test('which is noted, audited and counted once a month', async () => {
    await report({ calls: 1 })
    const findings = await service.asAdmin('GET', '/api/usage/anomalies')
    const month = new Date().toISOString().slice(0, 7)
    const [{ found_at: _, ...finding }] = findings.body.data
    assert.equal(findings.body.data.length, 1)
    assert.deepEqual(finding, {
      kind: 'limit_exceeded',
      customer_id: customerId,
      metric: 'calls',
      at: `${month}-01T00:00:00.000Z`,
      value: 11,
      threshold: 10,
    })
    const records = await query(
      service.database,
      `select actor, subject, metadata from audit_records where event = 'usage.limit_exceeded'`,
    )
    const metadata = { metric: 'calls', used: 11, limit: 10, month }
    assert.deepEqual([...records], [{ actor: 'system', subject: customerId, metadata }])
    const metrics = await service.asAdmin('GET', '/metrics')
    assert.match(metrics.body, /strongroom_usage_findings_total\{kind="limit_exceeded"\} 1/)
  })
})

test('a batch gives each report its own outcome, in order', async (t) => {
  const { service, customerId, api } = await start(t)
  const metrics = { calls: 1 }
  await api('POST', '/api/usage/report', { metrics, report_id: 'known' })
  const late = daysAgo(200).toISOString()
  const { status, body } = await api('POST', '/api/usage/report/batch', {
    reports: [
      { metrics, report_id: 'a' },
      { metrics, report_id: 'known' },
      { metrics: { calls: 2 }, report_id: 'known' },
      { metrics, report_id: 'b', reported_at: late },
      { metrics, reported_at: late },
      { metrics, report_id: 'a' },
      { metrics: { calls: 3 }, report_id: 'a' },
      { metrics, report_id: 'b' },
      { metrics, report_id: 'c', reported_at: daysAgo(2).toISOString() },
    ],
  })
  assert.equal(status, 200)
  assert.deepEqual(body.results, [
    { report_id: 'a', status: 'created' },
    { report_id: 'known', status: 'replayed' },
    { report_id: 'known', status: 'refused', code: 'IDEMPOTENCY_KEY_REUSED' },
    { report_id: 'b', status: 'refused', code: 'VALIDATION_FAILED' },
    { report_id: null, status: 'refused', code: 'VALIDATION_FAILED' },
    { report_id: 'a', status: 'replayed' },
    { report_id: 'a', status: 'refused', code: 'IDEMPOTENCY_KEY_REUSED' },
    { report_id: 'b', status: 'created' },
    { report_id: 'c', status: 'created' },
  ])
  const totals = await api(
    'GET',
    `/api/usage/${customerId}?bucket=month&from=${daysAgo(40).toISOString()}`,
  )
  const counts = totals.body.data.map((total: { count: number }) => total.count)
  assert.equal(
    counts.reduce((a: number, b: number) => a + b),
    4,
  )
  await assertRoom(service, api)
})

/** A thousand reports of ten metrics each are the most that is taken. */
async function assertRoom(service: Service, api: ReturnType<typeof asCustomer>) {
  const metrics = Object.fromEntries(
    Array.from({ length: 10 }, (_, n) => [`requests.region_${n}`, n]),
  )
  const reports = Array.from({ length: 1_000 }, (_, n) => ({ metrics, report_id: `big-${n}` }))
  const answer = await api('POST', '/api/usage/report/batch', { reports })
  assert.equal(answer.status, 200)
  assert.ok(answer.body.results.every((one: { status: string }) => one.status === 'created'))
  const [{ count } = { count: 0 }] = await query<{ count: number }[]>(
    service.database,
    `select sum(count)::int as count from usage_totals where metric = 'requests.region_9' and period = 'day'`,
  )
  assert.equal(count, 1_000)
}
