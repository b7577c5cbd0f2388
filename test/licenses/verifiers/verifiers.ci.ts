import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createCustomer } from '../../support/customers.ts'
import { fetchJwks, forge, issue, newFolder, serviceKey } from '../../support/licenses.ts'
import { startService } from '../../support/service.ts'
import { type Command, LANGUAGES, prepare } from './languages.ts'

/**
 * The programs of the guide "Verify a licence in your language", as they stand there, with real and
 * forged licences. `LICENCE_VERIFIERS` names those to run, `all` or none given: all. What a machine
 * lacks is skipped.
 */
const named = (process.env['LICENCE_VERIFIERS'] ?? 'all').split(/[ ,]+/)
const unknown = named.filter((one) => one !== 'all' && !LANGUAGES.some(({ name }) => name === one))
assert.deepEqual(unknown, [], 'no such language')

interface Case {
  says: 'valid' | 'refused'
  token: string
  list: string
}

/** Real answers of the service, and what makes, as of now, others that differ in one point each. */
async function answersOf(t: TestContext) {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const order = { customer_id: customerId, features: { sso: true }, limits: { calls: 5 } }
  const license = await issue(service, order)
  const revoked = await issue(service, order)
  await service.asAdmin('POST', `/api/licenses/${revoked.license_id}/revoke`, {})
  const jwks = await fetchJwks(service)
  const { body } = await service.call('GET', '/api/licenses/revocations')
  const cases = () => casesOf({ customerId, license, revoked: revoked.token, list: body.token })
  return { cases, jwks, customerId }
}

async function casesOf(answers: {
  customerId: string
  license: { license_id: string; key_id: string; token: string }
  revoked: string
  list: string
}): Promise<Record<string, Case>> {
  const { customerId, license, list } = answers
  const now = Math.floor(Date.now() / 1_000)
  const key = serviceKey()
  const { privateKey: foreign } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const payload = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const header = { alg: 'RS256', kid: license.key_id }
  const typ = { license: 'license+jwt', list: 'license-revocations+jwt' }
  const made = (claims: object, other: object = {}, by: Parameters<typeof forge>[2] = key) =>
    forge({ ...payload(license.token), ...claims }, { ...header, typ: typ.license, ...other }, by)
  const listed = (claims: object, other: object = {}, by: Parameters<typeof forge>[2] = key) =>
    forge({ ...payload(list), ...claims }, { ...header, typ: typ.list, ...other }, by)
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
  const unsigned = [{ ...header, alg: 'none', typ: typ.license }, payload(license.token)]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')

  const cases: Record<string, Case> = {}
  const licences = (says: Case['says'], tokens: Record<string, string>) => {
    for (const [name, token] of Object.entries(tokens)) cases[name] = { says, token, list }
  }
  const lists = (says: Case['says'], tokens: Record<string, string>) => {
    for (const [name, one] of Object.entries(tokens)) {
      cases[name] = { says, token: license.token, list: one }
    }
  }
  licences('valid', {
    'as it is': license.token,
    'in a file with spaces around it': ` ${license.token}\r\n`,
    'on a clock that is 30 s behind': await made({ iat: now + 30, nbf: now + 30 }),
    'on a clock that is 30 s ahead': await made({ exp: now - 30 }),
  })
  licences('refused', {
    expired: await made({ exp: now - 120 }),
    'not yet valid': await made({ nbf: now + 300 }),
    'without an end': await made({ exp: undefined }),
    'of another issuer': await made({ iss: 'other' }),
    'of another customer': await made({ sub: 'cust_0000000000000000' }),
    'of another type': await made({}, { typ: 'JWT' }),
    'the list itself': await listed({ sub: customerId, jti: license.license_id }),
    'signed by another key': await made({}, {}, foreign),
    'of a key that is unknown': await made({}, { kid: 'unknown' }, foreign),
    'signed with the public key': await made({}, { alg: 'HS256' }, Buffer.from(publicPem)),
    unsigned: `${unsigned}.`,
    altered: `${license.token.slice(0, -9)}${'A'.repeat(9)}`,
    revoked: answers.revoked,
  })
  lists('refused', {
    'with a list that is too old': await listed({ exp: now - 120 }),
    'with a licence for a list': await made({ jtis: [] }),
    'with a list by another key': await listed({}, {}, foreign),
  })
  return cases
}

function exitOf([file, ...args]: Command, cwd: string): Promise<{ code: unknown; output: string }> {
  return new Promise((done) => {
    execFile(file, args, { cwd }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, output: stdout + stderr })
    })
  })
}

test('the verifiers of the guide take what the service signs, and nothing else', async (t) => {
  const { cases, jwks, customerId } = await answersOf(t)
  for (const language of LANGUAGES) {
    const isNamed = named.includes('all') || named.includes(language.name)
    await t.test(language.name, { skip: !isNamed && 'not asked for' }, async (part) => {
      const folder = newFolder(t)
      const ready = prepare(language, folder)
      if ('lacks' in ready) return part.skip(ready.lacks)
      writeFileSync(join(folder, 'jwks.json'), JSON.stringify(jwks))
      for (const [name, { says, token, list }] of Object.entries(await cases())) {
        writeFileSync(join(folder, 'license.jwt'), `${token}\n`)
        writeFileSync(join(folder, 'revocations.json'), JSON.stringify({ token: list }))
        const { code, output } = await exitOf([...ready.run, customerId], folder)
        assert.equal(code === 0 ? 'valid' : 'refused', says, `${name}: ${output}`)
        // Refused by a decision of the program, and not because it could not run.
        if (says === 'refused') assert.match(output, /not valid|Error|Exception/, name)
        else assert.ok(output.includes(customerId), output)
      }
    })
  }
})
