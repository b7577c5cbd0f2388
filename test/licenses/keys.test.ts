import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ConfigError, readConfig } from '../../src/process/config.ts'
import { readGuide } from '../../src/http/docs/guides.ts'
import type { Environment } from '../../src/process/environment.ts'
import { createCustomer } from '../support/customers.ts'
import {
  fetchJwks,
  getLicenses,
  issue,
  newFolder,
  newKeyFile,
  verdict,
} from '../support/licenses.ts'
import { command } from '../support/service-process.ts'
import { startService } from '../support/service.ts'
import { createDatabase } from '../support/database.ts'
import { logFolder, logSettings } from '../support/tlog.ts'

const GUIDE = readGuide('licences')
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const needsOpenssl = spawnSync('openssl', ['version']).error ? 'openssl is not installed' : false
const needsBuild = existsSync(CLI) ? false : 'needs `npm run build`'

function faultsOf(env: Environment): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults
  }
}

test('three starts of a rotation: the next key is known, then signs, then the old one is gone', async (t) => {
  const folder = newFolder(t)
  const database = await createDatabase()
  const [a, b] = [newKeyFile(folder, 'a'), newKeyFile(folder, 'b', 3_072)]
  const start = (signing: string, previous?: string) => {
    const paths = { LICENSE_PRIVATE_KEY_PATH: signing, LICENSE_PREVIOUS_KEY_PATHS: previous }
    return startService(t, paths, database)
  }
  const first = await start(a)
  const ada = await createCustomer(first)
  const order = { customer_id: ada.customerId }
  const old = await issue(first, order)
  assert.equal(verdict(old.token, { jwks: await fetchJwks(first) }), 'valid')

  const second = await start(b, join(folder, 'a.pub.pem'))
  const young = await issue(second, order)
  assert.notEqual(young.key_id, old.key_id)
  const both = await fetchJwks(second)
  assert.deepEqual(
    both.keys.map((key) => (key as { kid: string }).kid),
    [young.key_id, old.key_id],
  )
  for (const { token } of [old, young]) assert.equal(verdict(token, { jwks: both }), 'valid')
  assert.equal((await getLicenses(second, ada)).body.data.length, 2)

  const third = await start(b)
  const jwks = await fetchJwks(third)
  assert.equal(verdict(young.token, { jwks }), 'valid')
  assert.equal(verdict(old.token, { jwks }), 'unknown_key')
  const served = (await getLicenses(third, ada)).body.data
  assert.deepEqual(
    served.map((one: typeof young) => one.license_id),
    [young.license_id],
  )
  // A key named twice, and as its private file, is one key.
  const twice = await start(b, `${b},${a},${join(folder, 'b.pub.pem')}`)
  assert.equal((await fetchJwks(twice)).keys.length, 2)
  t.after(() => database.drop())
})

test('the kid is the RFC 7638 thumbprint, and the JWKS holds nothing private', async (t) => {
  const folder = newFolder(t)
  const path = newKeyFile(folder, 'key')
  const service = await startService(t, { LICENSE_PRIVATE_KEY_PATH: path })
  const { keys } = await fetchJwks(service)
  const { n, e } = createPublicKey(readFileSync(path)).export({ format: 'jwk' })
  const canonical = `{"e":"${e}","kty":"RSA","n":"${n}"}`
  const kid = createHash('sha256').update(canonical).digest('base64url')
  assert.deepEqual(keys, [{ kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' }])
})

test('the licences’ set has keys of one kind, and those of events and the log are elsewhere', async (t) => {
  const folder = newFolder(t)
  const signing = newKeyFile(folder, 'signing')
  newKeyFile(folder, 'former')
  const ed25519 = join(folder, 'ed25519.pem')
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(ed25519, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const service = await startService(t, {
    ...logSettings(logFolder(t)),
    LICENSE_PRIVATE_KEY_PATH: signing,
    LICENSE_PREVIOUS_KEY_PATHS: join(folder, 'former.pub.pem'),
    EVENTS_PREVIOUS_KEY_PATHS: ed25519,
  })
  const setOf = async (path: string) => {
    const { body } = await service.call('GET', path)
    return body.keys as { kty: string; alg: string; kid: string; x?: string }[]
  }
  const kinds = (keys: Awaited<ReturnType<typeof setOf>>) => keys.map(({ kty, alg }) => [kty, alg])
  const licences = await setOf('/.well-known/jwks.json')
  const events = await setOf('/.well-known/events-jwks.json')
  const two = (kind: string[]) => [kind, kind]
  assert.deepEqual(kinds(licences), two(['RSA', 'RS256']))
  assert.deepEqual(kinds(events), two(['OKP', 'EdDSA']))
  const ids = [...licences, ...events].map(({ kid }) => kid)
  assert.equal(new Set(ids).size, 4)
  // The log's key is in neither; its address is its own.
  const { body: vkey } = await service.call('GET', '/log/key')
  const [, , ...text] = String(vkey).trim().split('+')
  const bytes = Buffer.from(text.join('+'), 'base64').subarray(1)
  assert.equal(bytes.length, 32)
  assert.ok(events.every(({ x }) => x !== bytes.toString('base64url')))

  // No setting takes a key of the other kind.
  const foreign: [variable: string, path: string][] = [
    ['LICENSE_PRIVATE_KEY_PATH', ed25519],
    ['LICENSE_PREVIOUS_KEY_PATHS', ed25519],
    ['EVENTS_KEY_PATH', signing],
    ['EVENTS_PREVIOUS_KEY_PATHS', signing],
    ['AUDIT_LOG_KEY_PATH', signing],
  ]
  for (const [variable, path] of foreign) {
    const faults = faultsOf({ EVENTS_KEY_PATH: ed25519, [variable]: path })
    assert.deepEqual(
      faults.map((fault) => fault.split(' ')[0]),
      [variable],
    )
  }
})

test('keys that must not be used end the start, all faults at once and without a path', (t) => {
  const folder = newFolder(t)
  const good = newKeyFile(folder, 'good')
  const short = newKeyFile(folder, 'short-canary', 1_024)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ec = join(folder, 'ec.pem')
  writeFileSync(ec, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const pss = join(folder, 'pss.pem')
  const { privateKey: pssKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2_048 })
  writeFileSync(pss, pssKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const rubbish = join(folder, 'rubbish.pem')
  writeFileSync(rubbish, 'a key')
  const encrypted = join(folder, 'encrypted.pem')
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'canary' } as const
  const { privateKey: any } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  writeFileSync(encrypted, any.export({ type: 'pkcs8', format: 'pem', ...cipher }), { mode: 0o600 })

  const wrong: [path: string, fault: RegExp][] = [
    [short, /of 1024 bits: 2048 are needed/],
    [join(folder, 'good.pub.pem'), /a public key, where the private one is needed/],
    [ec, /not RSA/],
    [pss, /not RSA/],
    [rubbish, /not an unencrypted RSA private key in PEM/],
    [encrypted, /not an unencrypted RSA private key in PEM/],
    [join(folder, 'canary'), /cannot be read/],
    [folder, /cannot be read/],
  ]
  for (const [path, fault] of wrong) {
    const faults = faultsOf({ LICENSE_PRIVATE_KEY_PATH: path })
    assert.deepEqual(faults.length, 1, path)
    assert.match(faults[0] ?? '', fault)
    assert.match(faults[0] ?? '', /^LICENSE_PRIVATE_KEY_PATH /)
    assert.ok(!faults.join().includes(folder) && !faults.join().includes('canary'))
  }
  const several = faultsOf({
    PORT: 'none',
    LICENSE_PRIVATE_KEY_PATH: short,
    LICENSE_PREVIOUS_KEY_PATHS: `${good},${ec},${rubbish}`,
  })
  assert.equal(several.length, 4, several.join('\n'))
  assert.deepEqual(faultsOf({ LICENSE_PRIVATE_KEY_PATH: good }), [])
})

test('production refuses a key file that others can read', (t) => {
  const folder = newFolder(t)
  const path = newKeyFile(folder, 'key')
  const other = newKeyFile(folder, 'other')
  const about = (env: Environment, name: string) =>
    faultsOf({ NODE_ENV: 'production', ...env }).filter((fault) => fault.startsWith(name))
  // What root owns it may hand to a service by the group.
  const handed = process.getuid?.() === 0 ? [0o640, 0o440] : []
  const open = [0o640, 0o604, 0o644, 0o620, 0o666].filter((mode) => !handed.includes(mode))
  for (const mode of open) {
    chmodSync(path, mode)
    const env = { LICENSE_PRIVATE_KEY_PATH: path }
    assert.match(about(env, 'LICENSE_PRIVATE_KEY_PATH').join(), /others than its owner can read/)
    assert.deepEqual(faultsOf(env), [], 'development does not mind')
    const previous = { LICENSE_PREVIOUS_KEY_PATHS: path }
    assert.equal(about(previous, 'LICENSE_PREVIOUS_KEY_PATHS').length, 1)
  }
  for (const mode of [0o600, 0o400, ...handed]) {
    chmodSync(path, mode)
    assert.deepEqual(about({ LICENSE_PRIVATE_KEY_PATH: path }, 'LICENSE_'), [])
  }
  // A public key is for everyone to read, and for nobody else to change.
  const withPublic = {
    LICENSE_PRIVATE_KEY_PATH: other,
    LICENSE_PREVIOUS_KEY_PATHS: `${folder}/key.pub.pem`,
  }
  chmodSync(`${folder}/key.pub.pem`, 0o644)
  assert.deepEqual(about(withPublic, 'LICENSE_'), [])
  chmodSync(`${folder}/key.pub.pem`, 0o666)
  assert.match(about(withPublic, 'LICENSE_PREVIOUS').join(), /others than its owner can write/)
})

/** A real licence in a file, with the public keys and the key of the service beside it. */
async function licenseInFolder(t: TestContext, bits = 2_048) {
  const folder = newFolder(t)
  const key = newKeyFile(folder, 'license-key', bits)
  const service = await startService(t, { LICENSE_PRIVATE_KEY_PATH: key })
  const ada = await createCustomer(service)
  const license = await issue(service, { customer_id: ada.customerId })
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const files = {
    token: write('license.jwt', `${license.token}\n`),
    jwks: write('jwks.json', JSON.stringify(await fetchJwks(service))),
  }
  return { folder, key, service, ada, license, write, ...files }
}

/** The guide’s own block, the one with these words in it. */
function guideBlock(words: string): string {
  const blocks = [...GUIDE.matchAll(/```sh\n([^`]*)```/g)].map(([, text]) => text ?? '')
  const found = blocks.filter((block) => block.includes(words))
  assert.equal(found.length, 1)
  return found[0] ?? ''
}

test(
  'the guide’s commands verify a licence with openssl alone',
  { skip: needsOpenssl },
  async (t) => {
    const script = guideBlock('openssl dgst -sha256 -verify')
    // Signatures of these sizes end differently in base64url: with two, no and one sign of padding.
    for (const bits of [2_048, 2_056, 2_064]) {
      const { folder, license, write } = await licenseInFolder(t, bits)
      const run = () => spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' })
      const good = run()
      assert.match(good.stdout, /Verified OK/, good.stderr)
      assert.ok(good.stdout.includes(license.license_id), 'it shows the claims')
      const [head = '', body = '', signature = ''] = license.token.split('.')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
      const longer = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 }))
      write('license.jwt', [head, longer.toString('base64url'), signature].join('.'))
      const bad = run()
      assert.ok(!bad.stdout.includes('Verified OK'))
      assert.match(bad.stdout + bad.stderr, /Verification failure/i)
    }
  },
)

test(
  'a licence verifies on the command line, and the exit code says so',
  { skip: needsBuild },
  async (t) => {
    const { folder, key, service, ada, license, write, token, jwks } = await licenseInFolder(t)
    const verify = (args: string[], env: Record<string, string> = {}) => {
      const { status, stdout, stderr } = command(['license', 'verify', ...args], env)
      return [status, stdout, stderr] as const
    }
    const [status, stdout] = verify([token, '--jwks', jwks])
    assert.equal(status, 0)
    assert.ok(
      stdout.startsWith(`valid: ${license.license_id} of ${ada.customerId}, plan none, until `),
    )
    assert.equal(stdout.split('\n').length, 2)
    // Without a file, our own keys; and answers of the service as they came.
    assert.equal(verify([token], { LICENSE_PRIVATE_KEY_PATH: key, DATA_DIR: folder })[0], 0)
    const answer = write('answer.json', JSON.stringify((await getLicenses(service, ada)).body))
    assert.equal(verify([answer, '--jwks', jwks])[1], stdout)
    const issued = write('issued.json', JSON.stringify({ license }))
    assert.equal(verify([issued, '--jwks', jwks])[1], stdout)

    const stranger = newKeyFile(folder, 'stranger')
    const other = { LICENSE_PRIVATE_KEY_PATH: stranger, DATA_DIR: folder }
    assert.deepEqual(verify([token], other), [1, 'not valid: unknown_key\n', ''])
    const altered = write(
      'altered.jwt',
      `${license.token.slice(0, -2)}${license.token.endsWith('xx') ? 'yy' : 'xx'}`,
    )
    assert.equal(verify([altered, '--jwks', jwks])[0], 1)
    const customer = ['--customer', 'cust_0000000000000000']
    assert.deepEqual(verify([token, '--jwks', jwks, ...customer])[1], 'not valid: wrong_customer\n')
    await service.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, {})
    const { body } = await service.call('GET', '/api/licenses/revocations')
    const revocations = ['--revocations', write('revocations.json', JSON.stringify(body))]
    assert.deepEqual(verify([token, '--jwks', jwks, ...revocations])[1], 'not valid: revoked\n')

    for (const wrong of [
      [],
      [token, token],
      [join(folder, 'none')],
      [token, '--jwks'],
      [token, '--jwks', token],
      [token, '--jwks', join(folder, 'none')],
      [token, '--keys', jwks],
      [write('empty.json', '{"data":[]}'), '--jwks', jwks],
    ]) {
      const [code, out, err] = verify(wrong, { DATA_DIR: folder })
      assert.deepEqual([code, out], [2, ''], wrong.join(' '))
      assert.notEqual(err, '')
    }
  },
)
