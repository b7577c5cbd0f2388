import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type TestDatabase, createDatabase } from '../support/database.ts'
import { startPgbouncer, withoutPgbouncer } from '../support/pgbouncer.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  commandBeside,
  launchService,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

const skip = withoutPgbouncer

async function newDatabase(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase()
  t.after(() => database.drop())
  return database
}

function envOf(url: string) {
  return { DATABASE_URL: url, INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN, RUN_JOBS: 'true' }
}

test(
  'behind pgbouncer in transaction mode each start is refused, with what to do',
  { skip },
  async (t) => {
    const database = await newDatabase(t)
    const url = await startPgbouncer(t, database, {
      pool_mode: 'transaction',
      default_pool_size: '40',
      // What operators set when a start is refused for a parameter.
      ignore_startup_parameters:
        'statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    })
    for (const start of ['the first', 'the next']) {
      const service = launchService(t, newDataDir(t), envOf(url))
      assert.equal(await service.ended, 1, start)
      assert.match(service.output(), /share one database session|changes its database session/)
      assert.match(service.output(), /PostgreSQL itself, or at a pooler in session mode/)
    }
    const found = await commandBeside(['doctor', '--json'], {
      ...envOf(url),
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://billing.example.com',
      DATABASE_SSL: 'disable',
    })
    assert.match(found.output, /share one database session|changes its database session/)
  },
)

test(
  'behind pgbouncer in session mode all works, with the bounds of each connection',
  { skip },
  async (t) => {
    const database = await newDatabase(t)
    const url = await startPgbouncer(t, database, { pool_mode: 'session', default_pool_size: '60' })
    const service = await startServiceProcess(t, newDataDir(t), envOf(url))
    const ready = await fetch(`${service.origin}/health/ready`)
    assert.equal(ready.status, 200, service.output())
    const call = (path: string, body: object) =>
      fetch(service.origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
        body: JSON.stringify(body),
      }).then(({ status }) => status)
    assert.equal(await call('/account', { user_id: 'ada', tier: 'pro' }), 201)
    for (let n = 0; n < 20; n++)
      assert.equal(await call('/top_up', { user_id: 'ada', amount: 1 }), 200)
    assert.equal(await call('/deduct', { user_id: 'ada', amount: 20 }), 200)
    service.child.kill('SIGTERM')
    assert.equal(await service.ended, 0)

    // Sessions that were given back must not bind the next start.
    const again = await startServiceProcess(t, newDataDir(t), envOf(url))
    assert.equal((await fetch(`${again.origin}/health/ready`)).status, 200)
  },
)

test('what a pooler refuses is told in its own words', { skip }, async (t) => {
  const database = await newDatabase(t)
  const url = await startPgbouncer(t, database, { pool_mode: 'session' })
  const service = launchService(t, newDataDir(t), envOf(`${url}?search_path=public`))
  assert.equal(await service.ended, 1)
  assert.match(service.output(), /08P01.*unsupported startup parameter: search_path/)
  assert.match(service.output(), /session mode/)
})
