import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type Watched,
  assertAbsent,
  canary,
  privateTexts,
  startWatched,
  textsOf,
} from '../support/canary.ts'
import { counts } from '../support/counts.ts'
import { newDataDir } from '../support/service-process.ts'
import { secretNames } from '../support/settings-read.ts'
import { stripeEvent } from '../support/stripe-events.ts'
import { signatureHeader } from '../support/stripe/signature.ts'
import { query } from '../support/tables.ts'

test('no secret is in a log line, an answer, a metric, an audit record or any other row', async (t) => {
  const tried = counts(t, {
    promise: '13',
    what: 'Secrets, in every place that they come by',
    trials: 0,
  })
  const secrets = {
    ADMIN_API_TOKEN: canary('admin'),
    ADMIN_API_TOKEN_PREVIOUS: canary('admin-before'),
    INTERNAL_SERVICE_TOKEN: canary('internal'),
    INTERNAL_SERVICE_TOKEN_PREVIOUS: canary('internal-before'),
    METRICS_TOKEN: canary('metrics'),
    METRICS_TOKEN_PREVIOUS: canary('metrics-before'),
    API_KEY_PEPPER: canary('a-pepper'),
    API_KEY_PEPPER_PREVIOUS: canary('pepper-before'),
    STRIPE_SECRET_KEY: canary('sk_test_'),
    STRIPE_WEBHOOK_SECRET: canary('whsec_'),
    STRIPE_WEBHOOK_SECRET_PREVIOUS: canary('whsec_before'),
  }
  const redisPassword = randomBytes(18).toString('hex')
  const keys = keyFiles(t)
  const watched = await startWatched(t, {
    ...secrets,
    ...keys,
    // Nobody answers there: whoever reports that must not say by which URL or key.
    REDIS_URL: `redis://:${redisPassword}@127.0.0.1:1`,
    STRIPE_API_BASE: 'http://127.0.0.1:1',
    CHECKOUT_ORIGINS: 'https://app.example.com',
  })
  const { database, receiver, call, everywhere } = watched
  const ofEnvironment: Record<string, string | string[]> = {
    ...secrets,
    REDIS_URL: redisPassword,
    DATABASE_URL: new URL(database.url).password,
    MIGRATION_DATABASE_URL: new URL(database.ownerUrl).password,
    ...Object.fromEntries(Object.entries(keys).map(([name, path]) => [name, privateTexts(path)])),
  }
  assert.deepEqual(Object.keys(ofEnvironment).toSorted(), secretNames())
  const admin = { authorization: `Bearer ${secrets.ADMIN_API_TOKEN}` }
  const internal = { 'x-internal-token': secrets.INTERNAL_SERVICE_TOKEN }
  const json = { 'content-type': 'application/json' }

  const made = await call(
    'POST',
    '/api/customers',
    { ...admin, ...json },
    '{"email":"a@b.example"}',
  )
  assert.equal(made.status, 201)
  const { api_key: apiKey, customer } = JSON.parse(made.text)
  const issued = await issueSecrets(watched, secrets)
  const everySecret: Record<string, string> = {
    ...secrets,
    ...issued,
    'the API key': made.shows(apiKey),
    'a wrong API key': canary('cust_wrong'),
    'a wrong token': canary('wrong'),
  }

  // In its own place, in every other one, and where nobody should put it.
  for (const secret of Object.values(everySecret)) {
    const inUrl = encodeURIComponent(secret)
    const inJson = JSON.stringify(secret)
    for (const path of ['/api/customers', '/api/me', '/balance/ada', '/metrics', '/health', '/x']) {
      await call('GET', `${path}?token=${inUrl}&${inUrl}=1`)
      for (const headers of [
        { authorization: `Bearer ${secret}` },
        { authorization: secret },
        { 'x-api-key': secret },
        { 'x-internal-token': secret },
        {
          cookie: `token=${inUrl}; strongroom_console=${inUrl}; strongroom_portal=${inUrl}`,
          'user-agent': secret,
          referer: `https://a.example/?t=${inUrl}`,
        },
        { 'stripe-signature': secret, 'x-forwarded-for': secret },
      ]) {
        await call('GET', path, headers)
      }
    }
    // A user may be called what looks like a key; then that is his name, and in the log.
    const isUserId = /^[A-Za-z0-9._:@-]{1,128}$/.test(secret)
    for (const path of [
      ...(isUserId ? [] : [`/balance/${inUrl}`]),
      `/api/customers/${inUrl}`,
      `/${inUrl}`,
      `/${inUrl}%zz`,
    ]) {
      await call('GET', path, { ...admin, ...internal })
    }
    for (const body of [
      inJson,
      ...(isUserId ? [] : [`{"user_id":${inJson}}`]),
      `{"user_id":"ada",${inJson}`,
      `{"user_id":"ada","tier":"pro","unknown_field":${inJson}}`,
    ]) {
      await call('POST', '/account', { ...internal, ...json }, body)
      await call('PATCH', '/account/ada', { ...internal, ...json }, body)
    }
    await call('GET', '/api/customers?cursor=' + inUrl, admin)
    await call('GET', '/api/customers?status=' + inUrl, admin)
    await call('POST', '/api/webhooks/stripe', { 'stripe-signature': `t=1,v1=${secret}` }, '{}')
  }

  // Each used as it should be, where what it is needed for works, fails or breaks.
  const withKey = { 'x-api-key': apiKey as string }
  assert.equal((await call('GET', '/api/me', withKey)).status, 200)
  await call('POST', '/account', { ...internal, ...json }, '{"user_id":"ada","tier":"pro"}')
  await call('POST', '/top_up', { ...internal, ...json }, '{"user_id":"ada","amount":5}')
  await call(
    'PUT',
    '/api/plans/p',
    { ...admin, ...json },
    '{"name":"P","features":{},"limits":{},"stripe_price_id":"price_1"}',
  )
  const checkout =
    '{"plan":"p","success_url":"https://app.example.com/a","cancel_url":"https://app.example.com/b"}'
  const unreachable = await call(
    'POST',
    '/api/subscriptions/checkout',
    { ...withKey, ...json },
    checkout,
  )
  assert.equal(unreachable.status, 503)
  for (const secret of [secrets.STRIPE_WEBHOOK_SECRET, secrets.STRIPE_WEBHOOK_SECRET_PREVIOUS]) {
    const body = JSON.stringify(stripeEvent({ id: `evt_${randomBytes(6).toString('hex')}` }))
    const signature = { 'stripe-signature': signatureHeader(body, secret, 0) }
    assert.equal((await call('POST', '/api/webhooks/stripe', signature, body)).status, 200)
  }
  await call('GET', `/api/customers/${customer.customer_id}/export`, admin)
  await call('GET', '/account/ada/export', internal)
  await call('GET', '/api/audit', admin)
  const metrics = await call('GET', '/metrics', {
    authorization: `Bearer ${secrets.METRICS_TOKEN}`,
  })
  assert.match(metrics.text, /strongroom_rate_limit_redis_up 0/)
  await call('GET', '/openapi.json')
  await call('GET', '/.well-known/jwks.json')
  await receiver.until(1)
  // What is thrown says by which values; here those are of tokens and sessions too.
  for (const change of ['customers rename column email', 'tokens rename column lineage']) {
    await query(database, `alter table ${change} to gone`)
  }
  await query(database, `alter table sessions add check (kind <> 'console') not valid`)
  const broken: [string, string, object?][] = [
    ['GET', '/api/customers'],
    ['GET', `/api/customers/${customer.customer_id}`],
    ['POST', '/api/tokens', { name: 'x', scope: 'admin', role: 'support' }],
    ['POST', '/console/session', { token: secrets.ADMIN_API_TOKEN }],
  ]
  for (const [method, path, body] of broken) {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const headers = { ...admin, ...(sent !== undefined && json), origin: watched.origin }
    assert.equal((await call(method, path, headers, sent)).status, 500, path)
  }

  const places = await everywhere()
  const log = places.find(({ name }) => name === 'the log')?.text ?? ''
  assert.match(log, /Unauthorized request: invalid\/missing X-INTERNAL-TOKEN/)
  assert.match(log, /Request failed/)
  assert.match(log, /Authorized request for user ada with valid internal token/)
  assert.ok(places.some(({ name }) => name === 'a message to an endpoint'))
  assert.ok(places.some(({ name, text }) => name.includes('audit_records') && text.length > 100))

  const ended = log.split('\n').filter((line) => line.includes('Authorized request'))
  const actors = ended.map((line) => (JSON.parse(line) as { actor?: string }).actor ?? 'nobody')
  assert.deepEqual(
    actors.filter((actor) => !actor.startsWith('internal:')),
    [],
    'only of who has shown a token',
  )
  const hidden = {
    ...ofEnvironment,
    ...everySecret,
    // Stored and shown nowhere as the bytes that it stands for, either.
    'the bytes of an endpoint’s secret': textsOf(
      Buffer.from(issued['an endpoint’s secret'].slice('whsec_'.length), 'base64'),
    ),
  }
  tried.trials = Object.keys(hidden).length
  assertAbsent(places, hidden)
})

/** The files of private keys, by their variables. */
function keyFiles(t: TestContext) {
  const previous = join(newDataDir(t), 'previous.pem')
  const key = generateKeyPairSync('ed25519').privateKey
  writeFileSync(previous, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return {
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'] ?? '',
    EVENTS_KEY_PATH: process.env['TEST_EVENTS_KEY_PATH'] ?? '',
    EVENTS_PREVIOUS_KEY_PATHS: previous,
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'] ?? '',
  }
}

/** One of each kind of secret that the service makes, used once as it should be. */
async function issueSecrets(
  { call, origin, receiver }: Watched,
  secrets: { ADMIN_API_TOKEN: string; INTERNAL_SERVICE_TOKEN: string },
) {
  const json = { 'content-type': 'application/json', origin }
  const admin = { ...json, authorization: `Bearer ${secrets.ADMIN_API_TOKEN}` }
  const internal = { ...json, 'x-internal-token': secrets.INTERNAL_SERVICE_TOKEN }
  const post = async (path: string, headers: Record<string, string>, body: object) => {
    const answer = await call('POST', path, headers, JSON.stringify(body))
    assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    return { ...answer, body: answer.text === '' ? {} : JSON.parse(answer.text) }
  }

  const owner = await post('/api/tokens', admin, { name: 'o', scope: 'admin', role: 'owner' })
  const adminToken: string = owner.shows(owner.body.token)
  const rights = { scope: 'internal', permissions: ['accounts:read'] }
  const service = await post('/api/tokens', admin, { name: 's', ...rights })
  const internalToken: string = service.shows(service.body.token)
  const rotated = await post(`/api/tokens/${service.body.info.token_id}/rotate`, admin, {})
  const rotatedToken: string = rotated.shows(rotated.body.token)

  const wanted = { url: receiver.url, events: ['*'] }
  const endpoint = await post('/api/webhook-endpoints', admin, wanted)
  const endpointSecret: string = endpoint.shows(endpoint.body.secret)
  const path = `/api/webhook-endpoints/${endpoint.body.endpoint.endpoint_id}`
  const turned = await post(`${path}/rotate`, admin, { overlap_seconds: 3_600 })
  const newEndpointSecret: string = turned.shows(turned.body.secret)

  const signedIn = await post('/console/session', json, { token: adminToken })
  const consoleCookie = signedIn.shows(signedIn.cookie)
  await post('/account', internal, { user_id: 'visitor', tier: 'pro' })
  const invited = await post('/portal/session', internal, { user_id: 'visitor' })
  const link = invited.shows(new URL(invited.body.url).hash.slice(1))
  const opened = await post('/portal/session/open', json, { secret: link })
  const portalCookie = opened.shows(opened.cookie)

  for (const [place, headers] of [
    ['/api/customers', { authorization: `Bearer ${adminToken}` }],
    ['/balance/visitor', { 'x-internal-token': rotatedToken }],
    ['/api/webhook-endpoints', { cookie: `strongroom_console=${consoleCookie}` }],
    ['/balance/visitor', { cookie: `strongroom_portal=${portalCookie}` }],
  ] as const) {
    assert.equal((await call('GET', place, headers)).status, 200, place)
  }
  assert.equal((await call('POST', `${path}/test`, admin)).status, 202)
  return {
    'an admin token': adminToken,
    'an internal token': internalToken,
    'a rotated token': rotatedToken,
    'an endpoint’s secret': endpointSecret,
    'an endpoint’s new secret': newEndpointSecret,
    'a console’s cookie': consoleCookie,
    'a portal’s link': link,
    'a portal’s cookie': portalCookie,
  }
}
