import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { verifyLedger } from '../../src/funds/verify.ts'
import { connect } from '../../src/database/connect.ts'
import { serverUrl } from '../../src/database/embedded/server.ts'
import { counts } from '../support/counts.ts'
import { configOf } from '../support/database.ts'
import { watchLedger } from '../support/ledger-watch.ts'
import { moneyClients } from '../support/money-clients.ts'
import { eventually, postmaster } from '../support/processes.ts'
import { SEED, randomOf } from '../support/random.ts'
import { scaled } from '../support/scale.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import { clusterOf, newDataDir, startServiceProcess } from '../support/service-process.ts'

const CLIENTS = 64
const KILLS = Number(process.env['DRILL_KILLS'] ?? scaled(300, 3, 60))
const RECOVERY_MS_MAX = 5_000
/** PostgreSQL's own recovery has no bound of ours; this only ends a drill that hangs. */
const RETURN_MS_MAX = 60_000
/** A batch whose connection was lost is tried again for a while, then its clients are told. */
const MONEY_MS_MAX = 10_000
const USERS = Array.from({ length: 8 }, (_, index) => `user-${index}`)
const VICTIMS = ['service', 'database', 'both'] as const

const skip = process.platform === 'linux' ? false : 'processes are found in /proc'

test('promise 1: kills of the service and of the database lose no 2xx', { skip }, async (t) => {
  const tried = counts(t, {
    promise: '1, 5',
    what: 'Kills of the service, of the database and of both, under 64 clients',
    trials: 0,
    faults: KILLS,
  })
  const dataDir = newDataDir(t)
  const env = { INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN, LOG_LEVEL: 'error' }
  let service = await startServiceProcess(t, dataDir, env)
  const sql = watcher(t, dataDir)
  for (const userId of USERS) await openAccount(service.origin, userId)
  const endWatch = watchLedger(t, outsideUrl(dataDir), { mayBeAway: true })
  const clients = moneyClients({ clients: CLIENTS, userIds: USERS, origin: () => service.origin })
  t.after(() => clients.stop())
  const recoveries_ms: number[] = []
  const random = randomOf(SEED)

  for (let kill = 0; kill < KILLS; kill++) {
    const acknowledged = clients.acknowledged.size
    const before = { ...clients.answers }
    const works = await eventually(() => clients.acknowledged.size > acknowledged, MONEY_MS_MAX)
    assert.ok(works, `no money moves: ${JSON.stringify([before, clients.answers])}`)
    await delay(random.int(0, 400))
    const victim = VICTIMS[kill % VICTIMS.length] ?? 'both'
    const server = postmaster(clusterOf(dataDir))
    if (victim !== 'service') process.kill(server, 'SIGKILL')
    if (victim !== 'database') {
      service.child.kill('SIGKILL')
      await service.ended
      await delay(random.int(0, 100))
      service = await startServiceProcess(t, dataDir, env)
    }
    assert.ok(await eventually(() => answers(sql), RETURN_MS_MAX), 'the database is not back')
    const at = performance.now()
    const back = await eventually(() => isHealthy(service.origin), RECOVERY_MS_MAX)
    assert.ok(back, `health is not ok after a kill of: ${victim}`)
    recoveries_ms.push(Math.round(performance.now() - at))
    assert.equal(service.child.exitCode, null, service.output())
  }

  await clients.stop()
  await endWatch()
  const openAtFirst = clients.open.size
  tried.trials = clients.acknowledged.size + openAtFirst
  await clients.resolve()
  t.diagnostic(
    `${KILLS} kills, ${clients.acknowledged.size} acknowledged, ${openAtFirst} left open; health ` +
      `back at most ${Math.max(...recoveries_ms)} ms after the database`,
  )
  assert.deepEqual(clients.wrong, [])
  assert.deepEqual([...clients.open], [])
  assert.ok(clients.acknowledged.size > 10 * KILLS)

  const rows = await sql<{ key: string; kind: string; amount: string; userId: string }[]>`
    select t.idempotency_key as key, t.kind, t.amount::text, a.user_id as "userId"
    from transfers t join accounts a on a.id = t.account_id
    where t.idempotency_key like 'client-%'`
  const ledger = new Map(rows.map((row) => [row.key, `${row.kind} ${row.amount} ${row.userId}`]))
  assert.equal(ledger.size, rows.length, 'a key stands in the ledger twice')
  for (const { key, kind, amount, userId } of clients.acknowledged.keys()) {
    assert.equal(ledger.get(key), `${kind} ${amount} ${userId}`, `of ${key}`)
  }
  assert.equal(ledger.size, clients.acknowledged.size, 'money moved that nobody was told of')
  assert.deepEqual((await verifyLedger(sql)).findings, [])

  service.child.kill('SIGTERM')
  assert.equal(await service.ended, 0)
})

async function openAccount(origin: string, userId: string): Promise<void> {
  for (const [path, body] of [
    ['/account', { user_id: userId, tier: 'pro' }],
    ['/top_up', { user_id: userId, amount: 1_000 }],
  ] as const) {
    const answer = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
      body: JSON.stringify(body),
    })
    assert.ok(answer.ok)
  }
}

function outsideUrl(dataDir: string): string {
  return serverUrl(join(dataDir, 'postgres', 'socket'), 'strongroom', 'strongroom')
}

/** Looks at the embedded database from outside; only the service itself starts it again. */
function watcher(t: TestContext, dataDir: string): postgres.Sql {
  const sql = connect(configOf(outsideUrl(dataDir)), { name: 'watcher', connectionsMax: 1 })
  t.after(() => sql.end({ timeout: 1 }))
  return sql
}

async function answers(sql: postgres.Sql): Promise<boolean> {
  return sql`select 1`.then(
    () => true,
    () => false,
  )
}

async function isHealthy(origin: string): Promise<boolean> {
  const signal = AbortSignal.timeout(RECOVERY_MS_MAX)
  return fetch(`${origin}/health`, { signal }).then(
    (answer) => answer.status === 200,
    () => false,
  )
}
