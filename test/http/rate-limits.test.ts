import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import type { RefusalCode } from '../../src/refusals/index.ts'
import { counts } from '../support/counts.ts'
import { createCustomer, me } from '../support/customers.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'
import { asCustomer } from '../support/usage.ts'

type Call = () => Promise<Answer>

const METRICS_TOKEN = 'metrics-token-of-the-tests-0123456789abcd'

/** The seconds after which to try again. */
function assertLimited(answer: Answer, max: number, windowS: number, about = ''): number {
  assertRefused(answer, 'RATE_LIMITED', about)
  const number = (name: string) => Number(answer.headers.get(name) ?? Number.NaN)
  assert.equal(number('ratelimit-limit'), max, about)
  assert.equal(number('ratelimit-remaining'), 0, about)
  const after = number('retry-after')
  assert.ok(after >= 1 && after <= windowS, `${about}: ${after} s`)
  assert.ok(number('ratelimit-reset') <= windowS, about)
  return after
}

/** So many calls pass, each telling what is left; the next one is refused. */
async function assertPasses(call: Call, max: number, about: string): Promise<void> {
  for (let left = max - 1; left >= 0; left--) {
    const answer = await call()
    assert.ok(answer.status < 400, `${about}: ${answer.status} with ${left} left`)
    assert.equal(answer.headers.get('ratelimit-limit'), String(max), about)
    assert.equal(answer.headers.get('ratelimit-remaining'), String(left), about)
  }
  assertLimited(await call(), max, 3_600, about)
}

function deliver(service: Service, secret?: string): Promise<Answer> {
  const body = JSON.stringify(stripeEvent())
  const signature = stripeSignature(body, secret === undefined ? {} : { secret })
  const headers = { 'stripe-signature': signature }
  return service.call('POST', '/api/webhooks/stripe', { headers, body })
}

test('each scope has its limit, and answers say where the caller stands', async (t) => {
  const service = await startService(t, {
    RATE_LIMIT_API: '4/1h',
    RATE_LIMIT_ADMIN: '3/1h',
    RATE_LIMIT_WEBHOOKS: '2/1h',
    RATE_LIMIT_INTERNAL: '5/1h',
  })
  const { apiKey } = await createCustomer(service)
  await service.asAdmin('GET', '/api/plans')
  assert.equal((await service.asAdmin('GET', '/api/plans')).status, 200)
  assertLimited(await service.asAdmin('GET', '/api/plans'), 3, 3_600, 'admin')

  await assertPasses(() => me(service, apiKey), 4, 'customer')
  await assertPasses(() => deliver(service), 2, 'stripe')
  const stats = () => service.asInternal('GET', '/stats/subscription_count')
  await assertPasses(stats, 5, 'internal')

  // Unknown routes share the public ones' limit; none of the above took anything from it.
  assert.equal((await service.call('GET', '/openapi.json')).status, 200)
  assert.equal((await service.call('GET', '/docs/static/swagger-ui.css')).status, 200)
  assert.equal((await service.call('GET', '/nowhere')).status, 404)
  assert.equal((await service.call('POST', '/nowhere', { body: {} })).status, 404)
  for (const path of ['/nowhere', '/docs/static/swagger-ui.css', '/.well-known/jwks.json']) {
    assertLimited(await service.call('GET', path), 4, 3_600, path)
  }
})

test('no limit holds where it is off', async (t) => {
  const service = await startService(t, {
    RATE_LIMIT_API: 'off',
    RATE_LIMIT_ADMIN: 'off',
    RATE_LIMIT_USAGE: 'off',
    RATE_LIMIT_WEBHOOKS: 'off',
  })
  const { apiKey } = await createCustomer(service)
  const report = { metrics: { calls: 1 } }
  for (const answer of [
    await me(service, apiKey),
    await service.asAdmin('GET', '/api/plans'),
    await service.asInternal('GET', '/stats/subscription_count'),
    await service.call('GET', '/openapi.json'),
    await deliver(service),
    await asCustomer(service, apiKey)('POST', '/api/usage/report', report),
  ]) {
    assert.ok(answer.status < 300)
    assert.equal(answer.headers.get('ratelimit-limit'), null)
  }
})

test('usage reports are counted by customer, whatever route they take', async (t) => {
  const service = await startService(t, { RATE_LIMIT_USAGE: '3/1h' })
  const ada = asCustomer(service, (await createCustomer(service)).apiKey)
  const bob = asCustomer(service, (await createCustomer(service, { email: 'b@b.example' })).apiKey)
  const report = { metrics: { calls: 1 } }
  await ada('POST', '/api/usage/report/batch', { reports: [report, report] })
  await ada('POST', '/api/usage/report', report)
  const third = await ada('POST', '/api/usage/report', report)
  assert.equal(third.headers.get('ratelimit-remaining'), '0')
  assertLimited(await ada('POST', '/api/usage/report', report), 3, 3_600)
  assertLimited(await ada('POST', '/api/usage/report/batch', { reports: [report] }), 3, 3_600)
  assert.equal((await ada('GET', '/api/me')).status, 200)
  await assertPasses(() => bob('POST', '/api/usage/report', report), 3, 'the other customer')
})

test('a flood of wrong credentials is cut short and takes nothing from a good one', async (t) => {
  const max = 5
  const limit = `${max}/1h`
  const service = await startService(t, {
    RATE_LIMIT_API: limit,
    RATE_LIMIT_ADMIN: limit,
    RATE_LIMIT_WEBHOOKS: limit,
    RATE_LIMIT_INTERNAL: limit,
    METRICS_TOKEN,
  })
  const { apiKey } = await createCustomer(service)
  await me(service, apiKey)
  const withHeader = (path: string, name: string, value: string) => () =>
    service.call('GET', path, { headers: { [name]: value } })
  const scopes: Record<string, [wrong: Call, code: RefusalCode, good: Call]> = {
    customer: [
      withHeader('/api/me', 'x-api-key', `${apiKey.slice(0, -1)}?`),
      'UNAUTHORIZED',
      () => me(service, apiKey),
    ],
    admin: [
      withHeader('/api/customers', 'authorization', 'Bearer wrong'),
      'UNAUTHORIZED',
      () => service.asAdmin('GET', '/api/customers'),
    ],
    internal: [
      withHeader('/stats/subscription_count', 'x-internal-token', 'wrong'),
      'FORBIDDEN',
      () => service.asInternal('GET', '/stats/subscription_count'),
    ],
    stripe: [() => deliver(service, 'whsec_wrong'), 'INVALID_SIGNATURE', () => deliver(service)],
  }
  for (const [scope, [wrong, code, good]] of Object.entries(scopes)) {
    for (let times = 0; times < max; times++) assertRefused(await wrong(), code, scope)
    for (let times = 0; times < 3; times++) assertLimited(await wrong(), max, 3_600, scope)
    const answer = await good()
    assert.equal(answer.status, 200, scope)
    assert.ok(Number(answer.headers.get('ratelimit-remaining')) >= max - 2, scope)
  }

  // A scraper has a token and no limit; without one it is a stranger like those above.
  const scrape = withHeader('/metrics', 'authorization', `Bearer ${METRICS_TOKEN}`)
  for (let times = 0; times < 3 * max; times++) assert.equal((await scrape()).status, 200)
  assertLimited(await service.call('GET', '/metrics'), max, 3_600, 'metrics')
  for (const path of ['/health', '/health/live', '/health/ready']) {
    for (let times = 0; times < 3 * max; times++) {
      assert.equal((await service.call('GET', path)).status, 200, path)
    }
  }
  const { body: text } = await scrape()
  assert.match(text, /strongroom_rate_limited_total\{limit="api_strangers"\} 3\n/)
  assert.match(text, /strongroom_auth_failures_total\{scope="internal"\} 8\n/)
  assert.match(text, /strongroom_auth_alarming_addresses 1\n/)
})

test('behind an address that is flooded, a good key is let in even where it is new', async (t) => {
  counts(t, {
    promise: '19',
    what: 'Wrong keys of an address whose good keys are let in',
    trials: 105,
  })
  const service = await startService(t, { RATE_LIMIT_API: '5/1h' })
  const ada = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  for (let times = 0; times < 5; times++) {
    assertRefused(await me(service, newApiKey(ada.customerId).apiKey), 'UNAUTHORIZED')
  }
  // Not hashed any more: a hundred in a row would take seconds if they were.
  for (let times = 0; times < 100; times++) {
    assertLimited(await me(service, newApiKey(ada.customerId).apiKey), 5, 3_600)
  }
  assert.equal((await me(service, ada.apiKey)).status, 200)
  assert.equal((await me(service, ada.apiKey)).status, 200)
  assert.equal((await me(service, bob.apiKey)).status, 200)
})

test('who claims another address gains nothing, unless a trusted proxy says so', async (t) => {
  const limits = { RATE_LIMIT_API: '2/1h' }
  const lone = await startService(t, limits)
  const from = (service: Service, address: string) =>
    service.call('GET', '/openapi.json', { headers: { 'x-forwarded-for': address } })
  assert.equal((await from(lone, '203.0.113.1')).status, 200)
  assert.equal((await from(lone, '203.0.113.2')).status, 200)
  assertLimited(await from(lone, '203.0.113.3'), 2, 3_600)

  const behind = await startService(t, { ...limits, TRUST_PROXY: '127.0.0.1' }, lone.database)
  for (const address of ['203.0.113.1', '2001:db8:0:1::1', '::ffff:203.0.113.2']) {
    assert.equal((await from(behind, address)).status, 200)
    assert.equal((await from(behind, address)).status, 200)
    assertLimited(await from(behind, address), 2, 3_600, address)
  }
  // Whoever has one address of a /64 has them all.
  assertLimited(await from(behind, '2001:db8:0:1:a:b:c:d'), 2, 3_600)
  assert.equal((await from(behind, '2001:db8:0:2::1')).status, 200)
  assertLimited(await from(behind, '203.0.113.2'), 2, 3_600)
})

test('when the time is over, the count begins anew', async (t) => {
  const service = await startService(t, { RATE_LIMIT_API: '2/1s' })
  const call = () => service.call('GET', '/openapi.json')
  for (let answer = await call(); answer.status !== 429; answer = await call()) {
    assert.equal(answer.status, 200)
  }
  assert.ok(await eventually(async () => (await call()).status === 200, 3_000))
})

test('a preflight is not counted', async (t) => {
  const origin = 'https://app.example.com'
  const service = await startService(t, { RATE_LIMIT_API: '1/1h', CORS_ORIGINS: origin })
  for (let times = 0; times < 3; times++) {
    const headers = { origin, 'access-control-request-method': 'GET' }
    assert.equal((await service.call('OPTIONS', '/api/me', { headers })).status, 204)
  }
  const answer = await service.call('GET', '/openapi.json', { headers: { origin } })
  assert.equal(answer.status, 200)
  const exposed = answer.headers.get('access-control-expose-headers') ?? ''
  assert.match(exposed, /ratelimit-remaining/)
})

test('without its Redis the service counts by itself, and says so', async (t) => {
  const service = await startService(t, {
    RATE_LIMIT_API: '3/1h',
    REDIS_URL: 'redis://127.0.0.1:1',
    METRICS_TOKEN,
  })
  await assertPasses(() => service.call('GET', '/openapi.json'), 3, 'public')
  const health = await service.call('GET', '/health')
  assert.deepEqual([health.status, health.body.status], [200, 'ok'])
  assert.deepEqual(health.body.checks, { database: 'ok', redis: 'unavailable' })
  const { body: text } = await service.asAdmin('GET', '/metrics')
  assert.match(text, /strongroom_rate_limit_redis_up 0\n/)
})

test('revoking, suspending and freezing have no limit for a good credential', async (t) => {
  const wide = await startService(t)
  const service = await startService(
    t,
    { RATE_LIMIT_ADMIN: '2/1h', RATE_LIMIT_INTERNAL: '2/1h' },
    wide.database,
  )
  const { customerId } = await createCustomer(wide)
  const customer = `/api/customers/${customerId}`
  await wide.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const ids: { key: string; license: string }[] = []
  for (let times = 0; times < 5; times++) {
    const key = await wide.asAdmin('POST', `${customer}/api-keys`, {})
    const license = await wide.asAdmin('POST', '/api/licenses', { customer_id: customerId })
    ids.push({ key: key.body.key.key_id, license: license.body.license.license_id })
  }
  const acts: [about: string, act: Call][] = [
    ...ids.flatMap(({ key, license }): [string, Call][] => [
      ['revoke a key', () => service.asAdmin('DELETE', `${customer}/api-keys/${key}`)],
      ['revoke a licence', () => service.asAdmin('POST', `/api/licenses/${license}/revoke`, {})],
    ]),
    ...ids.flatMap((): [string, Call][] => [
      ['suspend', () => service.asAdmin('PATCH', customer, { status: 'suspended' })],
      ['freeze', () => service.asInternal('PATCH', '/account/ada', { status: 'frozen' })],
    ]),
  ]
  const actAll = async () => {
    for (const [about, act] of acts) {
      const answer = await act()
      assert.ok(answer.status < 300, `${about}: ${answer.status}`)
      assert.equal(answer.headers.get('ratelimit-limit'), null, about)
    }
  }
  await actAll()
  // None of it was counted; what the same routes do otherwise is.
  const name = () => service.asAdmin('PATCH', customer, { company_name: 'Engines' })
  const thaw = () => service.asInternal('PATCH', '/account/ada', { status: 'active' })
  await assertPasses(name, 2, 'a name')
  await assertPasses(thaw, 2, 'thawing')
  for (const body of [{ status: 'active' }, { status: 'Suspended' }, {}, [], null, 'suspended']) {
    const answer = await service.asAdmin('PATCH', customer, JSON.stringify(body))
    assertLimited(answer, 2, 3_600, JSON.stringify(body))
  }
  await actAll()

  // Strangers have their limit, whatever they ask for, and it takes nothing from the good one.
  const strange = (method: string, path: string, body?: unknown) =>
    service.call(method, path, { body, headers: { authorization: 'Bearer wrong' } })
  for (const [method, path, body] of [
    ['PATCH', customer, { status: 'suspended' }],
    // Of a stranger's body not even the faults are told.
    ['PATCH', customer, '{"status":'],
  ] as const) {
    assertRefused(await strange(method, path, body), 'UNAUTHORIZED')
  }
  for (const [method, path, body] of [
    ['PATCH', customer, { status: 'suspended' }],
    ['DELETE', `${customer}/api-keys/${ids[0]?.key}`, undefined],
    ['POST', `/api/licenses/${ids[0]?.license}/revoke`, {}],
  ] as const) {
    assertLimited(await strange(method, path, body), 2, 3_600, path)
  }
  await actAll()
})
