import assert from 'node:assert/strict'
import {
  type KeyObject,
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type VerifyOptions, verifyLicense } from '../../src/licenses/verifier.ts'
import { openKeyRing } from '../../src/keys/index.ts'
import { counts } from '../support/counts.ts'
import { createCustomer } from '../support/customers.ts'
import { fetchJwks, forge, issue, newFolder, serviceKey, verdict } from '../support/licenses.ts'
import { SEED, randomOf } from '../support/random.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'

const DAY_S = 86_400
const COMPILED = fileURLToPath(new URL('../../dist/licenses/verifier.js', import.meta.url))

/** A real licence of the service, and what a verifier has of it. */
async function realLicense(t: TestContext) {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const features = { sso: true, note: 'ünïcode ✓' }
  const license = await issue(service, { customer_id: customerId, features, limits: { calls: 5 } })
  const jwks = await fetchJwks(service)
  const token: string = license.token
  const [, body = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const header = { alg: 'RS256', typ: 'license+jwt', kid: license.key_id as string }
  return { service, customerId, license, token, jwks, claims, header }
}

test('100,000 altered tokens: none verifies', async (t) => {
  counts(t, {
    promise: '17',
    what: 'Altered licences: none verifies',
    trials: scaled(100_000, 4_000),
    faults: scaled(100_000, 4_000),
  })
  const { token, jwks } = await realLicense(t)
  assert.equal(verdict(token, { jwks }), 'valid')
  const passed: string[] = []
  const reasons: Record<string, number> = {}
  const attempt = (altered: string) => {
    const reason = verdict(altered, { jwks })
    reasons[reason] = (reasons[reason] ?? 0) + 1
    if (reason === 'valid') passed.push(altered)
  }
  const bytes = Buffer.from(token, 'latin1')
  const flipped = (bit: number) => {
    const copy = Buffer.from(bytes)
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return copy.toString('latin1')
  }
  // First each bit of the text once, as far as the count goes; then several at once.
  const count = scaled(100_000, 4_000)
  const bits = bytes.length * 8
  const step = Math.max(1, Math.floor(bits / count))
  const random = randomOf(SEED)
  let tried = 0
  for (let bit = 0; bit < bits && tried < count; bit += step, tried++) attempt(flipped(bit))
  for (; tried < count; tried++) {
    const copy = Buffer.from(bytes)
    const changes = new Set(Array.from({ length: random.int(1, 4) }, () => random.int(0, bits - 1)))
    for (const bit of changes) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    attempt(copy.toString('latin1'))
  }
  assert.equal(tried, count)
  // The last character of the signature has bits that mean nothing.
  for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    if (!token.endsWith(letter)) attempt(token.slice(0, -1) + letter)
  }
  for (const end of ['=', '==', '.', '.e30', 'A', ' A', '\nA', '\0']) attempt(token + end)
  for (const cut of [1, 2, 3, 100]) attempt(token.slice(0, -cut))
  assert.deepEqual(passed, [])
  assert.ok((reasons['bad_signature'] ?? 0) > 0 && (reasons['malformed'] ?? 0) > 0)
})

test('every bit of the three parts decoded: none verifies', async (t) => {
  const { token, jwks } = await realLicense(t)
  const parts = token.split('.')
  for (const [index, part] of parts.entries()) {
    const bytes = Buffer.from(part, 'base64url')
    const every = scaled(1, 7)
    for (let bit = 0; bit < bytes.length * 8; bit += every) {
      const copy = Buffer.from(bytes)
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const altered = parts.with(index, copy.toString('base64url')).join('.')
      assert.notEqual(verdict(altered, { jwks }), 'valid', `part ${index}, bit ${bit}`)
    }
  }
})

test('a token does not choose its algorithm or its key', async (t) => {
  const { token, jwks, claims, header } = await realLicense(t)
  const key = serviceKey()
  const { privateKey: foreign, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const jwk = publicKey.export({ format: 'jwk' })
  const [head = '', body = '', signature = ''] = token.split('.')
  const withHead = (value: object, rest = `${body}.${signature}`) =>
    `${Buffer.from(JSON.stringify(value)).toString('base64url')}.${rest}`

  // alg: none, in every spelling, with the signature there, empty and gone.
  for (const alg of ['none', 'None', 'NONE', '', 'RS256 ', 'rs256']) {
    for (const rest of [`${body}.`, `${body}.${signature}`, body]) {
      const reason = verdict(withHead({ ...header, alg }, rest), { jwks })
      assert.ok(['wrong_algorithm', 'malformed'].includes(reason), `${alg}: ${reason}`)
    }
  }
  // The public key, which everybody has, as the secret of an HMAC: in PEM, DER and as the modulus.
  const open = createPublicKey(key)
  const secrets = [
    open.export({ type: 'spki', format: 'pem' }),
    open.export({ type: 'pkcs1', format: 'pem' }),
    open.export({ type: 'spki', format: 'der' }),
    Buffer.from((jwks.keys[0] as { n: string }).n, 'base64url'),
  ]
  for (const alg of ['HS256', 'RS256']) {
    for (const secret of secrets) {
      const signed = withHead({ ...header, alg }, body)
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      const expected = alg === 'RS256' ? 'bad_signature' : 'wrong_algorithm'
      assert.equal(verdict(`${signed}.${mac}`, { jwks }), expected)
    }
  }
  // Other algorithms under the right key.
  for (const alg of ['PS256', 'RS384', 'RS512']) {
    assert.equal(verdict(await forge(claims, { ...header, alg }, key), { jwks }), 'wrong_algorithm')
  }
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING }
  const pssSignature = sign('sha256', Buffer.from(`${head}.${body}`), pss).toString('base64url')
  assert.equal(verdict(`${head}.${body}.${pssSignature}`, { jwks }), 'bad_signature')
  // A foreign key: under its own kid, under ours, under none, and brought along in the header.
  const foreigners: [object, string][] = [
    [{ ...header, kid: 'foreign' }, 'unknown_key'],
    [header, 'bad_signature'],
    [{ alg: 'RS256', typ: header.typ }, 'unknown_key'],
    [{ ...header, kid: 5 }, 'unknown_key'],
    [{ ...header, kid: '__proto__' }, 'unknown_key'],
    [{ ...header, kid: 'foreign', jwk: { ...jwk, kid: 'foreign' } }, 'unknown_key'],
    [{ ...header, jwk }, 'bad_signature'],
    [{ ...header, jku: 'https://evil.example/jwks.json' }, 'bad_signature'],
    [{ ...header, x5c: ['MIIB'] }, 'bad_signature'],
  ]
  for (const [forgedHeader, expected] of foreigners) {
    const signed = withHead(forgedHeader, body)
    const made = sign('sha256', Buffer.from(signed), foreign).toString('base64url')
    assert.equal(verdict(`${signed}.${made}`, { jwks }), expected, JSON.stringify(forgedHeader))
  }
  // Even our own key signs nothing with an extension that must be understood.
  const critical = withHead({ ...header, crit: ['b64'], b64: false }, body)
  const made = sign('sha256', Buffer.from(critical), key).toString('base64url')
  assert.equal(verdict(`${critical}.${made}`, { jwks }), 'malformed')
})

test('what is signed but is no licence of this customer now is refused with its reason', async (t) => {
  const { customerId, jwks, claims, header, token } = await realLicense(t)
  const now = Math.floor(Date.now() / 1_000)
  const key = serviceKey()
  const cases: [changes: object, expected: string, otherHeader?: object][] = [
    [{}, 'valid'],
    [{ exp: now - 30 }, 'valid'],
    [{ exp: now - 61 }, 'expired'],
    [{ nbf: now + 30, iat: now + 30 }, 'valid'],
    [{ nbf: now + 90 }, 'not_yet_valid'],
    // RFC 7519 lets only `nbf` say from when on a token counts.
    [{ iat: now + 90 }, 'valid'],
    [{ iss: 'other' }, 'wrong_issuer'],
    [{ iss: undefined }, 'wrong_issuer'],
    [{ exp: undefined }, 'malformed'],
    [{ nbf: undefined }, 'malformed'],
    [{ sub: undefined }, 'malformed'],
    [{ features: [] }, 'malformed'],
    [{ limits: null }, 'malformed'],
    [{ plan: 5 }, 'malformed'],
    [{ jti: undefined }, 'malformed'],
    [{}, 'wrong_type', { typ: 'JWT' }],
    [{}, 'wrong_type', { typ: 'license-revocations+jwt' }],
    [{}, 'wrong_type', { typ: 'audit-checkpoint+jwt' }],
    [{}, 'wrong_type', { typ: undefined }],
  ]
  for (const [changes, expected, other] of cases) {
    const made = await forge({ ...claims, ...changes }, { ...header, ...other }, key)
    assert.equal(verdict(made, { jwks }), expected, JSON.stringify({ changes, other }))
  }
  const fraction = await forge({ ...claims, exp: now + 0.5 }, header, key)
  assert.equal(verdict(fraction, { jwks }), 'malformed')

  const of = (options: Partial<VerifyOptions>) =>
    verifyLicense(token, { jwks, customerId, ...options })
  const good = of({})
  assert.ok(good.valid)
  assert.deepEqual([good.customerId, good.features], [customerId, claims.features])
  assert.deepEqual([good.limits, good.plan, good.notRevokedAsOf], [{ calls: 5 }, null, null])
  const refusals: [Partial<VerifyOptions>, string][] = [
    [{ customerId: 'cust_0000000000000000' }, 'wrong_customer'],
    [{ issuer: 'other' }, 'wrong_issuer'],
    [{ jwks: { keys: [] } }, 'unknown_key'],
    [{ at: new Date((claims.exp + 61) * 1_000) }, 'expired'],
    [{ at: new Date((claims.nbf - 61) * 1_000) }, 'not_yet_valid'],
    [{ at: new Date((claims.nbf - 1) * 1_000), leewayS: 0 }, 'not_yet_valid'],
    [{ at: new Date((claims.exp + 1) * 1_000), leewayS: 0 }, 'expired'],
    [{ at: new Date(claims.exp * 1_000), leewayS: 0 }, 'expired'],
    [{ leewayS: Number.NaN }, 'not_yet_valid'],
    [{ at: new Date('no time') }, 'not_yet_valid'],
  ]
  for (const [options, expected] of refusals) {
    const result = of(options)
    assert.deepEqual(result, { valid: false, reason: expected })
  }
  const behind = new Date((claims.iat - 299) * 1_000)
  assert.ok(of({ at: behind, leewayS: 0 }).valid, 'a fresh licence on a clock that is behind')
  for (const rubbish of [
    '',
    '.',
    '..',
    'a.b.c',
    '....',
    'e30.e30.e30',
    '\0',
    'é.é.é',
    'x'.repeat(1e6),
  ]) {
    assert.notEqual(verdict(rubbish, { jwks }), 'valid')
  }
  assert.equal(verdict(undefined as never, { jwks }), 'malformed')
})

test('the revocation list counts only if it is one, signed and young enough', async (t) => {
  const { jwks, token, license, header } = await realLicense(t)
  const now = Math.floor(Date.now() / 1_000)
  const typ = 'license-revocations+jwt'
  const list = (claims: object = {}, other: object = {}, key: KeyObject = serviceKey()) =>
    forge(
      { iss: 'strongroom', iat: now, exp: now + DAY_S, jtis: ['lic_other'], ...claims },
      { ...header, typ, ...other },
      key,
    )
  const { privateKey: foreign } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const cases: [revocations: string, expected: string][] = [
    [await list(), 'valid'],
    [await list({ jtis: [] }), 'valid'],
    [await list({ jtis: ['lic_other', license.license_id] }), 'revoked'],
    [await list({ exp: now - 61 }), 'revocations_stale'],
    [await list({ exp: now - 61, jtis: [license.license_id] }), 'revoked'],
    [await list({ jtis: 'lic' }), 'revocations_invalid'],
    [await list({ jtis: [5] }), 'revocations_invalid'],
    [await list({ iss: 'other' }), 'revocations_invalid'],
    [await list({}, { typ: 'license+jwt' }), 'revocations_invalid'],
    [await list({}, {}, foreign), 'revocations_invalid'],
    [token, 'revocations_invalid'],
    ['', 'revocations_invalid'],
  ]
  for (const [revocations, expected] of cases) {
    assert.equal(verdict(token, { jwks, revocations }), expected)
  }
  const noTimes = [{ leewayS: Number.NaN }, { at: new Date('no time') }]
  for (const times of noTimes) {
    assert.notEqual(verdict(token, { jwks, revocations: await list(), ...times }), 'valid')
  }
  const stale = await list({ exp: now - 61 })
  const options = { jwks, revocations: stale, acceptStaleRevocations: true }
  assert.equal(verdict(token, options), 'valid')
  const result = verifyLicense(token, { jwks, customerId: null, revocations: await list() })
  assert.deepEqual(result.valid && result.notRevokedAsOf, new Date(now * 1_000))
})

test('keys, list and token are taken as people have them, and what is none of them is refused', async (t) => {
  const { service, token, license, jwks } = await realLicense(t)
  const keysAsText = JSON.stringify(jwks)
  const { body: answer } = await service.call('GET', '/api/licenses/revocations')
  const spaces = ['', '\n', '\r\n', ' \t']
  for (const space of spaces) {
    for (const keys of [jwks, keysAsText, `\uFEFF${space}${keysAsText}${space}`]) {
      assert.equal(verdict(`${space}${token}${space}`, { jwks: keys }), 'valid')
    }
  }
  const asText = JSON.stringify(answer)
  const shapes = [answer, asText, `\uFEFF${asText}\n`, answer.token, `${answer.token}\n`]
  for (const revocations of shapes) assert.equal(verdict(token, { jwks, revocations }), 'valid')

  await service.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, {})
  const { body: after } = await service.call('GET', '/api/licenses/revocations')
  for (const revocations of [after, JSON.stringify(after), after.token, `${after.token}\n`]) {
    assert.equal(verdict(token, { jwks, revocations }), 'revoked')
  }

  const anything: unknown[] = [
    null,
    5,
    [],
    {},
    '',
    '{',
    '{}',
    'null',
    '[]',
    '{"token":5}',
    { token: 5 },
  ]
  for (const revocations of anything) {
    const reason = verdict(token, { jwks, revocations: revocations as string })
    assert.equal(reason, 'revocations_invalid', JSON.stringify(revocations))
  }
  const noSet: unknown[] = [...anything, undefined, { keys: 5 }, '{"keys":{}}', { keys: [null] }]
  for (const keys of noSet) {
    assert.equal(verdict(token, { jwks: keys as string }), 'jwks_invalid', JSON.stringify(keys))
  }
  const [key] = jwks.keys
  const unreadable = { ...key, n: '' }
  assert.equal(verdict(token, { jwks: { keys: [unreadable] } }), 'unknown_key')
  assert.equal(verdict(token, { jwks: { keys: [unreadable, { kty: 'NEW' }, key ?? {}] } }), 'valid')
})

test('a key in the JWKS that is too short or not meant for this signs nothing', async () => {
  const now = Math.floor(Date.now() / 1_000)
  const times = { iat: now, nbf: now, exp: now + 60 }
  const claims = { iss: 'strongroom', sub: 'c', jti: 'l', plan: null, features: {}, limits: {} }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const ring = await openKeyRing({ signing: privateKey, previous: [] })
  const token = await ring.sign('license+jwt', { ...claims, ...times })
  const [jwk] = ring.jwks.keys
  assert.equal(verdict(token, { jwks: { keys: [{ ...jwk }] } }), 'valid')
  for (const change of [{ use: 'enc' }, { alg: 'PS256' }, { kty: 'EC' }, { n: 5 }, { kid: 'x' }]) {
    const jwks = { keys: [{ ...jwk, ...change }] }
    assert.equal(verdict(token, { jwks }), 'unknown_key', JSON.stringify(change))
  }
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey
  const weak = await openKeyRing({ signing: short, previous: [] })
  const signed = sign('sha256', Buffer.from('e30.e30'), short)
  assert.equal(signed.length, 128)
  const head = { alg: 'RS256', typ: 'license+jwt', kid: weak.signingKeyId }
  const parts = [head, { ...claims, ...times }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const signature = sign('sha256', Buffer.from(parts.join('.')), short).toString('base64url')
  assert.equal(verdict([...parts, signature].join('.'), { jwks: weak.jwks }), 'unknown_key')
})

test(
  'the compiled verifier is one file that plain Node runs anywhere',
  { skip: existsSync(COMPILED) ? false : 'needs `npm run build`' },
  async (t) => {
    const { token, jwks, license, customerId } = await realLicense(t)
    const folder = newFolder(t)
    const text = readFileSync(COMPILED, 'utf8')
    const imports = [...text.matchAll(/^import .* from '(.*)'/gm)].map(([, name]) => name)
    assert.deepEqual(imports, ['node:crypto'])
    copyFileSync(COMPILED, join(folder, 'verifier.mjs'))
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify(jwks))
    const script = `
      import { readFileSync } from 'node:fs'
      import { verifyLicense } from './verifier.mjs'
      const jwks = JSON.parse(readFileSync('jwks.json', 'utf8'))
      const [token, customerId] = process.argv.slice(1)
      console.log(JSON.stringify(verifyLicense(token, { jwks, customerId })))`
    const args = ['--input-type=module', '-e', script, token, customerId]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    assert.equal(stderr, '')
    const { valid, licenseId } = JSON.parse(stdout)
    assert.deepEqual([valid, licenseId], [true, license.license_id])
  },
)
