import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkpointNow, settled } from '../support/audit.ts'
import { type TestDatabase, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { restoreOver } from '../support/restore.ts'
import { inParallel } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { keyOf, logFolder, logSettings, publishedNow } from '../support/tlog.ts'

const NAMED = { AUDIT_LOG_ORIGIN: 'example.com/books' }

async function charge(service: Service, count: number, atOnce = 1): Promise<void> {
  const body = { user_id: 'ada', amount: 1 }
  const answers = await inParallel(count, atOnce, () => service.asInternal('POST', '/deduct', body))
  for (const { status } of answers) assert.equal(status, 200)
}

/** Whether the service comes to say that its log lacks records. */
const saysBehind = (service: Service) =>
  eventually(async () => {
    const { body } = await service.asAdmin('GET', '/metrics')
    return /^strongroom_audit_behind 1$/m.test(String(body))
  }, 15_000)

/** A log with some published records, and a backup of it. */
async function backedUp(t: TestContext, settings: Record<string, string>) {
  const first = await startService(t, settings, await databaseOf(t))
  await first.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await first.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  await charge(first, 5)
  const early = await publishedNow(first)
  await first.app.close()
  const backup = await createDatabase(first.database)
  t.after(() => backup.drop())
  return { database: first.database, backup, early }
}

async function databaseOf(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase()
  t.after(() => database.drop())
  return database
}

test('a process that signs nothing still knows what the others have published', async (t) => {
  const [ofOne, ofOther] = [logFolder(t), logFolder(t)]
  const settings = { ...logSettings(ofOne), ...NAMED }
  const { database, backup, early } = await backedUp(t, settings)
  const one = await startService(t, settings, database)
  await charge(one, 5)
  const late = await publishedNow(one)
  assert.ok(late.size > early.size)
  const other = await startService(t, { ...settings, DATA_DIR: ofOther }, database)
  const keeps = () => readdirSync(ofOther).includes('log')
  assert.ok(await eventually(keeps, 5_000), 'it keeps the published state')

  // The machine of the first process is lost, with its files.
  await one.app.close()
  rmSync(join(ofOne, 'log'), { recursive: true })
  await restoreOver(database, backup)
  assert.ok(await saysBehind(other))
  await charge(other, 20)
  assertRefused(await other.call('GET', '/log/checkpoint'), 'LOG_BEHIND')
  assertRefused(await other.asAdmin('GET', '/api/audit/checkpoint'), 'LOG_BEHIND')
})

test('a checkpoint that nobody has published as a note is known too', async (t) => {
  const folder = logFolder(t)
  const settings = { ...logSettings(folder), ...NAMED }
  const { database, backup, early } = await backedUp(t, settings)
  const second = await startService(t, settings, database)
  await keyOf(second)
  // Another process holds the lease, and publishes nothing.
  await query(
    database,
    "update published_log set leased_to = 'other', leased_until = now() + interval '1 hour'",
  )
  await charge(second, 5)
  const late = await checkpointNow(second)
  assert.ok(late.size > early.size)
  await second.app.close()

  const restored = await startService(t, settings, backup)
  assert.ok(await saysBehind(restored))
  await charge(restored, 10)
  assertRefused(await restored.asAdmin('GET', '/api/audit/checkpoint'), 'LOG_BEHIND')
  assertRefused(await restored.call('GET', '/log/checkpoint'), 'LOG_BEHIND')
})

test('while the log is behind, no tile may be cached, not even a full one', async (t) => {
  const settings = { ...logSettings(logFolder(t)), ...NAMED }
  const { database, backup, early } = await backedUp(t, settings)
  const second = await startService(t, settings, database)
  await charge(second, 300, 32)
  await publishedNow(second)
  const published = await second.call('GET', '/log/tile/0/000')
  assert.equal(published.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  await second.app.close()

  const restored = await startService(t, settings, backup)
  await charge(restored, 300, 32)
  await settled(restored)
  for (const path of ['0/000', `0/000.p/${early.size}`, '0/000.p/200']) {
    const { status, headers, body } = await restored.call('GET', `/log/tile/${path}`)
    assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store'], path)
    assert.notDeepEqual(body, published.body)
  }
})
