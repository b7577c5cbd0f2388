import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { checkpointNow, settled } from '../support/audit.ts'
import { asAdmin, createDatabase } from '../support/database.ts'
import { inParallel } from '../support/scale.ts'
import { commandBeside } from '../support/service-process.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { logFolder } from '../support/tlog.ts'

async function withFunds(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
}

async function charge(service: Service): Promise<string> {
  const { body } = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  return body.transfer_id
}

test('receipts of fresh transfers share checkpoints', async (t) => {
  const service = await startService(t)
  await withFunds(service)
  const count = async () =>
    (await query(service.database, 'select 1 from audit_checkpoints')).length
  const begun = performance.now()
  await inParallel(200, 20, async () => {
    const transfer = await charge(service)
    for (;;) {
      const { status, body } = await service.asInternal('GET', `/transfers/${transfer}/receipt`)
      if (status === 200) return assert.equal(body.record.metadata.transfer_id, transfer)
      assert.equal(body.code, 'NOT_YET_LOGGED')
      await delay(20)
    }
  })
  const seconds = (performance.now() - begun) / 1_000
  const made = await count()
  assert.ok(made >= 1 && made <= seconds + 2, `${made} checkpoints in ${seconds} s`)
  const verify = () =>
    commandBeside(['audit', 'verify'], {
      DATABASE_URL: service.database.url,
      LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'] ?? '',
    })
  const verified = await verify()
  assert.equal(verified.status, 0, verified.output)

  // Under another size a checkpoint would be compared with another state, or with none.
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    await sql`update audit_checkpoints set size = size + 1
      where id = (select min(id) from audit_checkpoints)`
  })
  const moved = await verify()
  assert.equal(moved.status, 1)
  assert.match(moved.output, /1 stored checkpoints are not of the size in their row/)
})

test('a receipt never has a checkpoint of a key that was removed', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const first = await startService(t, {}, database)
  await withFunds(first)
  const transfer = await charge(first)
  await settled(first)
  await checkpointNow(first)
  await first.app.close()

  const folder = logFolder(t)
  const path = join(folder, 'key.pem')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const second = await startService(t, { LICENSE_PRIVATE_KEY_PATH: path }, database)
  const { body: jwks } = await second.call('GET', '/.well-known/jwks.json')
  const { status, body } = await second.asInternal('GET', `/transfers/${transfer}/receipt`)
  assert.equal(status, 200)
  const files = { receipt: join(folder, 'receipt.json'), jwks: join(folder, 'jwks.json') }
  writeFileSync(files.receipt, JSON.stringify(body))
  writeFileSync(files.jwks, JSON.stringify(jwks))
  const args = ['receipt', 'verify', files.receipt, '--jwks', files.jwks]
  const verified = await commandBeside(args, {})
  assert.equal(verified.status, 0, verified.output)
})
