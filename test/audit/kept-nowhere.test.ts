import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { settled } from '../support/audit.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { logFolder, logSettings, publishedNow, witnessedLog } from '../support/tlog.ts'

async function charged(service: Service): Promise<string> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100 })
  const { body } = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  return body.transfer_id
}

async function isKept(service: Service): Promise<string> {
  const { body } = await service.asAdmin('GET', '/metrics')
  return /^strongroom_audit_kept (\d)$/m.exec(String(body))?.[1] ?? ''
}

test('what can be kept nowhere is not published, and the fault is logged once', async (t) => {
  const folder = logFolder(t)
  // No one can make a folder below a file, not even root.
  const dataDir = join(folder, 'read-only')
  writeFileSync(dataDir, '')
  const lines: string[] = []
  const output = new PassThrough().on('data', (chunk) => lines.push(String(chunk)))
  const logger = pino({ level: 'warn' }, output)
  const settings = { ...logSettings(folder), DATA_DIR: dataDir }
  const service = await startService(t, settings, undefined, logger)
  const transfer = await charged(service)
  await settled(service)
  assert.ok(await eventually(async () => (await isKept(service)) === '0', 10_000))
  await delay(3_000)
  assertRefused(await service.call('GET', '/log/checkpoint'), 'NOT_YET_LOGGED')
  assertRefused(await service.asInternal('GET', `/transfers/${transfer}/receipt`), 'NOT_YET_LOGGED')
  const { body: checkpoint } = await service.asAdmin('GET', '/api/audit/checkpoint')
  assert.equal(checkpoint.size, 0)
  const faults = lines.filter((line) => line.includes('could not be kept'))
  assert.equal(faults.length, 1, faults.join(''))

  rmSync(dataDir)
  const note = await publishedNow(service)
  assert.ok(note.size > 0)
  assert.equal(await isKept(service), '1')
  const receipt = await service.asInternal('GET', `/transfers/${transfer}/receipt`)
  assert.equal(receipt.status, 200)
  await service.app.close()
  output.end()
  await once(output, 'end')
})

test('a witness keeps the state for a process that can write no file', async (t) => {
  const folder = logFolder(t)
  const settings = await witnessedLog(t, folder, 'example.com/books')
  const dataDir = join(folder, 'read-only')
  writeFileSync(dataDir, '')
  const service = await startService(t, { ...settings, DATA_DIR: dataDir })
  const transfer = await charged(service)
  const note = await publishedNow(service)
  assert.match(note.text, /witness\.example\/one/)
  assert.equal(await isKept(service), '0')
  const headers = { 'x-internal-token': INTERNAL_TOKEN }
  const path = `/transfers/${transfer}/receipt`
  assert.equal((await service.call('GET', path, { headers })).status, 200)
})
