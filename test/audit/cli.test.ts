import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { noteBody, noteKey, signNote, vkeyOf } from '../../src/audit/tlog/note.ts'
import { runCommand } from '../../src/cli/run.ts'
import { checkpointNow, settled } from '../support/audit.ts'
import { startService } from '../support/service.ts'
import { command } from '../support/service-process.ts'
import { keyOf, logFolder, logSettings, newLogKey, publishedNow } from '../support/tlog.ts'

/** In this process, with no environment to find a database in. */
async function offline(...args: string[]) {
  const out = new PassThrough()
  const output = text(out)
  let err = ''
  const status = await runCommand(args, { out, err: { write: (chunk) => (err += chunk) } })
  out.end()
  return { status, out: await output, err }
}

test('export and receipts verify with files alone, and what does not fit is named', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-audit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string) => join(folder, name)
  mkdirSync(file('checkpoints'))
  const service = await startService(t, { AUDIT_CHECKPOINT_DIR: file('checkpoints') })
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const old = await checkpointNow(service)
  writeFileSync(file('old.json'), JSON.stringify(old))
  for (let n = 1; n <= 40; n++) {
    await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: n })
  }
  const { body: moved } = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 5 })
  const { size, root, token } = await checkpointNow(service)
  writeFileSync(file('checkpoint.jwt'), token)
  writeFileSync(
    file('jwks.json'),
    JSON.stringify((await service.call('GET', '/.well-known/jwks.json')).body),
  )
  const { body: receipt } = await service.asInternal(
    'GET',
    `/transfers/${moved.transfer_id}/receipt`,
  )
  writeFileSync(file('receipt.json'), JSON.stringify(receipt, null, 2))

  // After the checkpoint, so not covered by it.
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  await settled(service)
  const env = {
    DATABASE_URL: service.database.url,
    DATA_DIR: folder,
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
  }
  const exporting = command(['audit', 'export', '--out', file('log.jsonl')], env)
  assert.deepEqual(
    [exporting.status, exporting.stdout],
    [0, `${size + 1} records in ${file('log.jsonl')}\n`],
  )
  const kept = () => ['log.jsonl', 'log.jsonl.hashes'].map((name) => readFileSync(file(name)))
  const [exported, names] = [kept(), readdirSync(folder)]
  const away = { ...env, DATABASE_URL: 'postgres://127.0.0.1:1/away' }
  const failed = command(['audit', 'export', '--out', file('log.jsonl')], away)
  assert.equal(failed.status, 1, failed.stdout + failed.stderr)
  assert.deepEqual([kept(), readdirSync(folder)], [exported, names])
  const again = command(['audit', 'export', '--out', file('log.jsonl')], env)
  assert.equal(again.status, 0, again.stderr)
  assert.deepEqual([kept(), readdirSync(folder)], [exported, names])
  const streamed = command(['audit', 'export'], env)
  const lines = readFileSync(file('log.jsonl'), 'utf8')
  assert.equal(streamed.stdout, lines)
  const inside = command(['audit', 'verify'], env)
  assert.equal(inside.status, 0, inside.stdout)
  assert.match(inside.stdout, /^The audit log is sound: 44 records in .* 1 of them newer/)

  const jwks = ['--jwks', file('jwks.json')]
  const verify = (name: string, checkpoint = 'checkpoint.jwt', ...more: string[]) => {
    const files = ['--export', file(name), '--checkpoint', file(checkpoint)]
    return offline('audit', 'verify', ...files, ...jwks, ...more)
  }
  for (const more of [[], ['--since', file('old.json')]]) {
    const sound = await verify('log.jsonl', 'checkpoint.jwt', ...more)
    assert.deepEqual([sound.status, sound.err], [0, ''])
    assert.match(sound.out, /^The audit log is sound: 44 records .* a second, 1 of them newer/)
  }
  assert.equal((await verify('log.jsonl', 'checkpoints')).status, 0)

  // The folder beside it, in which the service keeps the states that it has signed as notes.
  const logKey = createPrivateKey(readFileSync(newLogKey(folder)))
  const key = await noteKey('example.com/books', logKey)
  const withKey = ['--key', vkeyOf(key), '--json']
  mkdirSync(file('signed'))
  const none = await verify('log.jsonl', 'signed', ...withKey)
  assert.deepEqual([none.status, none.out], [2, ''])
  assert.match(none.err, /signed has no checkpoint/)
  const note = signNote(noteBody(key.name, size, Buffer.from(root, 'base64')), key, logKey)
  writeFileSync(join(file('signed'), `${key.id}.note`), note)
  writeFileSync(join(file('signed'), 'unfinished.part'), note.slice(0, 20))
  const noted = JSON.parse((await verify('log.jsonl', 'signed', ...withKey)).out)
  assert.deepEqual([noted.vouched_for, noted.findings], [size, []])
  writeFileSync(join(file('signed'), 'notes.txt'), 'Copied on Monday')
  const odd = await verify('log.jsonl', 'signed', ...withKey)
  assert.equal(odd.status, 2)
  assert.match(odd.err, /notes\.txt is not a checkpoint signed by a known key/)

  const all = lines.split('\n').slice(0, -1)
  const writeLog = (changed: readonly string[], hashes = true) => {
    writeFileSync(file('changed.jsonl'), changed.map((line) => `${line}\n`).join(''))
    const beside = file('changed.jsonl.hashes')
    if (hashes) writeFileSync(beside, readFileSync(file('log.jsonl.hashes')))
    else rmSync(beside, { force: true })
  }
  const edited = all.with(17, all[17]?.replace('"amount":16', '"amount":61') ?? '')
  assert.notDeepEqual(edited, all)
  for (const [changed, hashes, finding] of [
    [edited, true, /^Record 17 is not what was logged\n/],
    [edited, false, /^A record from 0 to 42 is not what the checkpoint of .* was signed of\n/],
    [all.toSpliced(17, 1), false, /^Record 17 is missing: record 18 is in its place\n/],
    [all.with(17, all[18] ?? '').with(18, all[17] ?? ''), false, /^Record 17 is missing/],
    [all.with(17, '{"seq":17'), false, /^Record 17 is no record\n/],
    [all.slice(0, 20), false, /^Record 20 is missing: the checkpoint of .* has 43 records\n/],
    [[], false, /^Record 0 is missing/],
  ] as const) {
    writeLog(changed, hashes)
    const found = await verify('changed.jsonl')
    assert.equal(found.status, 1, String(finding))
    assert.match(found.out, finding)
  }
  writeLog(edited, false)
  const since = await verify('changed.jsonl', 'checkpoint.jwt', '--since', file('old.json'))
  assert.match(since.out, /^A record from 2 to 42 is not/)
  const json = JSON.parse((await verify('changed.jsonl', 'checkpoint.jwt', '--json')).out)
  assert.deepEqual([json.records, json.vouched_for, json.findings.length], [44, 0, 1])

  const check = (name: string) => offline('receipt', 'verify', file(name), ...jwks)
  const valid = await check('receipt.json')
  assert.equal(valid.status, 0)
  assert.match(valid.out, new RegExp(`^valid: ${moved.transfer_id} deduct 5 USD/2, `))
  for (const [change, reason] of [
    [{ record: { ...receipt.record, timestamp: '2026-01-01T00:00:00.000Z' } }, /not in the log/],
    [{ record: { ...receipt.record, seq: 3 } }, /another number/],
    [{ index: 3, record: { ...receipt.record, seq: 3 } }, /not in the log/],
    [{ size: receipt.size - 1 }, /of another size/],
    [{ proof: receipt.proof.slice(1) }, /not in the log/],
    [{ checkpoint: `${receipt.checkpoint.token.slice(0, -8)}AAAAAAAA` }, /not signed/],
    [{ checkpoint: undefined }, /no receipt/],
  ] as const) {
    writeFileSync(file('forged.json'), JSON.stringify({ ...receipt, ...change }))
    const forged = await check('forged.json')
    assert.equal(forged.status, 1, String(reason))
    assert.match(forged.out, reason)
  }

  for (const args of [
    ['audit', 'verify', '--export', file('log.jsonl'), ...jwks],
    ['audit', 'verify', '--export', file('log.jsonl'), '--checkpoint', file('none'), ...jwks],
    ['audit', 'verify', '--export', file('log.jsonl'), '--checkpoint', file('log.jsonl'), ...jwks],
    ['receipt', 'verify', file('none'), ...jwks],
    // It has the signature of neither, so they can't be asked for.
    ['receipt', 'verify', file('receipt.json'), ...jwks, '--key', vkeyOf(key)],
    ['receipt', 'verify', file('receipt.json'), ...jwks, '--witnesses', file('none')],
    ['receipt', 'verify', file('log.jsonl'), ...jwks],
    [
      'audit',
      'verify',
      '--export',
      file('none.jsonl'),
      '--checkpoint',
      file('checkpoint.jwt'),
      ...jwks,
    ],
  ]) {
    assert.equal((await offline(...args)).status, 2, args.join(' '))
  }
})

test('with the key of the log an export verifies without any settings, and none is made', async (t) => {
  const folder = logFolder(t)
  const file = (name: string) => join(folder, name)
  const service = await startService(t, logSettings(folder))
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  writeFileSync(file('note'), (await publishedNow(service)).text)
  const exporting = ['audit', 'export', '--out', file('log.jsonl')]
  assert.equal(
    command(exporting, { DATABASE_URL: service.database.url, DATA_DIR: folder }).status,
    0,
  )

  const files = ['--export', file('log.jsonl'), '--checkpoint', file('note')]
  for (const mode of ['production', 'development']) {
    const env = { NODE_ENV: mode, DATA_DIR: file('none') }
    const key = ['--key', await keyOf(service)]
    const verified = command(['audit', 'verify', ...files, ...key], env)
    assert.equal(verified.status, 0, verified.stdout + verified.stderr)
    assert.match(verified.stdout, /^The audit log is sound/)
    assert.ok(!existsSync(file('none')), mode)
  }
})
