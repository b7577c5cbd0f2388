import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanUsage, cleanUsageDaily } from '../../src/usage/retention.ts'
import { createCustomer } from '../support/customers.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { closeAuditLog, countRows, query } from '../support/tables.ts'
import { asCustomer, daysAgo } from '../support/usage.ts'

async function startWithReports(t: Parameters<typeof startService>[0]) {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const now = Date.now()
  const report = (days: number, report_id: string) =>
    api('POST', '/api/usage/report', {
      metrics: { calls: 1 },
      report_id,
      reported_at: new Date(now - days * 86_400_000).toISOString(),
    })
  for (let day = 0; day < 60; day += 5) assert.equal((await report(day, `d${day}`)).status, 201)
  const audits = async () => [
    ...(await query(
      service.database,
      `select actor, metadata->'cutoff' as cutoff from audit_records where event = 'usage.cleaned'`,
    )),
  ]
  return { service, customerId, api, report, audits }
}

test('cleaning deletes old reports, keeps their totals and refuses their copies', async (t) => {
  const { service, customerId, api, report, audits } = await startWithReports(t)
  const path = `/api/usage/${customerId}?from=${daysAgo(80).toISOString()}`
  const before = await api('GET', path)
  const answer = await service.asAdmin('DELETE', '/api/usage/cleanup?older_than_days=30')
  const { deleted, cutoff, ...rest } = answer.body
  assert.deepEqual([answer.status, deleted, rest], [200, 6, {}])
  assert.ok(Math.abs(Date.parse(cutoff) - daysAgo(30).getTime()) < 60_000)
  assert.equal((await countRows(service.database))['usage_reports'], 6)
  assert.deepEqual((await api('GET', path)).body, before.body)

  assertRefused(await report(40, 'd40'), 'VALIDATION_FAILED')
  assert.equal((await report(25, 'd25')).status, 200)
  assert.deepEqual((await api('GET', path)).body, before.body)

  const again = await service.asAdmin('DELETE', '/api/usage/cleanup?older_than_days=50')
  assert.deepEqual([again.status, again.body.deleted], [200, 0])
  assertRefused(await report(40, 'd40'), 'VALIDATION_FAILED')
  const byDefault = await service.asAdmin('DELETE', '/api/usage/cleanup')
  assert.ok(Math.abs(Date.parse(byDefault.body.cutoff) - daysAgo(90).getTime()) < 60_000)

  const records = await audits()
  assert.deepEqual(
    records.map((record) => record['cutoff']),
    [cutoff, again.body.cutoff, byDefault.body.cutoff],
  )
  assert.match(records[0]?.['actor'], /^admin:[0-9a-f]{8}$/)
})

test('the number of days is checked', async (t) => {
  const service = await startService(t)
  for (const days of ['0', '-1', '1.5', 'x', '', '36501', '1e9', '30&older_than_days=40']) {
    const answer = await service.asAdmin('DELETE', `/api/usage/cleanup?older_than_days=${days}`)
    assertRefused(answer, 'VALIDATION_FAILED', days)
  }
})

test('without its audit record nothing is cleaned', async (t) => {
  const { service } = await startWithReports(t)
  await closeAuditLog(service.database)
  const answer = await service.asAdmin('DELETE', '/api/usage/cleanup?older_than_days=30')
  assertRefused(answer, 'DATABASE_UNAVAILABLE')
  assert.equal((await countRows(service.database))['usage_reports'], 12)
  const [row] = await query(
    service.database,
    "select kept_since < now() - interval '1 year' as old from usage_retention",
  )
  assert.equal(row?.['old'], true)
})

test('of several processes one cleans, once a day', async (t) => {
  const { service, audits } = await startWithReports(t)
  const replica = await startService(t, {}, service.database)
  const clean = () =>
    Promise.all([service, replica, service, replica].map(({ app }) => cleanUsageDaily(app.db, 30)))
  const turns = (await clean()).filter((cleaned) => cleaned !== null)
  assert.deepEqual(
    turns.map((cleaned) => cleaned.deleted),
    [6],
  )
  assert.deepEqual((await clean()).filter(Boolean), [])
  assert.deepEqual(
    (await audits()).map((record) => record['actor']),
    ['system'],
  )

  await query(
    service.database,
    "update usage_retention set cleaned_at = now() - interval '25 hours'",
  )
  // A day on which there is nothing to delete leaves no record.
  assert.equal((await clean()).filter(Boolean).length, 1)
  assert.equal((await audits()).length, 1)
})

test('more than one batch of old reports goes, while new ones come', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  await query(
    service.database,
    `insert into usage_reports
      select '${customerId}', 'old-' || n, null, now() - interval '100 days' - n * interval '1 second',
        now(), '{"calls":1}', sha256('1')
      from generate_series(1, 23456) n`,
  )
  const cleaning = service.asAdmin('DELETE', '/api/usage/cleanup')
  const api = asCustomer(service, apiKey)
  for (let n = 0; n < 50; n++) {
    assert.equal((await api('POST', '/api/usage/report', { metrics: { calls: 1 } })).status, 201)
  }
  // What a busy machine does not get through while the caller waits, a job does.
  assert.ok((await cleaning).body.deleted <= 23_456)
  const rows = async () => (await countRows(service.database))['usage_reports']
  assert.ok(await eventually(async () => (await rows()) === 50, 30_000), String(await rows()))
})

async function storeOld(service: Awaited<ReturnType<typeof startService>>, count: number) {
  const { customerId } = await createCustomer(service)
  await query(
    service.database,
    `insert into usage_reports
      select '${customerId}', 'old-' || n, null, now() - interval '100 days' - n * interval '1 second',
        now(), '{"calls":1}', sha256('1')
      from generate_series(1, ${count}) n`,
  )
}

test('what takes longer than its time is told as it is, and a job deletes the rest', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  await storeOld(service, 12_000)
  const cleaned = await cleanUsage(service.app.db, { id: 'system', ip: null }, 30, { timeMs: 0 })
  assert.deepEqual([cleaned.deleted, cleaned.isDone], [1_000, false])
  assert.equal((await countRows(service.database))['usage_reports'], 11_000)
  await query(service.database, 'update graphile_worker._private_jobs set run_at = now()')
  const isGone = async () => (await countRows(service.database))['usage_reports'] === 0
  assert.ok(await eventually(isGone, 30_000))
})

test('the bound is not locked while anything is looked for', async (t) => {
  const service = await startService(t)
  await storeOld(service, 10)
  const table = await lock(t, service, 'lock table usage_reports in access exclusive mode')
  const cleaning = service.asAdmin('DELETE', '/api/usage/cleanup')
  assert.ok(await waitForLocks(service.database))
  await query(service.database, 'select from usage_retention for update nowait')
  await table.release()
  assert.deepEqual([(await cleaning).status, (await cleaning).body.deleted], [200, 10])
})
