import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { isRunning } from '../../src/database/embedded/processes.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  type ServiceProcess,
  launchService,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

const skip = process.platform === 'linux' ? false : 'processes are found in /proc'
const METRICS_TOKEN = 'metrics-token-of-the-tests-00000000'
const LIMIT = 20

interface Answer {
  status: number
  body: string
}

/** On a connection of its own, unless an agent keeps one: each goes to the next process. */
function call(
  { origin }: ServiceProcess,
  path: string,
  { agent, headers = {}, body }: { agent?: Agent; headers?: object; body?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request(origin + path, {
      method,
      agent: agent ?? false,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    })
    sent.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    sent.end(body && JSON.stringify(body))
  })
}

/** The processes that answer, by their parent. */
function workersOf({ pid }: { pid: number }): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8')
        return Number(parent) === pid && line.includes('server.js')
      } catch {
        return false
      }
    })
    .map(Number)
}

/** A scrape's sample, by its name with labels. */
async function sample(service: ServiceProcess, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` }
  const { status, body } = await call(service, '/metrics', { headers })
  assert.equal(status, 200, body)
  const line = body.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const LIVE = 'strongroom_http_request_duration_seconds_count{method="GET",route="/health/live"'

test('two processes are one service', { skip }, async (t) => {
  const service = await startServiceProcess(t, newDataDir(t), {
    PROCESSES: '2',
    METRICS_TOKEN,
    RATE_LIMIT_API: `${LIMIT}/1h`,
  })
  const workers = workersOf(service)
  assert.equal(workers.length, 2)

  await t.test('both answer, and a scrape by either counts what both did', async () => {
    for (let n = 0; n < 10; n++) assert.equal((await call(service, '/health/live')).status, 200)
    for (let n = 0; n < 4; n++) assert.equal(await sample(service, LIVE), 10)
    const pidsOfCalls = () =>
      new Set(
        [...service.output().matchAll(/"pid":(\d+).*"\/health\/live"/g)].map(([, pid]) => pid),
      )
    assert.ok(await eventually(() => pidsOfCalls().size === 2, 5_000), service.output())
  })

  await t.test('what all share is not summed', async () => {
    for (const [name, value] of [
      ['strongroom_database_up', 1],
      ['strongroom_build_info', 1],
      ['strongroom_audit_quorum', 1],
      ['strongroom_job_processes', 2],
    ] as const) {
      assert.equal(await sample(service, name), value, name)
    }
  })

  await t.test('a limit is counted once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 2 * LIMIT }, () => call(service, '/.well-known/jwks.json')),
    )
    const countOf = (status: number) => answers.filter((each) => each.status === status).length
    assert.deepEqual([countOf(200), countOf(429)], [LIMIT, LIMIT])
  })

  await t.test(
    'an address that guesses credentials is noticed, whichever process it asks',
    async () => {
      const guess = { headers: { authorization: 'Bearer wrong' } }
      for (let n = 0; n < 12; n++) {
        assert.equal((await call(service, '/api/customers', guess)).status, 401)
      }
      assert.equal(await sample(service, 'strongroom_auth_alarming_addresses'), 1)
    },
  )

  await t.test('while the primary hangs, a process counts by itself', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const keys = () => call(service, '/.well-known/jwks.json', { agent })
    assert.equal((await keys()).status, 429)
    service.child.kill('SIGSTOP')
    try {
      for (let n = 0; n < LIMIT; n++) assert.equal((await keys()).status, 200)
      assert.equal((await keys()).status, 429)
      assert.equal((await call(service, '/health/live', { agent })).status, 200)
    } finally {
      service.child.kill('SIGCONT')
    }
    await service.says('The primary process answers: limits are shared')
  })

  await t.test('one that dies is replaced, and the other answers meanwhile', async () => {
    const counted = await sample(service, LIVE)
    const [victim = 0] = workers
    process.kill(victim, 'SIGKILL')
    await service.says(new RegExp(`"ended_pid":${victim},"ended_with":"SIGKILL"`))
    let calls = 0
    const isBack = async () => {
      assert.equal((await call(service, '/health/live')).status, 200)
      calls += 1
      return [...service.output().matchAll(/Server listening at/g)].length === 3
    }
    assert.ok(await eventually(isBack, 60_000), service.output())
    assert.equal(workersOf(service).length, 2)
    assert.equal(await sample(service, LIVE), counted + calls)
    assert.equal((await call(service, '/.well-known/jwks.json')).status, 429)
  })

  await t.test('without their primary they end', async () => {
    const left = workersOf(service)
    service.child.kill('SIGKILL')
    assert.ok(await eventually(() => !left.some(isRunning), 10_000))
  })
})

test('they end in good order, and start or say why not', { skip }, async (t) => {
  const dataDir = newDataDir(t)
  const database = await startEmbeddedPostgres({ dataDir })
  t.after(() => database.stop())
  const service = await startServiceProcess(t, dataDir, {
    PROCESSES: '2',
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
  })

  await t.test('SIGTERM lets the requests of all finish', () => finishes(service, database.url))

  await t.test('where none can start, the reason is given once', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const other = launchService(t, dataDir, { PROCESSES: '2', PORT: String(port) })
    assert.equal(await other.ended, 1)
    const said = [...other.output().matchAll(/Strongroom did not start\. The port is taken/g)]
    assert.equal(said.length, 1, other.output())
  })
})

async function finishes(service: ServiceProcess, databaseUrl: string): Promise<void> {
  const headers = { 'x-internal-token': INTERNAL_TOKEN }
  const post = (path: string, body: object) => call(service, path, { headers, body })
  for (const user of ['ada', 'bob']) await post('/account', { user_id: user, tier: 'pro' })

  const answers = await asAdmin(databaseUrl, async (sql) =>
    sql.begin(async (transaction) => {
      await transaction`select from accounts where user_id in ('ada', 'bob') for update`
      const all = ['ada', 'bob', 'ada', 'bob'].map((user) =>
        post('/top_up', { user_id: user, amount: 5 }),
      )
      await eventually(async () => {
        const waiting = await transaction`select distinct pid from pg_locks where not granted`
        return waiting.length > 1
      }, 5_000)
      service.child.kill('SIGTERM')
      const isDraining = () => [...service.output().matchAll(/Draining/g)].length === 3
      assert.ok(await eventually(isDraining, 5_000), service.output())
      return { all }
    }),
  )
  for (const { status, body } of await Promise.all(answers.all)) assert.equal(status, 200, body)
  assert.equal(await service.ended, 0, service.output())
  assert.equal((await asAdmin(databaseUrl, (sql) => sql`select from transfers`)).length, 4)
}
