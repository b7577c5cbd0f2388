import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tileFiles } from '../../src/audit/tlog/tile-files.ts'
import { checkpointNow, settled } from '../support/audit.ts'
import { databaseProxy } from '../support/database-proxy.ts'
import { createDatabase } from '../support/database.ts'
import { inParallel } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { logFolder, logSettings, publishedNow } from '../support/tlog.ts'

async function charge(service: Service, count: number): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  const body = { user_id: 'ada', amount: 1 }
  await inParallel(count, 32, () => service.asInternal('POST', '/deduct', body))
  await settled(service)
}

/** A log of which nothing more is published: another process holds the lease, and does nothing. */
async function heldBack(t: TestContext) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const settings = { ...logSettings(logFolder(t)), DATABASE_URL: proxy.url }
  const service = await startService(t, settings, database)
  await charge(service, 20)
  const note = await publishedNow(service)
  await query(
    database,
    "update published_log set leased_to = 'other', leased_until = now() + interval '1 hour'",
  )
  return { service, proxy, note }
}

test('callers who ask for the checkpoint at once share the comparison with what was signed', async (t) => {
  const { service, proxy, note } = await heldBack(t)
  await charge(service, 20)
  const signed = await checkpointNow(service)
  assert.ok(signed.size > note.size)
  const before = proxy.statements('audit reads')
  const answers = await inParallel(400, 100, () => service.call('GET', '/log/checkpoint'))
  const count = proxy.statements('audit reads') - before
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, note.text])
  assert.ok(count < answers.length / 2, `${count} statements for ${answers.length} calls`)
})

test('full tiles may be cached, and of parts only those that a published checkpoint covers', async (t) => {
  const { service, note } = await heldBack(t)
  await charge(service, 300)
  const cacheControl = async (path: string) => {
    const { status, headers } = await service.call('GET', `/log/tile/${path}`)
    return [status, headers.get('cache-control')]
  }
  const fixed = [200, 'public, max-age=31536000, immutable']
  assert.deepEqual(await cacheControl(`0/000.p/${note.size}`), fixed)
  assert.deepEqual(await cacheControl('0/000.p/1'), fixed)
  assert.deepEqual(await cacheControl('0/000'), fixed)
  for (const path of [`0/000.p/${note.size + 1}`, '0/001.p/1', '1/000.p/1']) {
    assert.deepEqual(await cacheControl(path), [200, 'no-store'], path)
  }
})

test('files of the log that are written twice at once are whole, and the later note stays', async (t) => {
  const folder = logFolder(t)
  const service = await startService(t, logSettings(folder))
  await charge(service, 20)
  const { size, text } = await publishedNow(service)
  const { sql } = service.app.audit
  const cosigned = `${text}\u2014 witness.example ${Buffer.alloc(76, 7).toString('base64')}\n`
  const [own, others] = [tileFiles(join(folder, 'files')), tileFiles(join(folder, 'files'))]
  await Promise.all([own.publish(sql, size, text), others.publish(sql, size, text)])
  await Promise.all([own.publish(sql, size, text), own.publish(sql, size, cosigned)])
  assert.equal(readFileSync(own.checkpoint, 'utf8'), cosigned)
  assert.deepEqual(readdirSync(own.folder).toSorted(), ['checkpoint', 'tile'])
  const names = readdirSync(join(own.folder, 'tile'), { recursive: true }).map(String)
  assert.deepEqual(
    names.filter((name) => name.endsWith('.part')),
    [],
  )
})
