import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { verifyWebhook } from '../../src/client/index.ts'
import { createDatabase } from '../support/database.ts'
import { scene } from '../support/doctor.ts'
import { newFolder } from '../support/licenses.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Service, startService } from '../support/service.ts'

function newKey(t: TestContext): string {
  const path = join(newFolder(t), 'events-key.pem')
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

async function make(service: Service, url: string) {
  const body = { url, events: ['test.ping'] }
  const made = await service.asAdmin('POST', '/api/webhook-endpoints', body)
  assert.equal(made.status, 201)
  const id: string = made.body.endpoint.endpoint_id
  return { path: `/api/webhook-endpoints/${id}`, secret: made.body.secret as string }
}

test('no message goes out without `v1` while processes have different keys', async (t) => {
  const [old, next] = [newKey(t), newKey(t)]
  const database = await createDatabase()
  t.after(() => database.drop())
  const receiver = await startReceiver(t)
  const before = await startService(t, { EVENTS_KEY_PATH: old, RUN_JOBS: 'true' }, database)
  const { path, secret } = await make(before, receiver.url)
  const ping = async () => {
    assert.equal((await before.asAdmin('POST', `${path}/test`)).status, 202)
  }
  await ping()
  await receiver.until(1)
  // The process with the old key does not know the new one.
  const keys = { EVENTS_KEY_PATH: next, EVENTS_PREVIOUS_KEY_PATHS: old }
  await startService(t, { ...keys, RUN_JOBS: 'true' }, database)
  for (let n = 0; n < 20; n++) {
    await ping()
    await delay(300)
  }
  await receiver.until(21, 30_000)
  for (const { headers, body } of receiver.received) await verifyWebhook(headers, body, { secret })
})

test('the old key is needed until every secret is under the new one, and doctor says so', async (t) => {
  const old = process.env['TEST_EVENTS_KEY_PATH'] ?? ''
  const next = newKey(t)
  const { look, service } = await scene(t)
  const receiver = await startReceiver(t)
  const ofKey = async (changes: Record<string, string>) => {
    const line = (await look(changes)).get('EVENTS_KEY_PATH')
    return [line?.status, line?.reason] as const
  }
  const both = { EVENTS_KEY_PATH: next, EVENTS_PREVIOUS_KEY_PATHS: old }
  const during = await startService(t, { ...both, RUN_JOBS: 'true' }, service.database)

  // A process that has not restarted makes an endpoint, after the secrets were encrypted again.
  const { path, secret } = await make(service, receiver.url)
  assert.equal((await ofKey({ EVENTS_KEY_PATH: old }))[0], 'pass')
  const [status, reason] = await ofKey(both)
  assert.equal(status, 'warning')
  assert.match(reason ?? '', /not yet the key of the secrets of 1 endpoint/)
  assert.equal((await ofKey({ EVENTS_KEY_PATH: next }))[0], 'failure')

  const seal = during.app.jobs.all.find(({ name }) => name === 'seal_webhook_secrets')
  assert.ok(seal?.cron !== undefined)
  await seal.run({}, { attempt: 1, isLast: true })
  assert.equal((await ofKey(both))[0], 'pass')
  assert.equal((await ofKey({ EVENTS_KEY_PATH: next }))[0], 'pass')

  // So does the previous secret, until its overlap is over.
  const rotated = await service.asAdmin('POST', `${path}/rotate`, { overlap_seconds: 60 })
  assert.equal(rotated.status, 200)
  assert.equal((await ofKey(both))[0], 'warning')
  await seal.run({}, { attempt: 1, isLast: true })
  assert.equal((await ofKey({ EVENTS_KEY_PATH: next }))[0], 'pass')
  await during.asAdmin('POST', `${path}/test`)
  await receiver.until(1)
  const [message] = receiver.received
  assert.ok(message !== undefined)
  for (const one of [secret, rotated.body.secret as string]) {
    await verifyWebhook(message.headers, message.body, { secret: one })
  }
})
