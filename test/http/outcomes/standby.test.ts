import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type postgres from 'postgres'
import { startEmbeddedPostgres } from '../../../src/database/embedded/index.ts'
import { migrate } from '../../../src/database/migrate.ts'
import { createCustomer } from '../../support/customers.ts'
import { asAdmin, configOf } from '../../support/database.ts'
import { eventually } from '../../support/processes.ts'
import { type Answer, type Service, startService } from '../../support/service.ts'
import { asCustomer } from '../../support/usage.ts'

/** The service on a server of its own, whose commits can be made to wait for a standby. */
async function start(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-standby-'))
  const server = await startEmbeddedPostgres({ dataDir })
  const { url, migrationUrl: ownerUrl, adminUrl } = server
  await migrate(configOf(ownerUrl), configOf(url))
  // Before the service ends, which waits for its commits.
  t.after(() => waitForStandby(adminUrl, ''))
  const service = await startService(
    t,
    {},
    { name: '', url, ownerUrl, adminUrl, drop: async () => undefined },
  )
  t.after(async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { service, adminUrl }
}

function waitForStandby(adminUrl: string, names: string): Promise<unknown> {
  return asAdmin(adminUrl, async (sql) => {
    // Its own commit waits for nobody.
    await sql`set synchronous_commit = 'local'`
    await sql.unsafe(`alter system set synchronous_standby_names = '${names}'`)
    await sql`select pg_reload_conf()`
  })
}

/** Cancels the commits of a pool that wait for a standby, as they come, until there is an answer. */
async function cancelling(adminUrl: string, pool: string, call: Promise<Answer>): Promise<Answer> {
  let isOver = false
  const answer = call.finally(() => (isOver = true))
  await asAdmin(adminUrl, async (sql) => {
    await sql`set synchronous_commit = 'local'`
    const cancelled = await eventually(async () => (await cancel(sql, pool)) > 0, 4_000)
    assert.ok(cancelled, 'no commit waits for the standby')
    await eventually(() => isOver, 20_000)
  })
  return answer
}

async function cancel(sql: postgres.Sql, pool: string): Promise<number> {
  const rows = await sql`
    select pg_cancel_backend(pid) from pg_stat_activity
    where wait_event = 'SyncRep' and application_name = ${`strongroom ${pool}`}`
  return rows.length
}

test('a commit whose wait for the standby is cancelled is not acknowledged', async (t) => {
  const { service, adminUrl } = await start(t)
  const { apiKey, customerId } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })

  const calls: [pool: string, call: (service: Service) => Promise<Answer>][] = [
    ['ledger', () => service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 100 })],
    ['usage', () => api('POST', '/api/usage/report', { metrics: { calls: 2 } })],
    [
      'admin',
      () => service.asAdmin('PATCH', `/api/customers/${customerId}`, { company_name: 'A' }),
    ],
  ]
  const answers: Answer[] = []
  for (const [pool, call] of calls) {
    await waitForStandby(adminUrl, 'nobody')
    const answer = await cancelling(adminUrl, pool, call(service))
    assert.deepEqual([answer.status, answer.body.code], [503, 'OUTCOME_UNKNOWN'], pool)
    answers.push(answer)
    await waitForStandby(adminUrl, '')
  }
  const [charge, report] = answers
  const again = await service.asInternal(
    'POST',
    '/deduct',
    { user_id: 'ada', amount: 100 },
    { 'idempotency-key': charge?.body.idempotency_key },
  )
  assert.deepEqual([again.status, again.body.balance], [200, 900])
  const { report_id } = report?.body ?? {}
  const repeated = await api('POST', '/api/usage/report', { metrics: { calls: 2 }, report_id })
  assert.equal(repeated.status, 200)
})
