import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader, jwtVerify, createLocalJWKSet } from 'jose'
import { settled } from '../support/audit.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { fetchJwks, fetchRevocations, getLicenses, issue, verdict } from '../support/licenses.ts'
import { assertRefused, sameForAll } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { assertNothingWritten, closeAuditLog, query } from '../support/tables.ts'
import { eventually } from '../support/processes.ts'

const DAY_MS = 86_400_000
const PLAN = {
  features: { sso: true, support: 'email', seats: 5, beta: false },
  limits: { 'api.calls': 1_000, exports: 0 },
}

test('a licence issued by hand is served, and any JWT library verifies it', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter', { ...PLAN, license_days: 10 })
  const ada = await createCustomer(service, { email: 'ada@example.com', plan: 'starter' })
  const license = await issue(service, { customer_id: ada.customerId })
  assert.match(license.license_id, /^lic_[0-9A-Za-z]{16}$/)
  assert.equal(
    Date.parse(license.expires_at) - Date.parse(license.issued_at),
    10 * DAY_MS,
    'it lasts as long as the plan says',
  )

  const listed = await getLicenses(service, ada)
  assert.equal(listed.headers.get('cache-control'), 'no-store')
  const { customer_id, stripe_subscription_id, revoked_at, reason, ...rest } = license
  assert.deepEqual([customer_id, stripe_subscription_id], [ada.customerId, null])
  assert.deepEqual([revoked_at, reason], [null, null])
  assert.deepEqual(listed.body, { data: [rest], next_cursor: null })
  assert.deepEqual(Object.keys(rest), [
    'license_id',
    'plan',
    'features',
    'limits',
    'quantity',
    'status',
    'issued_at',
    'expires_at',
    'key_id',
    'token',
  ])

  const jwks = await service.call('GET', '/.well-known/jwks.json')
  assert.match(jwks.headers.get('cache-control') ?? '', /^public, max-age=\d+$/)
  const { payload, protectedHeader } = await jwtVerify(
    license.token,
    createLocalJWKSet(jwks.body),
    { issuer: 'strongroom', subject: ada.customerId, typ: 'license+jwt', algorithms: ['RS256'] },
  )
  assert.deepEqual(protectedHeader, { alg: 'RS256', typ: 'license+jwt', kid: license.key_id })
  assert.deepEqual(payload, {
    iss: 'strongroom',
    sub: ada.customerId,
    jti: license.license_id,
    plan: 'starter',
    ...PLAN,
    quantity: 1,
    iat: Date.parse(license.issued_at) / 1_000,
    nbf: Date.parse(license.issued_at) / 1_000 - 300,
    exp: Date.parse(license.expires_at) / 1_000,
  })
})

test('what an order names replaces what the plan says', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter', PLAN)
  await putPlan(service, 'pro', { features: { sso: true }, limits: {} })
  const { customerId: customer_id } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'starter',
  })
  const expires_at = new Date(Date.now() + 5 * DAY_MS)
  const cases: [Record<string, unknown>, Record<string, unknown>][] = [
    [{}, { plan: 'starter', ...PLAN }],
    [{ plan: 'pro' }, { plan: 'pro', features: { sso: true }, limits: {} }],
    [{ plan: null }, { plan: null, features: {}, limits: {} }],
    [{ features: { x: 1 } }, { plan: 'starter', features: { x: 1 }, limits: PLAN.limits }],
    [
      { plan: null, limits: { calls: 2.5 } },
      { plan: null, features: {}, limits: { calls: 2.5 } },
    ],
  ]
  for (const [order, expected] of cases) {
    const { plan, features, limits, ...rest } = await issue(service, { customer_id, ...order })
    assert.deepEqual({ plan, features, limits }, expected)
    assert.equal(Date.parse(rest.expires_at) - Date.parse(rest.issued_at), 30 * DAY_MS)
  }
  const until = await issue(service, { customer_id, expires_at: expires_at.toISOString() })
  assert.equal(Date.parse(until.expires_at), Math.floor(expires_at.getTime() / 1_000) * 1_000)
})

test('an order that can not be met is refused and writes nothing', async (t) => {
  const service = await startService(t)
  const { customerId: customer_id } = await createCustomer(service)
  const order = (body: unknown) => service.asAdmin('POST', '/api/licenses', body)
  await assertNothingWritten(service.database, async () => {
    assertRefused(await order({ customer_id: 'cust_0000000000000000' }), 'CUSTOMER_NOT_FOUND')
    for (const wrong of [
      {},
      { customer_id: 'ada' },
      { customer_id, plan: 'none' },
      { customer_id, plan: 'UPPER' },
      { customer_id, features: { 'With Space': true } },
      { customer_id, features: [] },
      { customer_id, limits: { calls: -1 } },
      { customer_id, limits: { calls: '5' } },
      { customer_id, expires_at: new Date(Date.now() - 1_000).toISOString() },
      { customer_id, expires_at: '2030-02-30T00:00:00Z' },
      { customer_id, expires_at: 'infinity' },
      { customer_id, days: 3 },
    ]) {
      assertRefused(await order(wrong), 'VALIDATION_FAILED', JSON.stringify(wrong))
    }
    const revoke = (id: string, body: unknown) =>
      service.asAdmin('POST', `/api/licenses/${id}/revoke`, body)
    assertRefused(await revoke('lic_0000000000000000', {}), 'LICENSE_NOT_FOUND')
    assertRefused(await revoke('lic_1', {}), 'VALIDATION_FAILED')
    assertRefused(await revoke('lic_0000000000000000', { reason: 'a\nb' }), 'VALIDATION_FAILED')
  })
})

test('without a key to sign with nothing is issued, and the rest works', async (t) => {
  const service = await startService(t, { LICENSE_PRIVATE_KEY_PATH: undefined })
  const ada = await createCustomer(service)
  const order = { customer_id: ada.customerId }
  assertRefused(await service.asAdmin('POST', '/api/licenses', order), 'SIGNING_KEY_MISSING')
  assertRefused(await service.call('GET', '/api/licenses/revocations'), 'SIGNING_KEY_MISSING')
  assert.deepEqual(await fetchJwks(service), { keys: [] })
  assert.deepEqual((await getLicenses(service, ada)).body, { data: [], next_cursor: null })
})

test('a revoked licence is gone from the list and on the revocation list, on every replica', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const ada = await createCustomer(service)
  const kept = await issue(service, { customer_id: ada.customerId })
  const license = await issue(service, { customer_id: ada.customerId })
  const jwks = await fetchJwks(service)
  const before = await fetchRevocations(service)
  assert.equal(verdict(license.token, { jwks, revocations: before }), 'valid')
  assert.equal((await getLicenses(service, ada)).body.data.length, 2)

  const revoke = (reason: string) =>
    service.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, { reason })
  const first = await revoke('leaked')
  assert.equal(first.status, 200)
  const { status, reason, revoked_at } = first.body.license
  assert.deepEqual([status, reason], ['revoked', 'leaked'])
  assert.ok(Date.now() - Date.parse(revoked_at) < 60_000)
  const again = await revoke('another reason')
  assert.deepEqual([again.status, again.body], [200, first.body])

  // At once where it was revoked, and within a second elsewhere.
  const after = await fetchRevocations(service)
  assert.equal(verdict(license.token, { jwks, revocations: after }), 'revoked')
  assert.equal(verdict(kept.token, { jwks, revocations: after }), 'valid')
  const isRevoked = async () =>
    verdict(license.token, { jwks, revocations: await fetchRevocations(replica) }) === 'revoked'
  assert.ok(await eventually(isRevoked, 1_500))
  assert.equal(decodeProtectedHeader(after).typ, 'license-revocations+jwt')
  assert.deepEqual(
    (await getLicenses(replica, ada)).body.data.map((one: typeof kept) => one.license_id),
    [kept.license_id],
  )

  const records = await query<{ event: string; metadata: object }[]>(
    service.database,
    `select event, metadata from audit_records where event like 'license.%' and subject = $1
     order by id`,
    [ada.customerId],
  )
  assert.deepEqual(
    records.map(({ event }) => event),
    ['license.issued', 'license.issued', 'license.revoked'],
  )
  assert.ok(!JSON.stringify(records).includes('eyJ'), 'no token is in the audit log')
  assert.ok(!JSON.stringify(records).includes('leaked'), 'an operator’s words are a commitment')
  await settled(service)
  const shown = await service.asAdmin('GET', '/api/audit?event=license.revoked')
  assert.equal(shown.body.data[0].metadata.reason, 'leaked')
})

test('the revocation list is signed once a minute, and forgets what has expired', async (t) => {
  const service = await startService(t)
  const { customerId: customer_id } = await createCustomer(service)
  const license = await issue(service, { customer_id })
  await service.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, {})
  const answer = await service.call('GET', '/api/licenses/revocations')
  assert.equal(answer.headers.get('cache-control'), 'public, max-age=60')
  assert.deepEqual(Object.keys(answer.body), ['token'])
  const { token } = answer.body
  const jwks = createLocalJWKSet((await fetchJwks(service)) as never)
  const claims = async (list: string) => (await jwtVerify(list, jwks)).payload
  const { iss, iat = 0, exp = 0, jtis } = await claims(token)
  assert.deepEqual([iss, jtis, exp - iat], ['strongroom', [license.license_id], 86_400])

  // Other licences come and go; the list of the same ids is not signed again.
  await issue(service, { customer_id })
  await service.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, {})
  assert.equal(await fetchRevocations(service), token)

  await query(service.database, `update licenses set expires_at = now() - interval '2 minutes'`)
  const empty = async () => {
    const list = (await claims(await fetchRevocations(service)))['jtis'] as string[]
    return list.length === 0
  }
  assert.ok(await eventually(empty, 2_000))
})

test('nothing of a suspended customer is usable, for operators as for verifiers', async (t) => {
  const service = await startService(t)
  const { customerId: customer_id } = await createCustomer(service)
  await issue(service, { customer_id })
  const listed = async () =>
    (await service.asAdmin('GET', `/api/licenses/${customer_id}`)).body.data.length
  const set = (status: string) =>
    service.asAdmin('PATCH', `/api/customers/${customer_id}`, { status })
  assert.equal(await listed(), 1)
  await set('suspended')
  assert.equal(await listed(), 0)
  await set('active')
  assert.equal(await listed(), 1)
})

test('polling is a 304 until something changes', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const first = await issue(service, { customer_id: ada.customerId })
  const answer = await getLicenses(service, ada)
  const etag = answer.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{43}"$/)
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const same = await getLicenses(service, ada, { 'if-none-match': known })
    assert.deepEqual([same.status, same.body], [304, ''], known)
    assert.equal(same.headers.get('etag'), etag)
    assert.equal(same.headers.get('cache-control'), 'no-store')
  }
  for (const unknown of ['"other"', etag.slice(1, -1), '']) {
    assert.equal((await getLicenses(service, ada, { 'if-none-match': unknown })).status, 200)
  }
  const poll = () => getLicenses(service, ada, { 'if-none-match': etag })
  await service.asAdmin('POST', `/api/licenses/${first.license_id}/revoke`, {})
  assert.equal((await poll()).status, 200)
  const second = await issue(service, { customer_id: ada.customerId })
  const { status, body } = await poll()
  assert.deepEqual([status, body.data[0].license_id], [200, second.license_id])

  const jwks = await service.call('GET', '/.well-known/jwks.json')
  const headers = { 'if-none-match': jwks.headers.get('etag') ?? '' }
  assert.equal((await service.call('GET', '/.well-known/jwks.json', { headers })).status, 304)
})

test('many licences are on several pages, each with a tag of its own', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const ids: string[] = []
  for (let count = 0; count < 3; count++) {
    ids.unshift((await issue(service, { customer_id: ada.customerId })).license_id)
  }
  const page = (wanted: string, headers: Record<string, string> = {}) => {
    const path = `/api/licenses/${ada.customerId}?${wanted}`
    return service.call('GET', path, { headers: { 'x-api-key': ada.apiKey, ...headers } })
  }
  const idsOf = ({ body }: Awaited<ReturnType<typeof page>>) =>
    body.data.map((one: { license_id: string }) => one.license_id)
  const first = await page('limit=2')
  const cursor = first.body.next_cursor as string
  const last = await page(`limit=2&cursor=${cursor}`)
  assert.deepEqual([...idsOf(first), ...idsOf(last)], ids)
  assert.equal(last.body.next_cursor, null)
  assert.deepEqual(idsOf(await page('')), ids)

  // The same licences, which are all that there are once the third one is revoked.
  const known = { 'if-none-match': first.headers.get('etag') ?? '' }
  assert.equal((await page('limit=2', known)).status, 304)
  await service.asAdmin('POST', `/api/licenses/${ids[2]}/revoke`, {})
  const all = await page('limit=2', known)
  assert.deepEqual([all.status, all.body.next_cursor], [200, null])
  assert.deepEqual(idsOf(all), ids.slice(0, 2))

  const bob = await createCustomer(service, { email: 'bob@example.com' })
  const foreign = `/api/licenses/${bob.customerId}?cursor=${cursor}`
  assertRefused(await service.asAdmin('GET', foreign), 'INVALID_CURSOR')
})

test('what has expired is not served any more', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  await issue(service, { customer_id: ada.customerId })
  const etag = (await getLicenses(service, ada)).headers.get('etag') ?? ''
  await query(service.database, `update licenses set expires_at = now() - interval '1 second'`)
  const answer = await getLicenses(service, ada, { 'if-none-match': etag })
  assert.deepEqual([answer.status, answer.body], [200, { data: [], next_cursor: null }])
})

test('nobody sees another’s licences, nor whether there are any', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  await issue(service, { customer_id: bob.customerId })
  const headers = { 'x-api-key': ada.apiKey }
  for (const path of ['', '/entitlements?feature=sso']) {
    const ask = (id: string) => service.call('GET', `/api/licenses/${id}${path}`, { headers })
    assert.equal((await ask(ada.customerId)).status, 200)
    const foreign = await ask(bob.customerId)
    const unknown = await ask('cust_0000000000000000')
    assertRefused(foreign, 'CUSTOMER_NOT_FOUND')
    assert.deepEqual(sameForAll(foreign), sameForAll(unknown))
    const visible = ({ headers: all }: typeof foreign) =>
      [...all].filter(([name]) => !/^(date|x-request-id|ratelimit-)/.test(name))
    assert.deepEqual(visible(foreign), visible(unknown))
  }
})

test('entitlements: whether, up to what, and how much of it is used', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter', PLAN)
  const ada = await createCustomer(service, { email: 'ada@example.com', plan: 'starter' })
  const ask = (feature: string) =>
    service.call('GET', `/api/licenses/${ada.customerId}/entitlements?feature=${feature}`, {
      headers: { 'x-api-key': ada.apiKey },
    })
  const none = await ask('sso')
  assert.deepEqual(none.body, { feature: 'sso', entitled: false, limit: null, used: 0 })

  await issue(service, { customer_id: ada.customerId })
  const cases: [feature: string, entitled: boolean, limit: number | null][] = [
    ['sso', true, null],
    ['support', true, null],
    ['seats', true, 5],
    ['beta', false, null],
    ['api.calls', true, 1_000],
    ['exports', false, null],
    ['constructor', false, null],
    ['unknown', false, null],
  ]
  for (const [feature, entitled, limit] of cases) {
    assert.deepEqual((await ask(feature)).body, { feature, entitled, limit, used: 0 }, feature)
  }
  // A second licence without that limit: the most generous counts.
  const order = { plan: null, features: { 'api.calls': true }, limits: { seats: 9 } }
  const more = await issue(service, { customer_id: ada.customerId, ...order })
  assert.equal((await ask('api.calls')).body.limit, null)
  assert.equal((await ask('seats')).body.limit, 9)
  await service.asAdmin('POST', `/api/licenses/${more.license_id}/revoke`, {})
  assert.equal((await ask('api.calls')).body.limit, 1_000)

  for (const wrong of ['', 'Upper', 'a%00b', 'a'.repeat(65), '1', 'sso&feature=beta', 'sso&x=1']) {
    assertRefused(await ask(wrong), 'VALIDATION_FAILED', wrong)
  }
})

test('without its audit record nothing is issued and nothing revoked', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const order = { customer_id: ada.customerId }
  const { license_id } = await issue(service, order)
  await closeAuditLog(service.database)
  await assertNothingWritten(service.database, async () => {
    for (const path of ['', `/${license_id}/revoke`]) {
      const body = path === '' ? order : {}
      const answer = await service.asAdmin('POST', `/api/licenses${path}`, body)
      assertRefused(answer, 'DATABASE_UNAVAILABLE')
    }
  })
  assert.equal((await getLicenses(service, ada)).body.data.length, 1)
})

test('a licence counts at once on a process whose clock is behind that of its issuer', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const { license_id: id } = await issue(service, {
    customer_id: ada.customerId,
    features: { sso: true },
  })
  const change = (set: string) =>
    query(service.database, `update licenses set ${set} where id = '${id}'`)
  const entitled = async () => {
    const path = `/api/licenses/${ada.customerId}/entitlements?feature=sso`
    const answer = await service.call('GET', path, { headers: { 'x-api-key': ada.apiKey } })
    return answer.body.entitled
  }
  await change(`issued_at = now() + interval '3 s', not_before = now() + interval '3 s'`)
  assert.equal(await entitled(), true)
  assert.equal((await getLicenses(service, ada)).body.data.length, 1)
  await change(`not_before = now() + interval '1 hour'`)
  assert.equal(await entitled(), false)
  await change(`not_before = now() - interval '2 s', expires_at = now() - interval '1 s'`)
  assert.equal(await entitled(), false)
})
