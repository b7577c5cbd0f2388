import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commitment } from '../../src/audit/commitment.ts'
import { growingTree, leafHash } from '../../src/audit/tree.ts'
import { readTilePath, tilePath } from '../../src/audit/tlog/tile-path.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { keyOf, logFolder, logSettings, newLogKey, publishedNow } from '../support/tlog.ts'

async function bytesAt(service: Service, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(service.origin + path, { headers })
  const { status } = response
  return { status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

async function charges(service: Service, count: number): Promise<string[]> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  const answers = await inParallel(count, 32, () =>
    service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
  )
  return answers.map(({ body }) => body.transfer_id)
}

test('the log is published as a signed note, with tiles and entries', async (t) => {
  const folder = logFolder(t)
  const service = await startService(t, {
    ...logSettings(folder),
    AUDIT_CHECKPOINT_DIR: join(folder, 'checkpoints'),
    AUDIT_LOG_ORIGIN: 'example.com/books',
  })
  await charges(service, 600)
  const note = await publishedNow(service)
  const vkey = await keyOf(service)

  // By hand, as the specification has it.
  const [name = '', id = '', material = ''] = vkey.split(/\+(.*?)\+(.*)/s)
  const raw = Buffer.from(material, 'base64')
  assert.equal(name, 'example.com/books')
  assert.equal(raw[0], 1)
  const hashed = createHash('sha256').update(`${name}\n`).update(raw).digest('hex')
  assert.equal(hashed.slice(0, 8), id)
  const [body = '', signatures = ''] = note.text.split(/(?<=\n)\n/)
  assert.match(body, /^example\.com\/books\n[1-9]\d*\n[A-Za-z0-9+/]{43}=\n$/)
  const [, signature = ''] = /^\u2014 example\.com\/books (\S+)\n$/.exec(signatures) ?? []
  const signed = Buffer.from(signature, 'base64')
  assert.equal(signed.subarray(0, 4).toString('hex'), id)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(body), key, signed.subarray(4)))

  const tree = growingTree()
  const entries: Buffer[] = []
  const admin = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const read = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt16BE(at)
      entries.push(bytes.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
  }
  for (let index = 0; index * 256 < note.size; index++) {
    const width = Math.min(256, note.size - index * 256)
    const path = tilePath({ level: 0, index, width })
    const tile = await bytesAt(service, `/log/tile/${path}`)
    assert.equal(tile.status, 200)
    assert.equal(tile.headers.get('content-type'), 'application/octet-stream')
    assert.match(tile.headers.get('cache-control') ?? '', /^public, max-age=31536000, immutable$/)
    assert.equal(tile.bytes.length, 32 * width)
    for (let at = 0; at < tile.bytes.length; at += 32) tree.add(tile.bytes.subarray(at, at + 32))
    assert.ok(readFileSync(join(folder, 'checkpoints-log', 'tile', path)).equals(tile.bytes))
    const bundle = await bytesAt(service, `/log/tile/entries/${path.slice(2)}`, admin)
    assert.equal(bundle.status, 200)
    assert.equal(bundle.headers.get('cache-control'), 'no-store')
    read(bundle.bytes)
  }
  assert.deepEqual([tree.size(), tree.root()], [note.size, Buffer.from(note.root)])
  assert.equal(readFileSync(join(folder, 'checkpoints-log', 'checkpoint'), 'utf8'), note.text)
  assert.equal(entries.length, note.size)
  const again = growingTree()
  for (const entry of entries) again.add(leafHash(entry))
  assert.ok(again.root().equals(Buffer.from(note.root)))
  const top = await bytesAt(service, '/log/tile/1/000.p/2')
  assert.equal(top.bytes.length, 64)

  await t.test('odd paths, and what is not there yet, are refused', async () => {
    const paths = ['1/000', '0/0', '0/00', '0/0000', '00/000', '64/000', '-1/000', '0/x000/000']
    paths.push('0/000.p/0', '0/000.p/256', '0/000.p/01', '0/000.p/', '0/x001', '0/999', '0/1e3')
    paths.push(
      '0/002.p/255',
      'entries',
      'data/000',
      '0/000/',
      '0/000.p/5/',
      '0',
      '',
      'x'.repeat(80),
    )
    for (const path of paths) {
      const { status } = await bytesAt(service, `/log/tile/${path}`)
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
    }
    for (const path of ['000.p/0', '999', 'x000/000', '0']) {
      const { status } = await bytesAt(service, `/log/tile/entries/${path}`, admin)
      assert.equal(status, 404, path)
    }
    assertRefused(await service.call('GET', '/log/tile/0/000.p/256'), 'NOT_FOUND')
    assertRefused(await service.call('POST', '/log/checkpoint'), 'METHOD_NOT_ALLOWED')
  })

  await t.test('the records themselves are for auditors alone', async () => {
    assertRefused(await service.call('GET', '/log/tile/entries/000'), 'UNAUTHORIZED')
    const token = async (permissions: string[]) => {
      const made = await service.asAdmin('POST', '/api/tokens', {
        name: 'someone',
        scope: 'admin',
        permissions,
      })
      return { authorization: `Bearer ${made.body.token}` }
    }
    const other = await token(['plans:write'])
    const refused = await service.call('GET', '/log/tile/entries/000', { headers: other })
    assert.deepEqual([refused.status, refused.body.code], [403, 'PERMISSION_DENIED'])
    const auditor = await token(['audit:read'])
    assert.equal((await bytesAt(service, '/log/tile/entries/000', auditor)).status, 200)
    const internal = { 'x-internal-token': INTERNAL_TOKEN }
    assert.equal((await bytesAt(service, '/log/tile/entries/000', internal)).status, 401)
  })

  await t.test('another name or key is refused at the start', async () => {
    const named = { ...logSettings(folder, 'other.pem'), AUDIT_LOG_ORIGIN: 'example.com/other' }
    await assert.rejects(
      startService(t, named, service.database),
      /AUDIT_LOG_ORIGIN is not example\.com\/books/,
    )
    // In development each process may have made its own key; only the log's signs.
    const other = await startService(t, logSettings(folder, 'another.pem'), service.database)
    assert.equal(await keyOf(other), vkey)
    assert.equal((await publishedNow(other)).origin, 'example.com/books')
  })
})

test('a record is never longer than an entry: what is too long is digested and kept beside', async (t) => {
  const folder = logFolder(t)
  const service = await startService(t, logSettings(folder))
  const features = Object.fromEntries(
    Array.from({ length: 88 }, (_, n) => [`feature_${n}`, 'x'.repeat(690)]),
  )
  const plan = { name: 'Long', features, limits: { calls: 5 } }
  const { status, body } = await service.asAdmin('PUT', '/api/plans/long', plan)
  assert.equal(status, 200, JSON.stringify(body))
  const { size } = await publishedNow(service)
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const path = `/log/tile/entries/${tilePath({ level: 0, index: 0, width: size }).slice(2)}`
  const bundle = await bytesAt(service, path, headers)
  assert.equal(bundle.status, 200)
  const entry = /\{"actor":[^\n]*?"event":"plan\.updated".*?"timestamp":"[^"]*"\}/.exec(
    bundle.bytes.toString(),
  )?.[0]
  const { metadata } = JSON.parse(entry ?? '{}')
  assert.match(metadata.features, /^sha256:[0-9a-f]{64}$/)
  assert.deepEqual(metadata.limits, { calls: 5 })
  const listed = await service.asAdmin('GET', '/api/audit?event=plan.updated')
  assert.deepEqual(JSON.parse(listed.body.data[0].metadata.features), features)
  const [kept] = await service.app.audit.sql<{ salt: Buffer; value: string }[]>`
    select salt, value from audit_personal where commitment = ${metadata.features}`
  assert.equal(commitment(kept?.salt ?? Buffer.alloc(0), kept?.value ?? ''), metadata.features)
})

test('the name is the public host, or else one of the database; without a key there is none', async (t) => {
  const folder = logFolder(t)
  const key = { DATA_DIR: folder, AUDIT_LOG_KEY_PATH: newLogKey(folder) }
  const service = await startService(t, key)
  assert.match(await keyOf(service), /^strongroom\.local\/[0-9a-f]{16}\+[0-9a-f]{8}\+AT?/)
  const known = await startService(t, { ...key, PUBLIC_URL: 'https://billing.example.com:8443/x' })
  assert.match(await keyOf(known), /^billing\.example\.com\+/)
  const keyless = await startService(t)
  for (const path of ['/log/checkpoint', '/log/key']) {
    assertRefused(await keyless.call('GET', path), 'SIGNING_KEY_MISSING')
  }
})

test('paths of tiles', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), '0/x001/x234/067')
  assert.equal(tilePath({ level: 2, index: 7, width: 9 }), '2/007.p/9')
  assert.deepEqual(readTilePath('0/x001/x234/067.p/5'), { level: 0, index: 1_234_067, width: 5 })
})
