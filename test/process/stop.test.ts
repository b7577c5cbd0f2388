import assert from 'node:assert/strict'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { asAdmin } from '../support/database.ts'
import { eventually, serverProcesses } from '../support/processes.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  type ServiceProcess,
  clusterOf,
  launchService,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

const STOP_MS_MAX = 3_000
const skip = process.platform === 'linux' ? false : 'processes are found in /proc'

async function call(origin: string, path: string, body: unknown): Promise<Response> {
  return fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
    body: JSON.stringify(body),
  })
}

async function openSocket(origin: string, bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  if (bytes !== '') socket.write(bytes)
  return socket
}

/** Connections as browsers, pools and slow clients hold them: used, unused and half a request. */
async function holdConnections(t: TestContext, origin: string): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  await new Promise<void>((resolve, reject) => {
    const get = request(`${origin}/health/live`, { agent }, (response) => {
      response.resume().on('end', resolve)
    })
    get.on('error', reject).end()
  })
  const sockets = [
    await openSocket(origin, ''),
    await openSocket(origin, 'GET /health HTTP/1.1\r\nhost: x\r\n'),
    await openSocket(origin, 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\nGET /hea'),
  ]
  t.after(() => {
    agent.destroy()
    sockets.forEach((socket) => socket.destroy())
  })
}

async function stopWith(service: ServiceProcess, signal: NodeJS.Signals): Promise<number> {
  const at = performance.now()
  service.child.kill(signal)
  assert.equal(await service.ended, 0, service.output())
  return Math.round(performance.now() - at)
}

test(
  'SIGTERM lets a request under way finish, and no idle connection holds up the end',
  { skip },
  async (t) => {
    const dataDir = newDataDir(t)
    // This process uses the server too, to hold a row lock that the request has to wait for.
    const database = await startEmbeddedPostgres({ dataDir })
    t.after(() => database.stop())
    const service = await startServiceProcess(t, dataDir, {
      INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    })
    await call(service.origin, '/account', { user_id: 'ada', tier: 'pro' })
    await holdConnections(t, service.origin)

    const released = await asAdmin(database.url, async (sql) =>
      sql.begin(async (transaction) => {
        await transaction`select from accounts where user_id = 'ada' for update`
        const answer = call(service.origin, '/top_up', { user_id: 'ada', amount: 5 })
        await eventually(async () => {
          const waiting = await transaction`select from pg_locks where not granted`
          return waiting.length > 0
        }, 5_000)
        service.child.kill('SIGTERM')
        await service.says('Draining')
        await delay(300)
        await assert.rejects(fetch(`${service.origin}/health/live`), 'it still takes connections')
        return { answer, at: performance.now() }
      }),
    )
    const answer = await released.answer
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('connection'), 'close')
    assert.equal(await service.ended, 0)
    const stop_ms = Math.round(performance.now() - released.at)
    t.diagnostic(`gone ${stop_ms} ms after its last request could go on`)
    assert.ok(stop_ms < STOP_MS_MAX)
    // It was not the last to use the database.
    assert.equal((await asAdmin(database.url, (sql) => sql`select from transfers`)).length, 1)
  },
)

test(
  'with DRAIN_DELAY_S the order to stop sends callers elsewhere before any connection is refused',
  { skip },
  async (t) => {
    const service = await startServiceProcess(t, newDataDir(t), { DRAIN_DELAY_S: '2' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const probe = async (path: string) => {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request(service.origin + path, { agent }, resolve)
          .on('error', reject)
          .end()
      })
      answer.resume()
      return [answer.statusCode, answer.headers.connection]
    }
    assert.deepEqual(await probe('/health/ready'), [200, 'keep-alive'])

    const at = performance.now()
    service.child.kill('SIGTERM')
    await service.says('Draining')
    let answered = 0
    while (performance.now() - at < 1_500) {
      // A new connection each time, since each answer ends its own.
      assert.deepEqual(await probe('/health/ready'), [503, 'close'])
      assert.deepEqual(await probe('/openapi.json'), [200, 'close'])
      answered += 2
    }
    assert.equal(await service.ended, 0, service.output())
    const stop_ms = Math.round(performance.now() - at)
    t.diagnostic(`${answered} answers while draining, gone after ${stop_ms} ms`)
    assert.ok(stop_ms >= 2_000 && stop_ms < 2_000 + STOP_MS_MAX)
  },
)

for (const processes of ['1', '2']) {
  const name = `connections that ${processes === '1' ? 'a process' : 'the first of several processes'} has yet to accept are answered before the port is closed`
  test(name, { skip }, async (t) => {
    const service = await startServiceProcess(t, newDataDir(t), { PROCESSES: processes })
    // While the process does not run, its kernel takes connections and what is sent on them.
    service.child.kill('SIGSTOP')
    t.after(() => service.child.kill('SIGCONT'))
    const sockets = await Promise.all(
      Array.from({ length: 100 }, () =>
        openSocket(service.origin, 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'),
      ),
    )
    const answers = sockets.map(async (socket) => {
      let said = ''
      socket.setEncoding('utf8').on('data', (text: string) => (said += text))
      await new Promise((resolve) => socket.once('close', resolve))
      return said.slice(0, 12)
    })
    service.child.kill('SIGTERM')
    service.child.kill('SIGCONT')
    assert.deepEqual(
      await Promise.all(answers),
      sockets.map(() => 'HTTP/1.1 200'),
    )
    assert.equal(await service.ended, 0, service.output())
  })
}

test(
  'Ctrl-C, sent twice as npm does, stops the service and its embedded server',
  { skip },
  async (t) => {
    const dataDir = newDataDir(t)
    const service = await startServiceProcess(t, dataDir)
    await holdConnections(t, service.origin)
    void service.says('Draining').then(() => service.child.kill('SIGINT'))
    const stop_ms = await stopWith(service, 'SIGINT')
    t.diagnostic(`gone after ${stop_ms} ms`)
    assert.ok(stop_ms < STOP_MS_MAX)
    assert.match(service.output(), /"signal":"SIGINT".*Draining/)
    assert.match(service.output(), /The embedded PostgreSQL has stopped/)
    assert.deepEqual(serverProcesses(clusterOf(dataDir)), [])
  },
)

test('Ctrl-C in the middle of a start leaves nothing behind', { skip }, async (t) => {
  const dataDir = newDataDir(t)
  const service = launchService(t, dataDir)
  await service.says('The embedded PostgreSQL has started')
  service.child.kill('SIGINT')
  assert.equal(await service.ended, 0)
  assert.deepEqual(serverProcesses(clusterOf(dataDir)), [])
})
