import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { noteBody, noteKey } from '../../src/audit/tlog/note.ts'
import { cosignedAt, keyId, readNote, readPolicy, witnessed } from '../../src/audit/verifier.ts'
import { runCommand } from '../../src/cli/run.ts'
import { settled } from '../support/audit.ts'
import { counts } from '../support/counts.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { keyOf, logFolder, logSettings, publishedNote, publishedNow } from '../support/tlog.ts'
import { type TestWitness, startWitness } from '../support/witness.ts'

const ORIGIN = 'example.com/books'

async function run(...args: string[]) {
  const out = new PassThrough()
  const output = text(out)
  let err = ''
  const status = await runCommand(args, { out, err: { write: (chunk) => (err += chunk) } })
  out.end()
  return { status, out: await output, err }
}

interface Scene {
  folder: string
  service: Service
  vkey: string
  policy: string
  settings: Record<string, string>
  one: TestWitness
  other: TestWitness
}

/** A service whose log two witnesses cosign, of which the quorum needs one. */
async function scene(t: TestContext): Promise<Scene> {
  const folder = logFolder(t)
  const [one, other] = [await startWitness(t), await startWitness(t, 'witness.example/other')]
  const policy = join(folder, 'witnesses')
  const lines = [
    '# Who watches',
    `witness one ${one.vkey} ${one.url}`,
    `witness\tother  ${other.vkey}\t${other.url}/`,
    'group both any one other',
    'quorum both',
    '',
  ]
  writeFileSync(policy, lines.join('\n'))
  const settings = {
    ...logSettings(folder),
    AUDIT_LOG_ORIGIN: ORIGIN,
    AUDIT_WITNESSES_FILE: policy,
  }
  const service = await startService(t, settings)
  const vkey = await keyOf(service)
  one.log = other.log = vkey
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  return { folder, service, vkey, policy, settings, one, other }
}

async function charge(service: Service, count = 1): Promise<string> {
  const answers = await inParallel(count, 16, () =>
    service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
  )
  return answers.at(-1)?.body.transfer_id
}

async function quorumOf({ service }: Pick<Scene, 'service'>): Promise<string> {
  const { body } = await service.asAdmin('GET', '/metrics')
  return /^strongroom_audit_quorum (\d)$/m.exec(String(body))?.[1] ?? ''
}

test('witnesses cosign, one at a time is enough, and one that was away comes back', async (t) => {
  counts(t, {
    promise: '15',
    what: 'Witnesses that are away, come back and forget',
    trials: 5,
    faults: 4,
  })
  const scenery = await scene(t)
  const { service, vkey, policy, one, other } = scenery
  const trusted = await readPolicy(readFileSync(policy, 'utf8'))
  const cosigned = async (names: string[]) => {
    await settled(service)
    const found = await eventually(async () => {
      const note = await publishedNote(service, vkey)
      const { times, forged } = await witnessed(note, trusted)
      assert.deepEqual(forged, [])
      return JSON.stringify([...times.keys()].toSorted()) === JSON.stringify(names)
    }, 20_000)
    assert.ok(found, `not cosigned by ${names.join(' and ')}`)
  }
  await charge(service, 300)
  await publishedNow(service)
  await cosigned(['one', 'other'])
  assert.equal(await quorumOf(scenery), '1')
  const { text: note } = await publishedNote(service, vkey)
  assert.ok(!note.includes('stranger'), 'signatures of unknown keys are left out')

  await one.stop()
  await charge(service, 20)
  await publishedNow(service)
  await cosigned(['other'])
  assert.equal(await quorumOf(scenery), '1')

  await other.stop()
  await charge(service, 20)
  const begun = performance.now()
  const alone = await publishedNow(service)
  assert.ok(performance.now() - begun < 15_000)
  assert.equal((await witnessed(alone, trusted)).isQuorum, false)
  assert.ok(await eventually(async () => (await quorumOf(scenery)) === '0', 5_000))

  await one.restart()
  await other.restart()
  await charge(service, 20)
  await publishedNow(service)
  await cosigned(['one', 'other'])
  assert.equal(await quorumOf(scenery), '1')

  // A witness that has forgotten everything is proven the log from the beginning.
  one.state = { size: 0, root: new Uint8Array() }
  await charge(service)
  await publishedNow(service)
  await cosigned(['one', 'other'])
  assert.ok((one.answers.get(409) ?? 0) >= 1)
  assert.equal(one.answers.get(422), undefined)
})

test('a receipt is a tlog-proof that verifies with the key and the policy alone', async (t) => {
  const { folder, service, vkey, policy } = await scene(t)
  const transfer = await charge(service, 40)
  await publishedNow(service)
  const headers = { 'x-internal-token': INTERNAL_TOKEN, accept: 'text/plain' }
  const path = `/transfers/${transfer}/receipt`
  const answer = await service.call('GET', path, { headers })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  const proof = String(answer.body)
  assert.match(proof, /^c2sp\.org\/tlog-proof@v1\nextra [A-Za-z0-9+/]+=*\nindex \d+\n/)
  for (const accept of ['application/json', '*/*', 'application/json, text/plain, */*']) {
    const json = await service.call('GET', path, { headers: { ...headers, accept } })
    assert.equal(json.body.record.metadata.transfer_id, transfer, accept)
  }

  const file = join(folder, 'charge.tlog-proof')
  const verify = (content: string, ...more: string[]) => {
    writeFileSync(file, content)
    return run('receipt', 'verify', file, ...more)
  }
  const known = ['--key', vkey, '--witnesses', policy]
  const valid = await verify(proof, ...known)
  assert.equal(valid.status, 0, valid.out + valid.err)
  assert.match(valid.out, new RegExp(`^valid: ${transfer} deduct 1 USD/2, .*, signed 20`))
  assert.equal((await verify(proof, '--key', vkey)).status, 0)
  assert.equal((await verify(proof)).status, 2)

  const lines = proof.split('\n')
  const changed = (at: number, to: string) => lines.with(at, to).join('\n')
  const extra = lines[1] ?? ''
  const other = Buffer.from(extra.slice(6), 'base64')
    .toString()
    .replace('"amount":1,', '"amount":9,')
  const [signed = '', signatures = ''] = proof.slice(proof.indexOf('\n\n') + 2).split('\n\n')
  const [own = '', ...witnesses] = signatures.split('\n')
  const before = proof.slice(0, proof.indexOf('\n\n') + 2)
  const withSignatures = (...kept: string[]) => `${before}${signed}\n\n${kept.join('\n')}\n`
  const flip = (line: string) =>
    line.replace(/(.{9})(.)(==?)?$/, (_, a, b, c = '') => `${a}${b === 'A' ? 'B' : 'A'}${c}`)
  for (const [content, reason] of [
    [changed(1, `extra ${Buffer.from(other).toString('base64')}`), /not in the log/],
    [changed(2, 'index 3'), /not in the log/],
    [changed(2, 'index 03'), /lacks its record or its number/],
    [changed(3, lines[4] ?? ''), /not in the log/],
    [lines.toSpliced(3, 1).join('\n'), /not in the log/],
    [changed(3, `${lines[3]?.slice(0, -2)}x=`), /hashes are malformed/],
    [lines.toSpliced(1, 1).join('\n'), /lacks its record/],
    [changed(0, 'c2sp.org/tlog-proof@v2'), /it is not a proof/],
    [withSignatures(own), /too few of the witnesses/],
    [withSignatures(...witnesses), /not signed by the key/],
    [withSignatures(own, flip(witnesses[0] ?? '')), /the cosignature of \w+ is false|not signed/],
    [proof.replace(/^(\d+)$/m, '99'), /not signed by the key/],
  ] as const) {
    assert.notEqual(content, proof)
    const found = await verify(content, ...known)
    assert.equal(found.status, 1, String(reason))
    assert.match(found.out, reason)
  }

  writeFileSync(join(folder, 'note'), (await publishedNote(service, vkey)).text)
  assertRefused(
    await service.call('GET', '/transfers/tr_99_1/receipt', { headers }),
    'TRANSFER_NOT_FOUND',
  )
})

test('a policy that can not be read, or is another log’s, is refused at the start', async (t) => {
  const folder = logFolder(t)
  const witness = await startWitness(t)
  const settings = logSettings(folder)
  const path = join(folder, 'witnesses')
  const start = (content: string) => {
    writeFileSync(path, content)
    return startService(t, { ...settings, AUDIT_LOG_ORIGIN: ORIGIN, AUDIT_WITNESSES_FILE: path })
  }
  const one = `witness one ${witness.vkey} ${witness.url}\n`
  const other = await startService(t, { ...logSettings(folder, 'other.pem') })
  for (const [content, fault] of [
    ['quorum one\n', /line 1: `one` is not defined above/],
    [one, /the quorum line is missing/],
    [`${one}${one}quorum one\n`, /line 2: repeats a key/],
    [`${one}quorum one\nquorum none\n`, /line 3: is a second quorum/],
    [`${one}group g 2 one\nquorum g\n`, /line 2: `2` is not any, all or a number from 1 to 1/],
    [`${one}group g 01 one\nquorum g\n`, /line 2: `01` is not/],
    [`${one}group g any one\ngroup h any one\nquorum h\n`, /line 3: `one` is a member already/],
    [`${one}group none any one\nquorum none\n`, /line 2: `none` can not be defined/],
    [
      `${one.replace(/\+[0-9a-f]{8}\+/, '+00000000+')}quorum one\n`,
      /line 1: has no valid verifier key/,
    ],
    [`${one.replace('http:', 'ftp:')}quorum one\n`, /the URL of one is not http or https/],
    [
      `witness one ${await keyOf(other)}\nquorum one\n`,
      /line 1: has a key of a kind that a witness does not have/,
    ],
    [`log ${witness.vkey}\nquorum none\n`, /line 1: has a key of a kind that a log does not have/],
    [`log ${await keyOf(other)}\n${one}quorum one\n`, /it names other logs and not example\.com/],
    [`${one}quorum\u00a0one\n`, /line 2: `quorum\u00a0one` is not log, witness/],
    [`${one}\rquorum one\n`, /line 2: has a control character/],
    ['wittness\n', /line 1: `wittness` is not log/],
  ] as const) {
    await assert.rejects(start(content), fault)
  }
  const mlDsa = `witness two later.example+00000000+${Buffer.from([9, 1, 2]).toString('base64')}\n`
  const own = await start(`${one}${mlDsa}group g any one two\nquorum g`)
  assert.match(await keyOf(own), /^example\.com\/books\+/)
})

test('a cosignature counts only with a time that is a date', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const bare = { ...(await noteKey('witness.example/one', privateKey)), type: 4 }
  const key = { ...bare, id: await keyId(bare) }
  const body = noteBody(ORIGIN, 0, Buffer.alloc(32))
  const at = async (seconds: number) => {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(seconds))
    const message = Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`)
    const signature = Buffer.concat([
      Buffer.from(key.id, 'hex'),
      time,
      sign(null, message, privateKey),
    ])
    const note = readNote(`${body}\n\u2014 ${key.name} ${signature.toString('base64')}\n`)
    assert.ok(note)
    return cosignedAt(note, key)
  }
  assert.deepEqual(await at(1_767_225_600), new Date('2026-01-01T00:00:00Z'))
  assert.deepEqual(await at(8.64e12), new Date(8.64e15))
  assert.equal(await at(8.64e12 + 1), undefined)
})
