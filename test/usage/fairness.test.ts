import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { anomalyQueue } from '../../src/usage/anomalies.ts'
import { newReport } from '../../src/usage/reports.ts'
import { createCustomer } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

/** Reports with so many values together, ten in each. */
function batchOf(values: number) {
  const metrics = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`metric.${n}`, n]))
  return { reports: Array.from({ length: values / 10 }, () => ({ metrics })) }
}

function draftsOf(customerId: string, values: number) {
  const actor = { id: 'key:of-the-test', ip: null }
  const draft = { actor, customerId, reportId: null, instanceId: null, reportedAt: null }
  return batchOf(values).reports.map((report) => ({ ...draft, ...report }))
}

async function reporter(service: Service, email: string) {
  const { customerId, apiKey } = await createCustomer(service, { email })
  const api = asCustomer(service, apiKey)
  // Known to the process, as is everybody who reports regularly.
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  return { customerId, api }
}

test('a single report does not wait for twenty batches of another customer', async (t) => {
  const service = await startService(t)
  const heavy = await reporter(service, 'heavy@example.com')
  const light = await reporter(service, 'light@example.com')
  const BATCHES = 20
  const completed: string[] = []
  // Without HTTP, whose deadline a slow machine might meet.
  const batches = Array.from({ length: BATCHES }, async () => {
    await service.app.usage.reportBatch(heavy.customerId, draftsOf(heavy.customerId, 500))
    completed.push('heavy')
  })
  await Promise.race(batches)
  const single = await light.api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  assert.equal(single.status, 201)
  const before = completed.length
  await Promise.all(batches)
  // By order of completion: in one line it would have come behind all that were sent before it.
  assert.ok(before <= BATCHES - 4, `behind ${before} of ${BATCHES} batches`)
})

test('who sends more than there is room for is told so; nothing of it is stored, and others are served', async (t) => {
  const service = await startService(t)
  const heavy = await reporter(service, 'heavy@example.com')
  const light = await reporter(service, 'light@example.com')
  const send = (values: number) =>
    service.app.usage.reportBatch(heavy.customerId, draftsOf(heavy.customerId, values))
  const fitting = [send(9_990), send(9_990)]
  await assert.rejects(send(30), { code: 'OVERLOADED' })
  const more = await heavy.api('POST', '/api/usage/report/batch', batchOf(30))
  assertRefused(more, 'OVERLOADED')
  assert.ok(more.headers.has('retry-after'))
  const single = await light.api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  assert.equal(single.status, 201)
  for (const { outcomes } of await Promise.all(fitting)) {
    assert.ok(outcomes.every(({ status }) => status === 'fulfilled'))
  }
  const [found] = await query<{ values: number; counted: number }[]>(
    service.database,
    `select (
        select count(*)::int from usage_reports r, jsonb_object_keys(metrics)
        where customer_id = '${heavy.customerId}'
      ) as values,
      (select value_count from usage_allowances where customer_id = '${heavy.customerId}') as counted`,
  )
  assert.deepEqual(found, { values: 19_981, counted: 19_981 })
  // And there is room again.
  const again = await heavy.api('POST', '/api/usage/report/batch', batchOf(30))
  assert.equal(again.status, 200)
})

test('hours of one customer that wait to be judged push out no other’s', () => {
  let dropped = 0
  const queue = anomalyQueue(() => dropped++)
  const actor = { id: 'key:of-the-test', ip: null }
  const report = (customerId: string, n: number) =>
    newReport({
      actor,
      customerId,
      reportId: null,
      instanceId: null,
      reportedAt: new Date(Date.UTC(2026, 0, 1, n)),
      metrics: { calls: 1 },
    })
  queue.add(
    Array.from({ length: 30_000 }, (_, n) => report('heavy', n)),
    new Date(),
  )
  assert.equal(dropped, 28_000)
  const others = Array.from({ length: 50 }, (_, n) => report(`other-${n}`, n))
  queue.add(others, new Date())
  assert.equal(dropped, 28_000)
  const first = queue.take()
  const names = new Set(first.map(({ customerId }) => customerId))
  assert.equal(names.size, 51)
  assert.equal(first.filter(({ customerId }) => customerId === 'heavy').length, 100)
})

test('many findings of one customer hold up no other record on its way into the log', async (t) => {
  const service = await startService(t)
  const FINDINGS = 900
  await query(
    service.database,
    `insert into audit_records (event, actor, subject, metadata)
      select event, 'system', subject, '{}' from (
        select n, 'usage.anomaly' as event, 'cust_heavy' as subject from generate_series(1, ${FINDINGS}) n
        union all values (${FINDINGS + 1}, 'usage.anomaly', 'cust_light'),
          (${FINDINGS + 2}, 'customer.updated', 'cust_other')
      ) as found order by n`,
  )
  const read = async () =>
    (
      await query<{ subject: string; seq: number; id: number }[]>(
        service.database,
        `select subject, first_seq::int as seq, r.id::int as id from audit_places p
          join audit_records r on r.id = p.record_id
          where subject in ('cust_heavy', 'cust_light', 'cust_other') order by first_seq`,
      )
    ).map((row) => ({ ...row }))
  let logged = await read()
  for (let tries = 0; logged.length < FINDINGS + 2 && tries < 200; tries++) {
    await delay(50)
    logged = await read()
  }
  assert.equal(logged.length, FINDINGS + 2)
  const places = ['cust_light', 'cust_other'].map((subject) =>
    logged.findIndex((row) => row.subject === subject),
  )
  for (const place of places) assert.ok(place < 200, `in place ${place} of ${logged.length}`)
  const ids = logged.filter(({ subject }) => subject === 'cust_heavy').map(({ id }) => id)
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  )
})
