import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { anomalyQueue, findAnomalies } from '../../src/usage/anomalies.ts'
import { newReport } from '../../src/usage/reports.ts'
import { connect } from '../../src/database/connect.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import type { TestDatabase } from '../support/database.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { assertNothingWritten, closeAuditLog, query } from '../support/tables.ts'
import { asCustomer, startOfDay } from '../support/usage.ts'

const HOUR_MS = 3_600_000
const STEADY = Array.from({ length: 20 }, (_, n) => 100 + (n % 5))

/** Judges yesterday's hour 23 of customers, by their sums of it and of the hours before, oldest first. */
async function judged(
  t: Parameters<typeof startService>[0],
  customers: Record<string, readonly number[]>,
  before: (database: TestDatabase) => Promise<unknown> = async () => undefined,
) {
  const service = await startService(t)
  const config = { url: service.database.url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'test', connectionsMax: 1 })
  t.after(() => sql.end())
  const last = startOfDay(1).getTime() + 23 * HOUR_MS
  const totals = Object.entries(customers).flatMap(([id, sums]) =>
    sums.map((sum, n) => {
      const at = new Date(last - (sums.length - 1 - n) * 2 * HOUR_MS).toISOString()
      return `('${id}', 'calls', 'hour', '${at}', 1, ${sum}, 0, 0, 0, '${at}')`
    }),
  )
  await query(service.database, `insert into usage_totals values ${totals.join(',')}`)
  await before(service.database)
  const hours = Object.keys(customers).map((customerId) => {
    return { customerId, metric: 'calls', startsAt: new Date(last) }
  })
  const { found, failures } = await findAnomalies(sql, [...hours, ...hours])
  const findings = await query<{ customer: string }[]>(
    service.database,
    'select customer_id as customer from usage_findings order by customer_id',
  )
  return { found, failures, of: findings.map(({ customer }) => customer) }
}

test('the rule', async (t) => {
  const cases: [about: string, history: number[], value: number, found: number][] = [
    ['far above a steady pattern', STEADY, 160, 1],
    ['within half of a steady pattern', STEADY, 150, 0],
    ['far below: the hour may go on', STEADY, 0, 0],
    ['just above five deviations', [...Array<number>(10).fill(0), ...STEADY.slice(0, 11)], 9e3, 1],
    ['a history of ten hours', STEADY.slice(0, 10), 1_000, 1],
    ['a history of nine hours', STEADY.slice(0, 9), 1_000, 0],
    ['constant', Array<number>(30).fill(10), 15, 0],
    ['constant, and more than half above', Array<number>(30).fill(10), 15.1, 1],
    ['nothing but zeros has no scale', Array<number>(30).fill(0), 1e6, 0],
    ['wild patterns have room', Array.from({ length: 30 }, (_, n) => n * n), 1_500, 0],
    // The 30 hours before it count, not those before them.
    ['grown long ago', [...Array<number>(40).fill(1), ...Array<number>(30).fill(900)], 1_000, 0],
    ['one earlier spike does not hide the next', [...STEADY, 5_000], 5_000, 1],
    ['the least number there is', Array<number>(11).fill(5e-324), 5e-324, 0],
    ['far above the least number there is', Array<number>(11).fill(5e-324), 1, 1],
    ['the greatest sums', Array<number>(11).fill(1.7e308), 1.7e308, 0],
  ]
  for (const [about, history, value, expected] of cases) {
    await t.test(about, async (t2) => {
      const { found, failures } = await judged(t2, { cust_a: [...history, value] })
      assert.deepEqual([found, failures], [expected, []])
    })
  }
})

test('the least of numbers from one customer hide no other’s anomaly', async (t) => {
  const customers = { cust_a: Array<number>(12).fill(5e-324), cust_b: [...STEADY, 1_000] }
  const { found, failures, of } = await judged(t, customers)
  assert.deepEqual([found, failures, of], [1, [], ['cust_b']])
})

test('a customer whose hours can’t be judged hides no other’s anomaly', async (t) => {
  const sums = [...STEADY, 1_000]
  const customers = { cust_a: sums, cust_b: sums, cust_c: sums }
  const { found, failures, of } = await judged(t, customers, async (database) => {
    await query(
      database,
      `create function refuse() returns trigger language plpgsql as $$ begin
         raise exception 'no'; end $$`,
    )
    await query(
      database,
      `create trigger refuse before insert on usage_findings
       for each row when (new.customer_id = 'cust_b') execute function refuse()`,
    )
  })
  assert.deepEqual([found, failures.length, of], [2, 1, ['cust_a', 'cust_c']])
})

test('an anomaly is accepted, noted, audited and counted, once a day', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const start = startOfDay(2).getTime()
  const report = async (hour: number, calls: number) => {
    const reported_at = new Date(start + hour * HOUR_MS + 1_000).toISOString()
    const answer = await api('POST', '/api/usage/report', { metrics: { calls }, reported_at })
    assert.equal(answer.status, 201)
  }
  for (let hour = 0; hour < 12; hour++) await report(hour, 10 + (hour % 3))
  await report(12, 11)
  await report(12, 989)
  await report(13, 2_000)
  const findings = await poll(service)
  const [{ found_at: foundAt, ...finding }] = findings
  const at = new Date(start + 12 * HOUR_MS).toISOString()
  assert.equal(findings.length, 1)
  assert.deepEqual(
    { ...finding, threshold: 0 },
    { kind: 'anomaly', customer_id: customerId, metric: 'calls', at, value: 1_000, threshold: 0 },
  )
  assert.ok(Math.abs(Date.now() - Date.parse(foundAt)) < 60_000)
  const records = await query(
    service.database,
    `select actor, subject, metadata - 'threshold' as metadata from audit_records where event = 'usage.anomaly'`,
  )
  const metadata = { metric: 'calls', sum: 1_000, hour: at.replace('.000', '') }
  assert.deepEqual([...records], [{ actor: 'system', subject: customerId, metadata }])
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(metrics.body, /strongroom_usage_findings_total\{kind="anomaly"\} 1/)
})

test('without its audit record nothing is found, and no report is taken that might be over a limit', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'pro', { limits: { calls: 5 } })
  const { apiKey } = await createCustomer(service, { email: 'ada@example.com', plan: 'pro' })
  await closeAuditLog(service.database)
  await assertNothingWritten(service.database, async () => {
    const body = { metrics: { calls: 6 } }
    const answer = await asCustomer(service, apiKey)('POST', '/api/usage/report', body)
    assertRefused(answer, 'DATABASE_UNAVAILABLE')
    const sums = [...STEADY, 1_000]
    await assert.rejects(judged(t, { cust_a: sums }, closeAuditLog), /permission denied/)
  })
})

test('findings are listed newest first, by page and filter', async (t) => {
  const service = await startService(t)
  await query(
    service.database,
    `insert into usage_findings (kind, customer_id, metric, window_start, value, threshold, at)
      select case n % 2 when 0 then 'anomaly' else 'limit_exceeded' end, 'cust_000000000000000' || n % 3,
        'calls', now() - n * interval '1 day', n, 1, now() from generate_series(1, 12) n`,
  )
  const list = (filter: string) => service.asAdmin('GET', `/api/usage/anomalies?${filter}`)
  const values = (answer: Awaited<ReturnType<typeof list>>): number[] =>
    answer.body.data.map((finding: { value: number }) => finding.value)
  const first = await list('limit=5')
  assert.deepEqual(values(first), [12, 11, 10, 9, 8])
  const second = await list(`limit=5&cursor=${first.body.next_cursor}`)
  assert.deepEqual(values(second), [7, 6, 5, 4, 3])
  assert.deepEqual(values(await list('kind=anomaly&limit=3')), [12, 10, 8])
  assert.deepEqual(values(await list('customer_id=cust_0000000000000001&kind=anomaly')), [10, 4])
  assert.deepEqual(values(await list('metric=bytes')), [])
  assertRefused(
    await list(`limit=5&kind=anomaly&cursor=${first.body.next_cursor}`),
    'INVALID_CURSOR',
  )
  assertRefused(await list('kind=other'), 'VALIDATION_FAILED')
  assertRefused(await list('limit=0'), 'VALIDATION_FAILED')
})

test('the queue holds each hour once, and not without bound', () => {
  let dropped = 0
  const queue = anomalyQueue(() => dropped++)
  const actor = { id: 'key:of-the-test', ip: null }
  const draft = { actor, reportId: null, instanceId: null, reportedAt: null }
  const report = (customerId: string, metrics: Record<string, number>) =>
    newReport({ ...draft, customerId, metrics })
  const now = new Date('2026-11-24T09:59:59.999Z')
  queue.add([report('a', { x: 1, y: 1 }), report('a', { x: 2 }), report('b', { x: 1 })], now)
  const startsAt = new Date('2026-11-24T09:00:00.000Z')
  assert.deepEqual(queue.take(), [
    { customerId: 'a', metric: 'x', startsAt },
    { customerId: 'b', metric: 'x', startsAt },
    { customerId: 'a', metric: 'y', startsAt },
  ])
  assert.deepEqual(queue.take(), [])
  queue.add(
    Array.from({ length: 20_100 }, (_, n) => report(`customer-${n}`, { x: 1 })),
    now,
  )
  assert.equal(dropped, 100)
  assert.equal(queue.take().length, 500)
})

/** They are looked for after the report is answered. */
async function poll(service: Service) {
  for (let tries = 0; tries < 100; tries++) {
    const { body } = await service.asAdmin('GET', '/api/usage/anomalies?kind=anomaly')
    if (body.data.length > 0) {
      // Long enough for the queue's next look, which finds nothing more for that day.
      await delay(1_500)
      return (await service.asAdmin('GET', '/api/usage/anomalies?kind=anomaly')).body.data
    }
    await delay(100)
  }
  return assert.fail('no anomaly was found')
}
