import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

interface Found {
  reports: number
  count: number
  sum: number
}

const REFUSALS_MAX = 10

const FOUND = `
  select (select count(*)::int from usage_reports where metrics ? 'calls') as reports,
    (select sum(count)::int from usage_totals where metric = 'calls' and period = 'month') as count,
    (select sum(sum)::int from usage_totals where metric = 'calls' and period = 'month') as sum`

test('instances that report all at once, twice, to two processes: none is lost, none counts twice', async (t) => {
  counts(t, {
    promise: '',
    what: 'Instances that report at once, twice, to two processes',
    trials: scaled(10_000, 1_000, 5_000) * 2,
  })
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  await putPlan(service, 'pro', { limits: { calls: 1_000_000_000 } })
  const keys: string[] = []
  for (let n = 0; n < 5; n++) {
    const customer = { email: `customer-${n}@example.com`, plan: 'pro' }
    keys.push((await createCustomer(service, customer)).apiKey)
  }
  for (const apiKey of keys) {
    for (const one of [service, replica])
      await one.call('GET', '/api/me', { headers: { 'x-api-key': apiKey } })
  }
  const instances = scaled(10_000, 400, 5_000)
  let refused = 0

  const answers = await inParallel(instances * 2, scaled(1_000, 80), async (index) => {
    const instance = Math.floor(index / 2)
    const target = index % 2 === 0 ? service : replica
    const body = {
      metrics: { calls: instance % 7, 'cpu.s': 0.1 },
      report_id: `report-${instance}`,
      instance_id: `instance-${instance}`,
    }
    const api = asCustomer(target, keys[instance % keys.length] ?? '')
    const { answer, refusals } = await untilTold(() => api('POST', '/api/usage/report', body))
    refused += refusals
    return { instance, status: answer.status, receivedAt: answer.body.received_at }
  })

  const firsts = answers.filter(({ status }) => status === 201)
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 201]))
  // After a 503 of unknown outcome even the first answer of a report may be that of a repetition.
  assert.ok(firsts.length <= instances && firsts.length >= instances - refused, `${firsts.length}`)
  assert.equal(new Set(firsts.map(({ instance }) => instance)).size, firsts.length)
  const times = new Map(answers.map(({ instance, receivedAt }) => [instance, receivedAt]))
  assert.equal(times.size, instances)
  for (const { instance, receivedAt } of answers) assert.equal(receivedAt, times.get(instance))
  const sum = Array.from({ length: instances }, (_, n) => n % 7).reduce((a, b) => a + b)
  const [found] = await query<Found[]>(service.database, FOUND)
  assert.deepEqual(found, { reports: instances, count: instances, sum })
})

/** Repeats a call while it is answered 503, as clients do: a busy machine refuses some of so many at once. */
async function untilTold<Answer extends { status: number }>(
  call: () => Promise<Answer>,
): Promise<{ answer: Answer; refusals: number }> {
  for (let refusals = 0; ; refusals++) {
    const answer = await call()
    if (answer.status !== 503 || refusals === REFUSALS_MAX) return { answer, refusals }
  }
}

test('batches with the same reports in other orders, to two processes, never fail for each other', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const { apiKey } = await createCustomer(service)
  const reports = Array.from({ length: 300 }, (_, n) => ({
    metrics: { calls: 1, [`metric_${n % 40}`]: n },
    report_id: `report-${n}`,
  }))
  const rounds = scaled(50, 6)
  for (let round = 0; round < rounds; round++) {
    const batch = reports.map((report) => ({
      ...report,
      report_id: `${round}-${report.report_id}`,
    }))
    const orders = [
      batch,
      batch.toReversed(),
      batch.toSorted((a, b) => (a.report_id < b.report_id ? 1 : -1)),
    ]
    const answers = await Promise.all(
      [...orders, ...orders].map((order, index) =>
        asCustomer(index % 2 === 0 ? service : replica, apiKey)('POST', '/api/usage/report/batch', {
          reports: order,
        }),
      ),
    )
    const outcomes = answers.flatMap(({ status, body }) => {
      assert.equal(status, 200)
      return body.results.map((result: { status: string }) => result.status) as string[]
    })
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 300)
    assert.equal(outcomes.filter((outcome) => outcome === 'replayed').length, 5 * 300)
  }
  const [found] = await query<Found[]>(service.database, FOUND)
  assert.deepEqual(found, { reports: 300 * rounds, count: 300 * rounds, sum: 300 * rounds })
})

test('a poisoned report fails alone', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  // A rule that the service knows nothing of makes the whole statement fail.
  await query(
    service.database,
    `alter table usage_reports add constraint poison check (instance_id <> 'poison')`,
  )
  const reports = Array.from({ length: 60 }, (_, index) => ({
    metrics: { calls: 1 },
    instance_id: index % 20 === 7 ? 'poison' : 'fine',
  }))
  const { status, body } = await asCustomer(service, apiKey)('POST', '/api/usage/report/batch', {
    reports,
  })
  assert.equal(status, 200)
  body.results.forEach((result: Record<string, unknown>, index: number) => {
    const refused = { report_id: null, status: 'refused', code: 'INTERNAL_ERROR' }
    if (index % 20 === 7) assert.deepEqual(result, refused)
    else assert.equal(result['status'], 'created')
  })
  const only = { reports: reports.slice(7, 8) }
  const alone = await asCustomer(service, apiKey)('POST', '/api/usage/report/batch', only)
  assert.equal(alone.status, 500)
})

test('connections killed in the middle of commits: every answer is true', async (t) => {
  const tried = counts(t, {
    promise: '1',
    what: 'Reports of usage while connections are killed',
    trials: 0,
    faults: scaled(100, 8, 50),
  })
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const load = { running: true }
  const acknowledged = new Set<string>()
  const sent = new Set<string>()
  const client = async (id: number) => {
    for (let n = 0; load.running; n++) {
      const report_id = `${id}-${n}`
      sent.add(report_id)
      for (let tries = 0; tries < 3; tries++) {
        const answer = await api('POST', '/api/usage/report', { metrics: { calls: 1 }, report_id })
        assert.ok([200, 201, 503].includes(answer.status), JSON.stringify(answer.body))
        if (answer.status === 503) continue
        acknowledged.add(report_id)
        break
      }
    }
  }
  const clients = Promise.all(Array.from({ length: 16 }, (_, id) => client(id)))
  await asAdmin(service.database.adminUrl, async (sql) => {
    for (let kills = 0; kills < scaled(100, 8, 50); kills++) {
      const before = acknowledged.size
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'strongroom usage'`
      // Until reports are acknowledged again, so that every kill meets work under way.
      for (let polls = 0; polls < 2_000 && acknowledged.size === before; polls++)
        await sql`select 1`
    }
  })
  load.running = false
  await clients
  tried.trials = acknowledged.size
  const stored = await query<{ id: string }[]>(
    service.database,
    'select report_id as id from usage_reports',
  )
  const ids = new Set(stored.map(({ id }) => id))
  assert.ok([...acknowledged].every((id) => ids.has(id)))
  assert.ok([...ids].every((id) => sent.has(id)))
  const [found] = await query<Found[]>(service.database, FOUND)
  assert.deepEqual([found?.count, found?.sum], [stored.length, stored.length])
})
