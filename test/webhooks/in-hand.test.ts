import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { asAdmin } from '../support/database.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
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
async function hang({ service, receiver }: Scene): Promise<void> {
  receiver.answer(() => undefined)
  await topUps(service, 60)
  await receiver.until(10)
}

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
