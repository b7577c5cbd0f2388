import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSame } from '../../src/audit/verifier.ts'
import { checkpointNow, settled } from '../support/audit.ts'
import { counts } from '../support/counts.ts'
import { type TestDatabase, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { commandBeside } from '../support/service-process.ts'
import { INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { keyOf, logFolder, logSettings, newLogKey, publishedNow } from '../support/tlog.ts'
import { startWitness } from '../support/witness.ts'

async function charge(service: Service, count: number): Promise<string> {
  let last = ''
  for (let n = 0; n < count; n++) {
    const { status, body } = await service.asInternal('POST', '/deduct', {
      user_id: 'ada',
      amount: 1,
    })
    assert.equal(status, 200, JSON.stringify(body))
    last = body.transfer_id
  }
  return last
}

const isBehind = (service: Service) =>
  eventually(async () => {
    const { status, body } = await service.call('GET', '/log/checkpoint')
    return status === 503 && body.code === 'LOG_BEHIND'
  }, 15_000)

test('a restored database that lost the end signs nothing until it becomes another log', async (t) => {
  counts(t, {
    promise: '15',
    what: 'A log that lost its end signs nothing more under its name',
    trials: 1,
    faults: 1,
  })
  const folder = logFolder(t)
  const witness = await startWitness(t)
  const policy = join(folder, 'witnesses')
  writeFileSync(policy, `witness w ${witness.vkey} ${witness.url}\nquorum w\n`)
  const settings = {
    ...logSettings(folder),
    AUDIT_LOG_ORIGIN: 'example.com/books',
    AUDIT_WITNESSES_FILE: policy,
  }
  const first = await startService(t, settings)
  const vkey = await keyOf(first)
  witness.log = vkey
  await first.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await first.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  await charge(first, 5)
  const early = await publishedNow(first)
  await checkpointNow(first)
  await first.app.close()
  const backup = await createDatabase(first.database)
  const another = await createDatabase(first.database)
  const grown = await createDatabase(first.database)
  const apart = await createDatabase(first.database)
  t.after(() => Promise.all([backup, another, grown, apart].map((one) => one.drop())))

  const second = await startService(t, settings, first.database)
  await charge(second, 5)
  const late = await publishedNow(second)
  assert.ok(late.size > early.size)
  await second.app.close()

  const restored = await startService(t, settings, backup)
  assert.ok(await isBehind(restored), 'the file knows more')
  const transfer = await charge(restored, 3)
  const refused = async () => {
    assertRefused(await restored.call('GET', '/log/checkpoint'), 'LOG_BEHIND')
    assertRefused(await restored.asAdmin('GET', '/api/audit/checkpoint'), 'LOG_BEHIND')
    assertRefused(await restored.asAdmin('GET', '/api/audit/proof?size=1'), 'LOG_BEHIND')
    const path = `/transfers/${transfer}/receipt`
    assertRefused(await restored.asInternal('GET', path), 'LOG_BEHIND')
    const headers = { 'x-internal-token': INTERNAL_TOKEN, accept: 'text/plain' }
    assertRefused(await restored.call('GET', path, { headers }), 'LOG_BEHIND')
  }
  await refused()
  // Nor when it has grown beyond what was published: those are other records.
  await charge(restored, 10)
  await refused()
  const { body } = await restored.asAdmin('GET', '/metrics')
  assert.match(String(body), /^strongroom_audit_behind 1$/m)
  assert.equal(witness.state.size, late.size)

  await t.test('the witness knows too, where the file is gone', async () => {
    rmSync(join(folder, 'log'), { recursive: true })
    const alone = await startService(t, settings, another)
    await charge(alone, 1)
    assert.ok(await isBehind(alone))
    assert.equal(witness.state.size, late.size)
    assert.equal(witness.answers.get(422), undefined, 'it was not shown another history')
    await alone.app.close()
  })

  /** Nothing but the witness knows that the log was longer, which is longer than that by now. */
  const growBeyond = async (database: TestDatabase) => {
    rmSync(join(folder, 'log'), { recursive: true, force: true })
    // Without the log's key it numbers records, and signs nothing.
    const keyless = await startService(t, {}, database)
    await charge(keyless, 20)
    await settled(keyless)
    await keyless.app.close()
  }
  const assertNothingNew = async (database: TestDatabase) => {
    const [row] = await query<{ size: string }[]>(database, 'select size from published_log')
    assert.equal(Number(row?.size), early.size, 'nothing more was published')
    assert.equal(witness.state.size, late.size)
    assert.ok(isSame(witness.state.root, late.root))
  }

  await t.test('and where the log has grown beyond its size since', async () => {
    await growBeyond(grown)
    const alone = await startService(t, settings, grown)
    assertRefused(await alone.asAdmin('GET', '/api/audit/checkpoint'), 'LOG_BEHIND')
    assert.ok(await isBehind(alone))
    await assertNothingNew(grown)
    await alone.app.close()
  })

  await t.test('and where it is away at first', async () => {
    await growBeyond(apart)
    await witness.stop()
    const alone = await startService(t, settings, apart)
    const { size } = await checkpointNow(alone)
    assert.equal(size, early.size, 'nothing new is signed before the witness has answered')
    await witness.restart()
    assert.ok(await isBehind(alone))
    assertRefused(await alone.asAdmin('GET', '/api/audit/checkpoint'), 'LOG_BEHIND')
    await assertNothingNew(apart)
    await alone.app.close()
  })

  const fork = async (changes: Record<string, string>, ...args: string[]) =>
    commandBeside(['audit', 'fork', ...args, '--as', 'eve'], {
      ...settings,
      ...changes,
      DATABASE_URL: backup.url,
      LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'] ?? '',
    })
  const key = { AUDIT_LOG_KEY_PATH: newLogKey(folder, 'next.pem') }
  const origin = { AUDIT_LOG_ORIGIN: 'example.com/books-2' }
  for (const changes of [{}, key, origin]) {
    const { status, output } = await fork(changes, '--accept')
    assert.equal(status, 1, output)
    assert.match(output, /a fork needs a new AUDIT_LOG_KEY_PATH and a new AUDIT_LOG_ORIGIN/)
  }
  const planned = await fork({ ...key, ...origin })
  assert.equal(planned.status, 1)
  assert.match(planned.output, /Nothing is done without --accept/)
  await refused()
  await assert.rejects(
    startService(t, { ...settings, ...key, ...origin }, backup),
    /AUDIT_LOG_ORIGIN is not example\.com\/books, .*audit fork --accept/s,
  )
  const done = await fork({ ...key, ...origin }, '--accept')
  assert.equal(done.status, 0, done.output)
  assert.match(done.output, /example\.com\/books ends; example\.com\/books-2 begins with its \d+/)
  await restored.app.close()

  const forked = await startService(t, { ...settings, ...key, ...origin }, backup)
  witness.log = await keyOf(forked)
  witness.state = { size: 0, root: new Uint8Array() }
  assert.match(witness.log, /^example\.com\/books-2\+/)
  const note = await publishedNow(forked)
  assert.ok(note.size > early.size)
  const { body: records } = await forked.asAdmin('GET', '/api/audit?event=audit.forked')
  const [{ actor, metadata }] = records.data
  assert.equal(actor, 'cli:eve')
  assert.deepEqual(
    [metadata.from_vkey, metadata.to_vkey, metadata.known_size],
    [vkey, witness.log, late.size],
  )
  assert.equal((await forked.asAdmin('GET', '/api/audit/checkpoint')).status, 200)
})
