import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'drizzle-orm'
import { verifyWebhook } from '../../src/client/index.ts'
import { orphanedPage } from '../../src/webhooks/forget.ts'
import { circuit, pausesOf } from '../../src/webhooks/retries.ts'
import { newAuthority } from '../support/certificates.ts'
import { createDatabase } from '../support/database.ts'
import { commandBeside } from '../support/service-process.ts'
import { eventually, runScript } from '../support/processes.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await eventually(condition, 20_000))
}

async function make(service: Service, url: string, events = ['*']) {
  const made = await service.asAdmin('POST', '/api/webhook-endpoints', { url, events })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return { ...made.body, path: `/api/webhook-endpoints/${made.body.endpoint.endpoint_id}` }
}

test('attempts come first after 5 s, then with growing pauses, for about 3 days', () => {
  const [shortest, longest] = [pausesOf(0), pausesOf(1)]
  assert.equal(shortest[0], 5_000)
  assert.deepEqual(
    shortest,
    shortest.toSorted((a, b) => a - b),
  )
  const vary = shortest.every((pause, n) => (longest[n] ?? 0) > pause)
  assert.ok(vary && longest.every((pause, n) => pause <= (shortest[n] ?? 0) * 1.2))
  const total = shortest.reduce((sum, pause) => sum + pause)
  assert.ok(total >= 2.9 * 86_400_000 && total * 1.2 <= 3.6 * 86_400_000)
})

test('an endpoint that seems dead is asked now and then', () => {
  const health = circuit()
  const late = (now: number) => ({ now, isProbe: false })
  const probe = (now: number) => ({ now, isProbe: true })
  for (let n = 0; n < 19; n++) health.settled('failed', late(0))
  assert.equal(health.room(10, 0), 10)
  health.settled('failed', late(0))
  assert.equal(health.room(10, 4_999), 0)
  assert.equal(health.room(10, 5_000), 1)
  health.settled('failed', probe(5_000))
  assert.equal(health.room(10, 14_999), 0)
  assert.equal(health.room(10, 15_000), 1)
  health.settled('succeeded', probe(15_000))
  assert.equal(health.room(10, 15_000), 10)
})

test('attempts that were under way when an endpoint fell silent put off no probe', () => {
  const health = circuit()
  for (let n = 0; n < 19; n++) health.settled('timeout', { now: n, isProbe: false })
  assert.equal(health.room(10, 4_999), 0)
  assert.equal(health.room(10, 5_009), 1)
})

test('what has failed for 3 days is parked, and an endpoint that has for 5 days is disabled', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t, (_, response) => void response.writeHead(503).end())
  const { path, endpoint } = await make(service, receiver.url, ['test.*'])
  await service.asAdmin('POST', `${path}/test`)
  await receiver.until(1)
  const deliveries = async () => (await service.asAdmin('GET', `${path}/deliveries`)).body.data
  await settled(async () => (await deliveries())[0].attempts.length === 1)
  assert.ok((await service.asAdmin('GET', path)).body.failing_since !== null)
  const { database } = service
  // As after three days: the last pause is over.
  await query(database, `update webhook_deliveries set tries = 13, next_attempt_at = now()`)
  await settled(async () => (await deliveries())[0].status === 'parked')
  assert.equal((await deliveries())[0].next_attempt_at, null)

  const other = await startReceiver(t)
  await make(service, other.url, ['endpoint.*'])
  await query(
    database,
    `update webhook_endpoints set failing_since = now() - interval '5 days 1 minute' where id = $1`,
    [endpoint.endpoint_id],
  )
  // Another event gives it something to do.
  await service.asAdmin('POST', `${path}/test`)
  await other.until(1)
  assert.deepEqual(other.received[0]?.event.data, {
    endpoint_id: endpoint.endpoint_id,
    reason: 'failing',
  })
  assert.equal((await service.asAdmin('GET', path)).body.disabled_reason, 'failing')
  const on = await service.asAdmin('PATCH', path, { status: 'active' })
  assert.deepEqual([on.body.status, on.body.failing_since], ['active', null])
})

test('old events and deliveries are forgotten, and so are those of a deleted endpoint', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t)
  const [kept, gone] = [await make(service, receiver.url), await make(service, receiver.url)]
  for (const { path } of [kept, gone, kept]) await service.asAdmin('POST', `${path}/test`)
  const rows = async () => {
    const [row] = await query<{ events: number; deliveries: number }[]>(
      service.database,
      `select (select count(*)::int from events) as events,
        (select count(*)::int from webhook_deliveries where status = 'delivered') as deliveries`,
    )
    return row
  }
  await settled(async () => (await rows())?.deliveries === 3)
  const run = async (name: string) => {
    const job = service.app.jobs.all.find((one) => one.name === name)
    assert.ok(job !== undefined)
    await job.run({}, { attempt: 1, isLast: true })
  }
  assert.equal((await service.asAdmin('DELETE', gone.path)).status, 204)
  await run('forget_old_deliveries')
  await run('forget_old_events')
  assert.deepEqual(await rows(), { events: 3, deliveries: 2 })
  await query(
    service.database,
    `update webhook_deliveries set created_at = now() - interval '31 days' where seq = 1`,
  )
  await query(service.database, `update events set numbered_at = now() - interval '31 days'`)
  await run('forget_old_deliveries')
  await run('forget_old_events')
  assert.deepEqual(await rows(), { events: 0, deliveries: 1 })
  // What is no longer kept can't be sent again; the number goes on.
  assert.equal((await service.asAdmin('POST', `${kept.path}/replay`, { from_seq: 1 })).status, 202)
  const delivered = async () =>
    (await service.asAdmin('GET', `${kept.path}/deliveries`)).body.data[0].attempts.at(-1)?.error
  await settled(async () => (await delivered()) === 'event_forgotten')
  const count = receiver.received.length
  await service.asAdmin('POST', `${kept.path}/test`)
  await settled(() => receiver.received.length > count)
  assert.equal(receiver.received.at(-1)?.event.seq, 3)
})

test('the search for deliveries of deleted endpoints does not read all deliveries', async (t) => {
  const service = await startService(t)
  const { database } = service
  await query(
    database,
    `insert into webhook_deliveries (endpoint, seq, event_seq, status)
     select e, n, n, 'delivered' from generate_series(1001, 1010) e, generate_series(1, 3000) n`,
  )
  await query(
    database,
    `insert into webhook_endpoints (seq, id, url, events, secret, secret_key_id, terms, cursor)
     overriding system value
     select e, 'we_' || e, 'https://app.example.com/', '{}', '', '', '[]', 0 from generate_series(1001, 1009) e`,
  )
  await query(database, 'analyze webhook_deliveries')
  const plan = await service.app.db.execute(sql`explain ${orphanedPage()}`)
  const lines = plan.map((line) => String(line['QUERY PLAN'])).join('\n')
  assert.doesNotMatch(lines, /Seq Scan on webhook_deliveries/, lines)
  const job = service.app.jobs.all.find(({ name }) => name === 'forget_old_deliveries')
  await job?.run({}, { attempt: 1, isLast: true })
  const left = await query<{ endpoint: string; count: number }[]>(
    database,
    `select endpoint::text, count(*)::int from webhook_deliveries group by 1 order by 1`,
  )
  assert.deepEqual(
    left.map(({ endpoint, count }) => [endpoint, count]),
    Array.from({ length: 9 }, (_, n) => [String(1_001 + n), 3_000]),
  )
})

function newKey(folder: string, name: string): string {
  const path = join(folder, name)
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

test('the key of events is replaced without a message that nothing verifies', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [old, next] = [newKey(folder, 'old.pem'), newKey(folder, 'next.pem')]
  const database = await createDatabase()
  t.after(() => database.drop())
  const receiver = await startReceiver(t)
  const before = await startService(t, { EVENTS_KEY_PATH: old }, database)
  const { endpoint, secret, path } = await make(before, receiver.url)
  const [row] = await query<{ secret: Buffer }[]>(database, 'select secret from webhook_endpoints')
  assert.ok(row !== undefined && !row.secret.includes(Buffer.from(secret.slice(6), 'base64')))
  assert.ok(!row.secret.includes(secret))

  const keys = { EVENTS_KEY_PATH: next, EVENTS_PREVIOUS_KEY_PATHS: old }
  const during = await startService(t, { ...keys, RUN_JOBS: 'true' }, database)
  await during.asAdmin('POST', `${path}/test`)
  await receiver.until(1)
  const now = (await during.asAdmin('GET', path)).body
  assert.notEqual(now.public_key, endpoint.public_key)
  const [message] = receiver.received
  assert.ok(message !== undefined)
  for (const wanted of [
    { secret },
    { publicKey: endpoint.public_key as string },
    { publicKey: now.public_key as string },
  ]) {
    const { event } = await verifyWebhook(message.headers, message.body, wanted)
    assert.equal(event.type, 'test.ping')
  }
  const set = await during.call('GET', '/.well-known/events-jwks.json')
  assert.equal(set.body.keys.length, 2)

  // The secrets are under the new key: the old one can go.
  const after = await startService(t, { EVENTS_KEY_PATH: next }, database)
  const [sealed] = await query<{ id: string }[]>(
    database,
    'select secret_key_id as id from webhook_endpoints',
  )
  assert.equal(sealed?.id, after.app.webhooks.keys.keyId)

  // The commands, beside the service.
  const env = { DATABASE_URL: database.url, EVENTS_KEY_PATH: next }
  const listed = await commandBeside(['webhooks', 'list', '--json'], env)
  assert.deepEqual(JSON.parse(listed.output).data, [now])
  const shown = await commandBeside(
    ['webhooks', 'deliveries', endpoint.endpoint_id, '--status', 'delivered', '--json'],
    env,
  )
  const [delivery] = JSON.parse(shown.output).data
  assert.equal(delivery.type, 'test.ping')
  const replayed = ['webhooks', 'replay', endpoint.endpoint_id, delivery.delivery_id]
  assert.equal((await commandBeside(replayed, env)).status, 0)
  await settled(() => receiver.received.length === 2)
  assert.equal((await commandBeside(['webhooks', 'test', endpoint.endpoint_id], env)).status, 0)
  await receiver.until(2)
  const wrong = ['webhooks', 'replay', endpoint.endpoint_id, 'x']
  assert.equal((await commandBeside(wrong, env)).status, 2)
  const nowhere = ['webhooks', 'test', 'we_0000000000000000']
  assert.equal((await commandBeside(nowhere, env)).status, 1)
})

test('a certificate has to be of a trusted authority, and of the name', async (t) => {
  const authority = newAuthority('Events')
  const { certificate, key } = authority.identify('app.example.com')
  let received = 0
  const server = createServer({ cert: certificate, key }, (_request, response) => {
    received++
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-authority-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const trusted = join(folder, 'authority.pem')
  writeFileSync(trusted, authority.certificate)
  const { port } = server.address() as AddressInfo
  const [named, other] = ['app.example.com', 'app.example.net'].map(
    (it) => `https://${it}:${port}/`,
  )
  const send = async (urls: (string | undefined)[], env: Record<string, string> = {}) => {
    const sending = runScript('../webhooks/send-there.ts', urls.map(String), {
      env: { ...process.env, ...env },
    })
    await sending.ended
    return sending.output().trim().split('\n')
  }
  assert.deepEqual(await send([named]), ['[null,"tls"]'])
  assert.equal(received, 0)
  assert.deepEqual(await send([named, other], { NODE_EXTRA_CA_CERTS: trusted }), [
    '[200,null]',
    '[null,"tls"]',
  ])
  assert.equal(received, 1)
})
