import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { counts } from '../support/counts.ts'
import { moneyClients } from '../support/money-clients.ts'
import { eventually, serverProcesses, signalServer } from '../support/processes.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  type ServiceProcess,
  clusterOf,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

/** Promise 20, both ways. */
const NOTICE_MS_MAX = 5_000
const CLIENTS = 8
const USERS = ['ada', 'bob']

/** Asks /health again and again until it answers so; fails when that takes too long. */
async function healthBecomes(t: TestContext, service: ServiceProcess, status: 200 | 503) {
  const at = performance.now()
  let body: unknown
  const became = await eventually(async () => {
    const answer = await fetch(`${service.origin}/health`, {
      signal: AbortSignal.timeout(NOTICE_MS_MAX),
    })
    body = await answer.json()
    return answer.status === status
  }, NOTICE_MS_MAX)
  const took_ms = Math.round(performance.now() - at)
  assert.ok(became && took_ms <= NOTICE_MS_MAX, `not ${status} within ${took_ms} ms`)
  const database = status === 200 ? 'ok' : 'unavailable'
  const { status: word, checks } = body as { status: string; checks: object }
  assert.deepEqual([word, checks], [status === 200 ? 'ok' : 'degraded', { database }])
  t.diagnostic(`${status} after ${took_ms} ms`)
}

async function call(service: ServiceProcess, path: string, body: object): Promise<number> {
  const answer = await fetch(service.origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
    body: JSON.stringify(body),
  })
  return answer.status
}

function topUp(service: ServiceProcess): Promise<number> {
  return call(service, '/top_up', { user_id: 'nobody', amount: 1 })
}

/** Clients that move money until the test ends, whatever becomes of the database. */
async function moveMoney(t: TestContext, service: ServiceProcess) {
  for (const userId of USERS) {
    assert.equal(await call(service, '/account', { user_id: userId, tier: 'pro' }), 201)
    assert.equal(await call(service, '/top_up', { user_id: userId, amount: 10_000 }), 200)
  }
  const clients = moneyClients({ clients: CLIENTS, userIds: USERS, origin: () => service.origin })
  t.after(() => clients.stop())
  return clients
}

async function assertWithout(service: ServiceProcess): Promise<void> {
  assert.equal((await fetch(`${service.origin}/health/live`)).status, 200)
  assert.equal((await fetch(`${service.origin}/health/ready`)).status, 503)
  const at = performance.now()
  assert.equal(await topUp(service), 503)
  assert.ok(performance.now() - at < 8_000, 'a call without the database takes too long')
}

test('under load, health says within 5 s that the database is stopped, and that it is back', async (t) => {
  const tried = counts(t, {
    promise: '20',
    what: 'A database that is stopped under load, and started',
    trials: 0,
    faults: 1,
  })
  const databaseDir = newDataDir(t)
  let database = await startEmbeddedPostgres({ dataDir: databaseDir })
  t.after(() => database.stop())
  const service = await startServiceProcess(t, newDataDir(t), {
    DATABASE_URL: database.url,
    MIGRATION_DATABASE_URL: database.migrationUrl,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
  })
  await healthBecomes(t, service, 200)
  assert.equal(await topUp(service), 404)
  const clients = await moveMoney(t, service)
  const moves = () => {
    const before = clients.acknowledged.size
    return eventually(() => clients.acknowledged.size > before + CLIENTS, NOTICE_MS_MAX)
  }
  assert.ok(await moves())

  await database.stop()
  await healthBecomes(t, service, 503)
  await assertWithout(service)

  database = await startEmbeddedPostgres({ dataDir: databaseDir })
  await healthBecomes(t, service, 200)
  assert.ok(await moves(), 'no money moves again')
  await clients.stop()
  await clients.resolve()
  tried.trials = clients.acknowledged.size
  t.diagnostic(JSON.stringify(clients.answers))
  assert.deepEqual([clients.wrong, [...clients.open]], [[], []])
})

test(
  'health says within 5 s that the database hangs',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const dataDir = newDataDir(t)
    const service = await startServiceProcess(t, dataDir, {
      INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    })
    await healthBecomes(t, service, 200)
    assert.equal(await topUp(service), 404)
    const data = clusterOf(dataDir)
    assert.ok(serverProcesses(data).length > 3)

    signalServer(data, 'SIGSTOP')
    await healthBecomes(t, service, 503)
    await assertWithout(service)

    signalServer(data, 'SIGCONT')
    await healthBecomes(t, service, 200)
    assert.ok(await eventually(async () => (await topUp(service)) === 404, NOTICE_MS_MAX))
  },
)
