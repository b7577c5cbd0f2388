import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newApiKey } from '../../../src/customers/api-keys/format.ts'
import { keyPeppers } from '../../../src/customers/api-keys/peppers.ts'
import { checksum62, randomBase62 } from '../../../src/encoding/ids.ts'
import { counts } from '../../support/counts.ts'
import { createCustomer, keyIdOf, me } from '../../support/customers.ts'
import { asAdmin } from '../../support/database.ts'
import { expect, scene } from '../../support/doctor.ts'
import { seedKeys, slowHashes } from '../../support/keys.ts'
import { eventually } from '../../support/processes.ts'
import { assertRefused, sameForAll } from '../../support/refusals.ts'
import { inParallel, scaled } from '../../support/scale.ts'
import { API_KEY_PEPPER, type Service, startService } from '../../support/service.ts'
import { command } from '../../support/service-process.ts'
import { query } from '../../support/tables.ts'

const COLD = scaled(10_000, 300, 5_000)
/** More than these at once would measure how fast the machine is. */
const CALLERS = 500
const OTHER = 'another-pepper-of-the-tests-0123456789abcdefg'
const idOf = (pepper: string) => keyPeppers([pepper]).ids[0]

/** Runs the work. @returns how many slow hashes it took */
async function hashesOf(work: () => Promise<unknown>): Promise<number> {
  const before = await slowHashes()
  await work()
  return (await slowHashes()) - before
}

async function assertGood(service: Service, ...apiKeys: string[]): Promise<void> {
  for (const apiKey of apiKeys) assert.equal((await me(service, apiKey)).status, 200)
}

/** The rows' digests are all of that pepper, at the latest some rounds after the use of their keys. */
async function untilDigested(service: Service, pepper: string): Promise<void> {
  const missing = () =>
    query(
      service.database,
      'select id from api_keys where digest is null or pepper_id is distinct from $1',
      [idOf(pepper) ?? ''],
    )
  assert.ok(await eventually(async () => (await missing()).length === 0, 10_000))
}

const forgetDigests = (service: Service) =>
  query(service.database, 'update api_keys set digest = null, pepper_id = null')

/** Well-formed, with the id of that key and another secret. */
function wrongSecret(apiKey: string): string {
  const unchecked = apiKey.slice(0, 'cust_0123456789abcdef_k3Jd82Lq'.length) + randomBase62(32)
  return unchecked + checksum62(unchecked)
}

test('after a restart every key is good at once, and none costs a slow hash', async (t) => {
  counts(t, {
    promise: '',
    what: 'Cold keys: each is good at once after a restart, without a slow hash',
    trials: COLD,
  })
  const { database } = await startService(t)
  const keys = await asAdmin(database.adminUrl, (sql) => seedKeys(sql, API_KEY_PEPPER, COLD))
  const restarted = await startService(t, {}, database)
  const hashes = await hashesOf(async () => {
    const statuses = await inParallel(
      COLD,
      CALLERS,
      async (n) => (await me(restarted, keys[n]!)).status,
    )
    assert.deepEqual(new Set(statuses), new Set([200]))
  })
  assert.equal(hashes, 0)
  const { body: text } = await restarted.asAdmin('GET', '/metrics')
  assert.ok(text.includes(`strongroom_api_key_checks_total{result="looked_up"} ${COLD}\n`))
  assert.match(text, /strongroom_api_key_checks_total\{result="hashed"\} 0\n/)
})

test('keys that strangers make up hold up neither a good key that is new nor the issuing', async (t) => {
  const first = await startService(t)
  const { apiKey } = await createCustomer(first)
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1' }, first.database)
  const strange = async (n: number) => {
    const headers = {
      'x-api-key': newApiKey(`cust_${randomBase62(16)}`).apiKey,
      'x-forwarded-for': `198.51.${n >> 8}.${n & 255}`,
    }
    return (await service.call('GET', '/api/me', { headers })).status
  }
  const hashes = await hashesOf(async () => {
    const strangers = inParallel(500, 100, strange)
    await assertGood(service, apiKey)
    await Promise.all([1, 2, 3].map((n) => createCustomer(service, { email: `n${n}@example.com` })))
    assert.deepEqual(new Set(await strangers), new Set([401]))
  })
  assert.equal(hashes, 3, 'one for each key that was issued')
})

test('a wrong secret, an unknown id and an ended key are the same 401, without a slow hash', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const ended: string = (await service.asAdmin('POST', path)).body.api_key
  await service.asAdmin('DELETE', `${path}/${keyIdOf(ended)}`)
  const replica = await startService(t, {}, service.database)
  const hashes = await hashesOf(async () => {
    for (const one of [service, replica]) {
      await assertGood(one, apiKey)
      const wrong = [wrongSecret(apiKey), wrongSecret(ended), newApiKey(customerId).apiKey, ended]
      const answers = await Promise.all(wrong.map((key) => me(one, key)))
      for (const answer of answers) {
        assertRefused(answer, 'UNAUTHORIZED')
        assert.deepEqual(sameForAll(answer), sameForAll(answers[0]!))
      }
    }
  })
  assert.equal(hashes, 0)
})

test('with another pepper every key still works: one slow hash each, then a digest again', async (t) => {
  const first = await startService(t)
  const customers = []
  for (let n = 0; n < 4; n++) {
    customers.push(await createCustomer(first, { email: `c${n}@example.com` }))
  }
  const keys = customers.map(({ apiKey }) => apiKey)
  const lost = await startService(t, { API_KEY_PEPPER: OTHER }, first.database)
  const hashes = await hashesOf(async () => {
    // Many calls with a key at once share its hash.
    const calls = keys.flatMap((apiKey) => [apiKey, apiKey, apiKey])
    const answers = await Promise.all(calls.map((apiKey) => me(lost, apiKey)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    await assertGood(lost, ...keys)
  })
  assert.equal(hashes, keys.length)
  await untilDigested(lost, OTHER)
  const after = await startService(t, { API_KEY_PEPPER: OTHER }, first.database)
  assert.equal(await hashesOf(() => assertGood(after, ...keys)), 0)
  assert.match((await after.asAdmin('GET', '/metrics')).body, /result="looked_up"\} 4\n/)
})

test('keys from before there were digests get theirs at their next good use', async (t) => {
  const first = await startService(t)
  const { apiKey } = await createCustomer(first)
  await forgetDigests(first)
  const service = await startService(t, {}, first.database)
  const hashes = await hashesOf(async () => {
    assertRefused(await me(service, wrongSecret(apiKey)), 'UNAUTHORIZED')
    await assertGood(service, apiKey)
  })
  assert.equal(hashes, 2)
  await untilDigested(service, API_KEY_PEPPER)
  assert.equal(await hashesOf(() => me(service, wrongSecret(apiKey))), 0)
})

test('while a pepper is rotated the one before is good, and gives way at the next use', async (t) => {
  const first = await startService(t)
  const { customerId, apiKey } = await createCustomer(first)
  const both = { API_KEY_PEPPER: OTHER, API_KEY_PEPPER_PREVIOUS: API_KEY_PEPPER }
  const rotated = await startService(t, both, first.database)
  const hashes = await hashesOf(async () => {
    assertRefused(await me(rotated, wrongSecret(apiKey)), 'UNAUTHORIZED')
    await assertGood(rotated, apiKey)
    await untilDigested(rotated, OTHER)
    const after = await startService(t, { API_KEY_PEPPER: OTHER }, first.database)
    await assertGood(after, apiKey)
  })
  assert.equal(hashes, 0)
  const path = `/api/customers/${customerId}/api-keys/${keyIdOf(apiKey)}/rotate`
  const next: string = (await rotated.asAdmin('POST', path)).body.api_key
  await untilDigested(rotated, OTHER)
  assert.equal(await hashesOf(() => assertGood(rotated, next)), 0)
})

test('without a pepper keys are known by their slow hash, once in each process', async (t) => {
  const service = await startService(t, { API_KEY_PEPPER: '' })
  const { apiKey } = await createCustomer(service)
  assertRefused(await me(service, newApiKey(`cust_${randomBase62(16)}`).apiKey), 'UNAUTHORIZED')
  assert.equal(await hashesOf(() => assertGood(service, apiKey, apiKey)), 1)
  const rows = await query(service.database, 'select digest, pepper_id from api_keys')
  assert.deepEqual(rows, [{ digest: null, pepper_id: null }])
})

test('wrong keys for one customer without digests hold up no other customer', async (t) => {
  const first = await startService(t)
  const ada = await createCustomer(first)
  const bob = await createCustomer(first, { email: 'bob@example.com' })
  await forgetDigests(first)
  const service = await startService(t, {}, first.database)
  const hashes = await hashesOf(async () => {
    const wrong = Array.from({ length: 40 }, () => me(service, wrongSecret(ada.apiKey)))
    await assertGood(service, bob.apiKey)
    const statuses = (await Promise.all(wrong)).map(({ status }) => status)
    for (const status of statuses) assert.ok(status === 401 || status === 503, String(status))
  })
  assert.ok(hashes < 10, `${hashes} slow hashes`)
  const isGood = async () => (await me(service, ada.apiKey)).status === 200
  assert.ok(await eventually(isGood, 20_000))
})

test('a command issues keys with a digest, and the doctor counts those without one', async (t) => {
  const { service, env, look } = await scene(t)
  const { customerId, apiKey } = await createCustomer(service)
  const issued = command(['keys', 'issue', customerId], {
    DATABASE_URL: service.database.url,
    API_KEY_PEPPER,
  })
  assert.equal(issued.status, 0, issued.stderr)
  expect(await look(), 'key digests', 'pass')
  assert.equal(await hashesOf(() => assertGood(service, issued.stdout.trim())), 0)

  expect(await look({ API_KEY_PEPPER: OTHER }), 'key digests', 'warning', /^2 usable keys/)
  const both = { API_KEY_PEPPER: OTHER, API_KEY_PEPPER_PREVIOUS: env['API_KEY_PEPPER'] }
  expect(await look(both), 'key digests', 'pass')
  await query(service.database, 'update api_keys set digest = null where id = $1', [
    keyIdOf(apiKey),
  ])
  expect(await look(), 'key digests', 'warning', /^1 usable key /)
  await service.asAdmin('DELETE', `/api/customers/${customerId}/api-keys/${keyIdOf(apiKey)}`)
  expect(await look(), 'key digests', 'pass')

  // A key that has leaked is revoked by itself, without a search for its two ids.
  const leaked = issued.stdout.trim()
  const database = { DATABASE_URL: service.database.url }
  const revoked = command(['keys', 'revoke', leaked], database)
  assert.deepEqual([revoked.stdout, revoked.stderr], [`Revoked ${keyIdOf(leaked)}.\n`, ''])
  const isRefused = async () => (await me(service, leaked)).status === 401
  assert.ok(await eventually(isRefused, 5_000))
  const listed = command(['keys', 'list', customerId], database).stdout.split('\n')
  assert.deepEqual(
    listed.map((line) => line.slice(0, 17)),
    [`${keyIdOf(leaked)}  revoked`, `${keyIdOf(apiKey)}  revoked`, ''],
  )
  const { customerId: other } = await createCustomer(service, { email: 'bob@example.com' })
  const [bobs] = command(['keys', 'list', other], database).stdout.split('  ')
  command(['keys', 'revoke', other, bobs ?? ''], database)
  const none = command(['webhooks', 'list'], database)
  assert.deepEqual([none.stdout, none.status], ['There are no endpoints.\n', 0])
})
