import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEY_SCOPES } from '../../../src/auth/permissions.ts'
import { createCustomer, keyIdOf, me, putPlan } from '../../support/customers.ts'
import { eventually } from '../../support/processes.ts'
import { assertRefused, sameForAll } from '../../support/refusals.ts'
import { type Service, startService } from '../../support/service.ts'
import { assertNothingWritten, closeAuditLog, query } from '../../support/tables.ts'

const FUTURE = '2099-12-31T23:59:59.999Z'

/** Until the key is refused there, which may take a replica a second. */
async function untilRefused(service: Service, apiKey: string, deadline: number): Promise<void> {
  while ((await me(service, apiKey)).status === 200) {
    assert.ok(Date.now() < deadline, 'the key is refused in time')
  }
  assertRefused(await me(service, apiKey), 'UNAUTHORIZED')
}

test('a further key is issued, shown once, listed without its secret and says whose it is', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter')
  const ada = await createCustomer(service, { email: 'ada@example.com', plan: 'starter' })
  const path = `/api/customers/${ada.customerId}/api-keys`

  const issued = await service.asAdmin('POST', path, {
    name: 'production',
    expires_at: '2100-01-01T00:59:59.999+01:00',
  })
  assert.equal(issued.status, 201)
  const { api_key: apiKey, key } = issued.body
  const { created_at, ...rest } = key
  assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const expected = { key_id: keyIdOf(apiKey), name: 'production', expires_at: FUTURE }
  assert.deepEqual(rest, {
    ...expected,
    scopes: [...KEY_SCOPES],
    allowed_ips: null,
    last_used_at: null,
    revoked_at: null,
  })
  // Nothing is needed to issue a key, not even a body.
  const plain = await service.asAdmin('POST', path)
  assert.deepEqual(
    [plain.status, plain.body.key.name, plain.body.key.expires_at],
    [201, null, null],
  )

  const self = await me(service, apiKey)
  assert.deepEqual(
    [self.status, self.body],
    [200, { customer_id: ada.customerId, plan: 'starter', status: 'active', key: expected }],
  )

  const list = await service.asAdmin('GET', path)
  assert.deepEqual(
    list.body.data.map(({ key_id }: { key_id: string }) => key_id),
    [keyIdOf(plain.body.api_key), keyIdOf(apiKey), ada.keyId],
  )
  assert.ok(!JSON.stringify(list.body).includes(apiKey.slice(-38)))
})

test('no secret of a key is stored, only its hash', async (t) => {
  const service = await startService(t)
  const { apiKey, keyId } = await createCustomer(service)
  const rows = await query<{ text: string }[]>(
    service.database,
    `select k::text as text from api_keys k union all select c::text from customers c
     union all select a::text from audit_records a`,
  )
  const all = rows.map(({ text }) => text).join('\n')
  assert.ok(all.includes(keyId))
  for (const secret of [apiKey, apiKey.slice(-38), apiKey.slice(-38, -6)])
    assert.ok(!all.includes(secret))
  // Parameters in the order of the PHC string format; argon2 0.45 writes another.
  assert.match(all, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('keys are listed in pages, newest first', async (t) => {
  const service = await startService(t)
  const { customerId, keyId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  await query(
    service.database,
    `insert into api_keys (id, customer_id, hash)
     select lpad(n::text, 8, '0'), $1, 'x' from generate_series(1, 7) n order by n`,
    [customerId],
  )
  const seen: string[] = []
  for (let next = ''; ;) {
    const { body } = await service.asAdmin('GET', `${path}?limit=3${next}`)
    seen.push(...body.data.map((key: { key_id: string }) => key.key_id))
    if (body.next_cursor === null) break
    next = `&cursor=${body.next_cursor}`
  }
  assert.deepEqual(
    seen,
    ['7', '6', '5', '4', '3', '2', '1'].map((n) => n.padStart(8, '0')).concat(keyId),
  )
})

test('rotating without an overlap ends the old key, on every replica within a second', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const { customerId, apiKey, keyId } = await createCustomer(service)
  assert.deepEqual(
    [(await me(service, apiKey)).status, (await me(replica, apiKey)).status],
    [200, 200],
  )

  const path = `/api/customers/${customerId}/api-keys/${keyId}/rotate`
  const rotated = await service.asAdmin('POST', path)
  const deadline = Date.now() + 1_000
  assert.equal(rotated.status, 201)
  await Promise.all([
    untilRefused(service, apiKey, deadline),
    untilRefused(replica, apiKey, deadline),
  ])
  for (const one of [service, replica]) {
    assert.equal((await me(one, rotated.body.api_key)).status, 200)
  }
  assertRefused(await service.asAdmin('POST', path, {}), 'API_KEY_REVOKED')
})

test('rotating with an overlap leaves both keys good, and the old one dies at its end', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const issued = await service.asAdmin('POST', path, { name: 'ci' })
  const old: string = issued.body.api_key
  assert.equal((await me(service, old)).status, 200)

  const asked = Date.now()
  const rotated = await service.asAdmin('POST', `${path}/${keyIdOf(old)}/rotate`, {
    overlap_seconds: 2,
  })
  assert.deepEqual([rotated.body.key.name, rotated.body.key.expires_at], ['ci', null])
  // For as long as the overlap lasts no request is lost.
  let end = Number.NaN
  while (Date.now() < (Number.isNaN(end) ? asked + 2_000 : end)) {
    const answer = await me(service, old)
    if (Date.now() >= asked + 2_000) break
    assert.equal(answer.status, 200)
    assert.equal((await me(service, rotated.body.api_key)).status, 200)
    if (answer.body.key.expires_at !== null) end = Date.parse(answer.body.key.expires_at)
  }
  assert.ok(end >= asked + 2_000)
  await untilRefused(service, old, end + 1_000)
  assert.equal((await me(service, rotated.body.api_key)).status, 200)
})

test('an overlap never lengthens the life of the old key', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const expires_at = new Date(Date.now() + 60_000).toISOString()
  const { body } = await service.asAdmin('POST', path, { expires_at })
  const old = body.key.key_id
  const rotated = await service.asAdmin('POST', `${path}/${old}/rotate`, { overlap_seconds: 3_600 })
  const list = await service.asAdmin('GET', path)
  const key = list.body.data.find(({ key_id }: { key_id: string }) => key_id === old)
  assert.equal(key.expires_at, expires_at)
  // The new key lives for as long as the old one was issued for.
  assert.ok(rotated.body.key.expires_at > expires_at)
  assert.ok(Date.parse(rotated.body.key.expires_at) <= Date.now() + 60_000)
})

test('revoking ends a key on every replica within a second, and again changes nothing', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const { customerId, apiKey, keyId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  assert.equal((await me(replica, apiKey)).status, 200)
  assert.equal((await service.asAdmin('DELETE', `${path}/${keyId}`)).status, 204)
  await untilRefused(replica, apiKey, Date.now() + 1_000)
  assertRefused(await me(service, apiKey), 'UNAUTHORIZED')

  // Its use is noted behind the request.
  const isNoted = async () =>
    (await service.asAdmin('GET', path)).body.data[0].last_used_at !== null
  assert.ok(await eventually(isNoted, 10_000))
  const { body: before } = await service.asAdmin('GET', path)
  assert.ok(before.data[0].revoked_at)
  await assertNothingWritten(service.database, async () => {
    assert.equal((await service.asAdmin('DELETE', `${path}/${keyId}`)).status, 204)
  })
  assert.deepEqual((await service.asAdmin('GET', path)).body, before)
})

test("another customer's key and an unknown one are the same 404", async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  await assertNothingWritten(service.database, async () => {
    const answers = []
    for (const path of [
      `/api/customers/${ada.customerId}/api-keys/${bob.keyId}`,
      `/api/customers/${ada.customerId}/api-keys/00000000`,
      `/api/customers/cust_0000000000000000/api-keys/${bob.keyId}`,
    ]) {
      answers.push(
        await service.asAdmin('DELETE', path),
        await service.asAdmin('POST', `${path}/rotate`),
      )
    }
    for (const answer of answers) {
      assertRefused(answer, 'API_KEY_NOT_FOUND')
      assert.deepEqual(sameForAll(answer), sameForAll(answers[0] ?? answer))
    }
  })
  assert.equal((await me(service, bob.apiKey)).status, 200)
})

test('the use of a key is noted, and a refused one is no use', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey, keyId } = await createCustomer(service)
  const lastUsed = async (): Promise<string | null> =>
    (await service.asAdmin('GET', `/api/customers/${customerId}/api-keys`)).body.data[0]
      .last_used_at
  const wrong = await me(service, `${apiKey.slice(0, -1)}${apiKey.endsWith('x') ? 'y' : 'x'}`)
  assert.equal(wrong.status, 401)
  assert.equal(await lastUsed(), null)
  const begun = new Date().toISOString()
  assert.equal((await me(service, apiKey)).status, 200)
  // Noted behind the request.
  const deadline = Date.now() + 5_000
  let at = await lastUsed()
  for (; at === null; at = await lastUsed()) assert.ok(Date.now() < deadline)
  assert.ok(at >= begun, keyId)
})

test('every act on a key leaves its record, and without one it does not happen', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey, keyId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const issued = keyIdOf((await service.asAdmin('POST', path)).body.api_key)
  const rotated = await service.asAdmin('POST', `${path}/${issued}/rotate`, { overlap_seconds: 60 })
  const newKey = keyIdOf(rotated.body.api_key)
  await service.asAdmin('DELETE', `${path}/${newKey}`)

  const records = await query<{ event: string; metadata: object }[]>(
    service.database,
    "select event, metadata from audit_records where event like 'api_key.%' order by id",
  )
  assert.deepEqual(
    records.map(({ event, metadata }) => [event, metadata]),
    [
      ['api_key.created', { key_id: keyId }],
      ['api_key.created', { key_id: issued }],
      ['api_key.created', { key_id: newKey }],
      ['api_key.rotated', { key_id: issued, new_key_id: newKey, overlap_seconds: 60 }],
      ['api_key.revoked', { key_id: newKey }],
    ],
  )

  const { body: before } = await service.asAdmin('GET', path)
  await closeAuditLog(service.database)
  await assertNothingWritten(service.database, async () => {
    for (const [method, url] of [
      ['POST', path],
      ['POST', `${path}/${keyId}/rotate`],
      ['DELETE', `${path}/${keyId}`],
    ] as const) {
      assertRefused(await service.asAdmin(method, url), 'DATABASE_UNAVAILABLE', method)
    }
  })
  assert.deepEqual((await service.asAdmin('GET', path)).body, before)
  assert.equal((await me(service, apiKey)).status, 200)
})

test('a key rotated again during its overlap hands on its whole life, not the rest of the overlap', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const { body } = await service.asAdmin('POST', path, { name: 'ci' })
  const rotate = `${path}/${body.key.key_id}/rotate`
  for (let times = 0; times < 2; times++) {
    const rotated = await service.asAdmin('POST', rotate, { overlap_seconds: 60 })
    assert.deepEqual([rotated.status, rotated.body.key.expires_at], [201, null])
  }
})

test('a key that is good until the last moment that can be written can be rotated', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const path = `/api/customers/${customerId}/api-keys`
  const expires_at = '9999-12-31T23:59:59.999Z'
  let { status, body } = await service.asAdmin('POST', path, { expires_at })
  assert.equal(status, 201)
  for (let times = 0; times < 2; times++) {
    ;({ status, body } = await service.asAdmin('POST', `${path}/${body.key.key_id}/rotate`, {}))
    assert.deepEqual([status, body.key?.expires_at], [201, expires_at])
  }
  assert.equal((await me(service, body.api_key)).status, 200)
})
