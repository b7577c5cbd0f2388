import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { settle } from '../../src/webhooks/settle.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { type Answering, type Receiver, startReceiver } from '../support/receiver.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

/** Arrivals on different connections this close together count as one. */
const TOGETHER_MS = 150

interface Scene {
  service: Service
  receiver: Receiver
  /** The path of the endpoint. */
  path: string
}

/** An endpoint that gets every top-up. */
async function scene(t: TestContext): Promise<Scene> {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t)
  const opened = await service.asInternal('POST', '/account', { user_id: 'u-1', tier: 'pro' })
  assert.equal(opened.status, 201)
  const body = { url: receiver.url, events: ['funds.topped_up', 'test.ping'] }
  const made = await service.asAdmin('POST', '/api/webhook-endpoints', body)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return {
    service,
    receiver,
    path: `/api/webhook-endpoints/${made.body.endpoint.endpoint_id}`,
  }
}

async function topUps(service: Service, count: number): Promise<void> {
  const transfers = Array.from({ length: count }, () => {
    return { op: 'top_up', user_id: 'u-1', amount: 1 }
  })
  assert.equal((await service.asInternal('POST', '/transfers/batch', { transfers })).status, 200)
}

/** Ten attempts under way, forty more in hand, and ten that wait in the database. */
async function fillHands({ service, receiver }: Scene, how: Answering): Promise<void> {
  receiver.answer(how)
  await topUps(service, 60)
  await receiver.until(10)
  const inHand = `select from webhook_deliveries where is_taken`
  assert.ok(
    await eventually(async () => (await query(service.database, inHand)).length === 50, 5_000),
  )
}

const hang = (all: Scene) => fillHands(all, () => undefined)

/** Each has come, and first attempts came in order. */
async function assertAllInOrder({ receiver }: Scene, count: number): Promise<void> {
  await receiver.until(count, 60_000)
  const firsts = new Map<number, number>()
  for (const { event, at } of receiver.received) {
    if (!firsts.has(event.seq)) firsts.set(event.seq, at)
  }
  let latest = 0
  for (let seq = 1; seq <= count; seq++) {
    const at = firsts.get(seq) ?? 0
    assert.ok(at > latest - TOGETHER_MS, `${seq} came ${latest - at} ms late`)
    latest = Math.max(latest, at)
  }
}

test('a lock on the row of an endpoint loses no delivery', async (t) => {
  const all = await scene(t)
  await hang(all)
  await asAdmin(all.service.database.adminUrl, (sql) =>
    sql.begin(async (tx) => {
      await tx`select from webhook_endpoints for update`
      await delay(1_000)
    }),
  )
  await delay(6_500)
  all.receiver.answer((_, response) => void response.writeHead(204).end())
  await assertAllInOrder(all, 60)
})

test('a database that is away for longer than a lease loses no delivery', async (t) => {
  const all = await scene(t)
  await hang(all)
  await asAdmin(all.service.database.adminUrl, (sql) =>
    sql.begin(async (tx) => {
      await tx`lock table webhook_endpoints in access exclusive mode`
      await delay(9_000)
    }),
  )
  all.receiver.answer((_, response) => void response.writeHead(204).end())
  await assertAllInOrder(all, 60)
  const [left] = await query<{ count: number }[]>(
    all.service.database,
    `select count(*)::int from webhook_deliveries where is_taken and status = 'delivered'`,
  )
  assert.equal(left?.count, 0)
})

const after = (ms: number, status: number): Answering => {
  return (_, response) => void setTimeout(() => response.writeHead(status).end(), ms)
}

test('what is in hand is not sent once the endpoint is disabled', async (t) => {
  const all = await scene(t)
  const { service, receiver, path } = all
  await fillHands(all, after(2_000, 204))
  const off = await service.asAdmin('PATCH', path, { status: 'disabled' })
  assert.equal(off.status, 200)
  await delay(500)
  const { length } = receiver.received
  assert.ok(length < 50, `${length} had come before`)
  await delay(3_000)
  assert.equal(receiver.received.length, length)
})

test('what is in hand is not sent once the endpoint is deleted', async (t) => {
  const all = await scene(t)
  const { service, receiver, path } = all
  await fillHands(all, after(2_000, 204))
  assert.equal((await service.asAdmin('DELETE', path)).status, 204)
  await delay(1_200)
  const { length } = receiver.received
  assert.ok(length < 50, `${length} had come before`)
  await delay(3_000)
  assert.equal(receiver.received.length, length)
})

test('nothing begins after an endpoint has answered that it is gone', async (t) => {
  const all = await scene(t)
  const { service, receiver, path } = all
  let gone: ServerResponse | undefined
  await fillHands(all, (message, response, request) => {
    if (message.event.seq === 1) gone = response
    else after(5_000, 204)(message, response, request)
  })
  gone?.writeHead(410).end()
  const disabled = async () => (await service.asAdmin('GET', path)).body.status === 'disabled'
  assert.ok(await eventually(disabled, 10_000))
  await delay(5_500)
  assert.equal(receiver.received.length, 10)
})

test('an endpoint is not disabled because its former URL has answered that it is gone', async (t) => {
  const { service, receiver, path } = await scene(t)
  let former: ServerResponse | undefined
  receiver.answer((_, response) => (former = response))
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 202)
  await receiver.until(1)
  const moved = await startReceiver(t)
  assert.equal((await service.asAdmin('PATCH', path, { url: moved.url })).status, 200)
  former?.writeHead(410).end()
  // The delivery of a disabled endpoint would have failed for good.
  await moved.until(1)
  assert.equal((await service.asAdmin('GET', path)).body.status, 'active')
})

test('an erased user is in nothing that is sent from then on', async (t) => {
  const all = await scene(t)
  const { service, receiver } = all
  await hang(all)
  // The attempts under way run out of time, so the endpoint seems dead.
  await delay(10_500)
  const erased = await service.asInternal('DELETE', '/account/u-1?force=true')
  assert.equal(erased.status, 200, JSON.stringify(erased.body))
  const { length } = receiver.received
  receiver.answer((_, response) => void response.writeHead(204).end())
  await receiver.until(60, 60_000)
  const users = receiver.received.slice(length).map(({ event }) => event.data.user_id)
  assert.deepEqual([...new Set(users)], [null])
})

test('an endpoint without events is not disabled because of failures of old', async (t) => {
  const { service, receiver, path } = await scene(t)
  const age = () =>
    query(
      service.database,
      `update webhook_endpoints set failing_since = now() - interval '6 days'`,
    )
  const now = async () => (await service.asAdmin('GET', path)).body
  await age()
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 202)
  await receiver.until(1)
  assert.ok(await eventually(async () => (await now()).failing_since === null, 5_000))
  assert.equal((await now()).status, 'active')

  // Nor because of those at another URL.
  await age()
  const moved = await startReceiver(t, (_, response) => void response.writeHead(500).end())
  const patched = await service.asAdmin('PATCH', path, { url: moved.url })
  assert.equal(patched.body.failing_since, null)
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 202)
  await moved.until(1)
  assert.ok(await eventually(async () => (await now()).failing_since !== null, 5_000))
  assert.equal((await now()).status, 'active')
})

test('a success counts although an attempt fails right after it', async (t) => {
  const { service, receiver, path } = await scene(t)
  const { adminUrl } = service.database
  const attempts = (url: string, ...errors: (string | null)[]) =>
    asAdmin(adminUrl, async (sql) => {
      const [row] = await sql<{ seq: string }[]>`select seq from webhook_endpoints`
      const known = { endpoint: BigInt(row?.seq ?? 0), url, at: new Date() }
      const sent = (error: string | null) => ({ status: null, durationMs: 1, error })
      const results = errors.map((error, n) => ({
        ...known,
        seq: BigInt(n + 1),
        sent: sent(error),
      }))
      return [...(await settle(sql, results))]
    })
  const failingFor = async () =>
    Date.now() - Date.parse((await service.asAdmin('GET', path)).body.failing_since)
  const age = () =>
    query(
      service.database,
      `update webhook_endpoints set failing_since = now() - interval '6 days'`,
    )
  await age()
  assert.deepEqual(await attempts(receiver.url, null, 'timeout'), [])
  assert.ok((await failingFor()) < 60_000)

  // What its former URL has answered does not count.
  await age()
  assert.deepEqual(await attempts('http://127.0.0.1:1/former', null), [])
  assert.ok((await failingFor()) > 5 * 86_400_000)
})

test('a replay during an attempt is not undone by its result', async (t) => {
  const { service, receiver, path } = await scene(t)
  receiver.answer(after(0, 500))
  await service.asAdmin('POST', `${path}/test`)
  await receiver.until(1)
  const first = async () => (await service.asAdmin('GET', `${path}/deliveries`)).body.data[0]
  assert.ok(await eventually(async () => (await first()).attempts.length === 1, 5_000))
  // As after three days: the last attempt.
  receiver.answer(after(2_000, 500))
  await query(service.database, `update webhook_deliveries set tries = 13, next_attempt_at = now()`)
  assert.ok(await eventually(() => receiver.received.length === 2, 5_000))
  const { delivery_id } = await first()
  const again = await service.asAdmin('POST', `${path}/replay`, { delivery_id })
  assert.equal(again.status, 202)
  assert.equal((await first()).status, 'pending')
  assert.ok(await eventually(async () => (await first()).attempts.length === 2, 5_000))
  const replayed = await first()
  assert.equal(replayed.status, 'pending')
  assert.ok(Date.parse(replayed.next_attempt_at) < Date.now() + 10_000)
  receiver.answer(after(0, 204))
  assert.ok(await eventually(async () => (await first()).status === 'delivered', 15_000))

  // Nor by its success.
  receiver.answer(after(1_000, 204))
  const { length } = receiver.received
  for (let n = 1; n <= 2; n++) {
    await service.asAdmin('POST', `${path}/replay`, { delivery_id })
    assert.ok(await eventually(() => receiver.received.length > length, 5_000))
  }
  assert.ok(await eventually(() => receiver.received.length === length + 2, 5_000))
  assert.ok(await eventually(async () => (await first()).status === 'delivered', 5_000))
})
