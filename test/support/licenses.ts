import assert from 'node:assert/strict'
import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { type Jwks, type VerifyOptions, verifyLicense } from '../../src/licenses/verifier.ts'
import type { TestCustomer } from './customers.ts'
import type { Answer, Service } from './service.ts'

/** A folder that is removed with the test. */
export function newFolder(t: Pick<TestContext, 'after'>): string {
  const path = mkdtempSync(join(tmpdir(), 'strongroom-license-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Private keys in PEM files, `<folder>/<name>.pem` and `<name>.pub.pem`. */
export function newKeyFile(folder: string, name: string, bits = 2_048, mode = 0o600): string {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const path = join(folder, `${name}.pem`)
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode })
  writeFileSync(join(folder, `${name}.pub.pem`), publicKey.export({ type: 'spki', format: 'pem' }))
  return path
}

/** The key with which the tests' services sign. */
export function serviceKey(): KeyObject {
  return createPrivateKey(readFileSync(process.env['TEST_KEY_PATH'] ?? ''))
}

/** A token that the service would never sign, signed with any key. */
export function forge(
  claims: JWTPayload,
  header: JWTHeaderParameters,
  key: KeyObject | Uint8Array,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(key)
}

/** The public keys, which are all that an offline verifier has. */
export async function fetchJwks(service: Service): Promise<Jwks> {
  const answer = await service.call('GET', '/.well-known/jwks.json')
  assert.equal(answer.status, 200)
  return answer.body
}

export async function fetchRevocations(service: Service): Promise<string> {
  const answer = await service.call('GET', '/api/licenses/revocations')
  assert.equal(answer.status, 200)
  return answer.body.token
}

export function getLicenses(
  service: Service,
  { customerId, apiKey }: Pick<TestCustomer, 'customerId' | 'apiKey'>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const all = { 'x-api-key': apiKey, ...headers }
  return service.call('GET', `/api/licenses/${customerId}`, { headers: all })
}

/** Issues a licence by hand. @returns it as operators see it */
export async function issue(service: Service, body: Record<string, unknown>) {
  const answer = await service.asAdmin('POST', '/api/licenses', body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.license
}

/** The reason of the refusal, or `valid`. */
export function verdict(token: string, options: Omit<VerifyOptions, 'customerId'>): string {
  const result = verifyLicense(token, { customerId: null, ...options })
  return result.valid ? 'valid' : result.reason
}
