import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { BEHIND_NGINX, parsed, portOf, startNginx } from '../support/nginx.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'

const INTERNAL = { 'x-internal-token': INTERNAL_TOKEN }

test('a server that stops under load costs no keyed call and no read', async (t) => {
  const first = await startService(t, BEHIND_NGINX)
  const second = await startService(t, BEHIND_NGINX, first.database)
  const nginx = await startNginx(t, [portOf(first), portOf(second)])
  const user = { user_id: 'user-1', tier: 'pro' }
  assert.equal((await first.asInternal('POST', '/account', user)).status, 201)
  assert.equal(
    (await first.asInternal('POST', '/top_up', { user_id: 'user-1', amount: 1_000_000 })).status,
    200,
  )

  let calls = 0
  let closing: Promise<void> | undefined
  const client = async () => {
    for (let each = 0; each < 60; each++) {
      const answer = await nginx.callInternally({
        method: 'POST',
        path: '/deduct',
        headers: { ...INTERNAL, 'idempotency-key': randomUUID() },
        body: '{"user_id":"user-1","amount":1}',
      })
      assert.equal(answer.status, 200, answer.body)
      const read = await nginx.callInternally({ path: '/balance/user-1', headers: INTERNAL })
      assert.equal(read.status, 200, read.body)
      if (++calls === 100) closing = first.app.close().then(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
  assert.ok(closing, 'nothing was closed')
  await closing
  const balance = await second.asInternal('GET', '/balance/user-1')
  assert.equal(balance.body.balance, 1_000_000 - 480)

  await second.app.close()
  const away = await nginx.callInternally({ path: '/balance/user-1', headers: INTERNAL })
  assert.equal(away.status, 502)
  assert.equal(parsed(away).body.code, 'BAD_GATEWAY')
  assert.equal(away.headers.get('retry-after'), '1')
})

test('a call is sent to a second server only where that is safe', async (t) => {
  let received = 0
  const key = { 'idempotency-key': 'job-1' }
  const cases: [door: 'call' | 'callInternally', method: string, path: string, sent: 1 | 2][] = [
    ['callInternally', 'POST', '/deduct', 2],
    ['callInternally', 'POST', '/holds/hold_1_2/capture', 2],
    ['callInternally', 'GET', '/balance/user-1', 2],
    // Only the ledger takes the key as one: here it would make two of what is made.
    ['callInternally', 'POST', '/account', 1],
    ['callInternally', 'POST', '/api/customers', 1],
    ['callInternally', 'POST', '/deduct/..%2fapi/customers', 1],
    ['callInternally', 'PATCH', '/account/user-1', 1],
    ['callInternally', 'DELETE', '/account/user-1', 1],
    ['call', 'POST', '/api/customers', 1],
    ['call', 'DELETE', '/api/customers/cus_1', 1],
    ['call', 'PUT', '/api/plans/pro', 1],
    ['call', 'GET', '/api/me', 2],
  ]
  for (const [door, method, path, sent] of cases) {
    await t.test(`${method} ${path}`, async (each) => {
      // Fresh ones: a server that has failed three times is left out.
      const servers = await Promise.all([startBreaking(each), startBreaking(each)])
      const nginx = await startNginx(each, servers)
      const body = method === 'GET' ? {} : { body: '{}' }
      received = 0
      assert.equal((await nginx[door]({ method, path, headers: key, ...body })).status, 502)
      assert.equal(received, sent)
      if (method !== 'POST') return
      received = 0
      assert.equal((await nginx[door]({ method, path, ...body })).status, 502)
      assert.equal(received, 1, 'without a key')
    })
  }

  /** A server that ends each connection as soon as it has a request. */
  async function startBreaking(context: TestContext): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        received += 1
        socket.destroy()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => server.close())
    return (server.address() as AddressInfo).port
  }
})

test('an answer is final, a 503 too', async (t) => {
  let received = 0
  const servers = await Promise.all(
    [1, 2].map(async () => {
      const server = createHttpServer((_, answer) => {
        received += 1
        answer.writeHead(503, { 'content-type': 'application/json' }).end('{"code":"TIMEOUT"}')
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      return (server.address() as AddressInfo).port
    }),
  )
  const nginx = await startNginx(t, servers)
  for (const method of ['GET', 'POST']) {
    received = 0
    const headers = { 'idempotency-key': 'job-1' }
    const answer = await nginx.callInternally({ method, path: '/deduct', headers })
    assert.deepEqual([answer.status, answer.body], [503, '{"code":"TIMEOUT"}'])
    assert.equal(received, 1)
  }
})
