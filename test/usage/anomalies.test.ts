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

/** Yesterday's hour 23, after as many hours of history as there are sums. */
async function findingsOf(
  t: Parameters<typeof startService>[0],
  history: readonly number[],
  value: number,
  before: (database: TestDatabase) => Promise<void> = async () => undefined,
): Promise<{ service: Service; found: number }> {
  const service = await startService(t)
  const config = { url: service.database.url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'test', connectionsMax: 1 })
  t.after(() => sql.end())
  const last = startOfDay(1).getTime() + 23 * HOUR_MS
  const sums = [...history, value]
  const totals = sums.map((sum, n) => {
    const at = new Date(last - (sums.length - 1 - n) * 2 * HOUR_MS).toISOString()
    return `('cust_a', 'calls', 'hour', '${at}', 1, ${sum}, 0, 0, 0, '${at}')`
  })
  await query(service.database, `insert into usage_totals values ${totals.join(',')}`)
  await before(service.database)
  const hour = { customerId: 'cust_a', metric: 'calls', startsAt: new Date(last) }
  return { service, found: await findAnomalies(sql, [hour, hour]) }
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
  ]
  for (const [about, history, value, expected] of cases) {
    await t.test(about, async (t2) => {
      assert.equal((await findingsOf(t2, history, value)).found, expected)
    })
  }
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
    await assert.rejects(findingsOf(t, STEADY, 1_000, closeAuditLog), /permission denied/)
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
