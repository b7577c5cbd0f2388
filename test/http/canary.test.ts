import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createDatabase } from '../support/database.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { stripeEvent } from '../support/stripe-events.ts'
import { signatureHeader } from '../support/stripe/signature.ts'
import { query } from '../support/tables.ts'

/** With characters that look another way in base64 and in a URL. */
function canary(name: string): string {
  return `${name}+/=&%-${randomBytes(18).toString('base64')}`
}

/** How a secret may look in a text: as it is, in a URL, in JSON, and in base64 wherever it begins. */
function looksOf(secret: string): string[] {
  const looks = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret)]
  for (let shift = 0; shift < 3; shift++) {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
    // The characters at the ends depend on what stands beside.
    const inner = bytes.subarray(shift === 0 ? 0 : 3, bytes.length - (bytes.length % 3))
    looks.push(inner.toString('base64'), inner.toString('base64url'))
  }
  looks.push(Buffer.from(secret).toString('hex'))
  return looks.map((look) => look.replace(/^"|"$/g, ''))
}

interface Place {
  name: string
  text: string
}

function assertAbsent(places: readonly Place[], secrets: Record<string, string>): void {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const look of looksOf(secret)) {
      for (const place of places) {
        assert.ok(!place.text.includes(look), `${name} is in ${place.name}`)
      }
    }
  }
}

/** Everything that anybody who has no secret may see: answers, the log, and the rows of every table. */
async function startWatched(t: TestContext, env: Record<string, string>) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const service = await startServiceProcess(t, newDataDir(t), {
    LOG_LEVEL: 'trace',
    DATABASE_URL: database.url,
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    ...env,
  })
  const answers: Place[] = []
  async function call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<{ status: number; text: string }> {
    const init = body === undefined ? {} : { body }
    const response = await fetch(service.origin + path, { method, headers, ...init })
    const text = await response.text()
    const shown = `${JSON.stringify([...response.headers])}\n${text}`
    answers.push({ name: `the answer to ${method} ${path}`, text: shown })
    return { status: response.status, text }
  }
  async function everywhere(): Promise<Place[]> {
    service.child.kill('SIGTERM')
    await service.ended
    return [...answers, { name: 'the log', text: service.output() }, ...(await rows())]
  }
  async function rows(): Promise<Place[]> {
    const tables = await query<{ name: string }[]>(
      database,
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    )
    return Promise.all(
      tables.map(async ({ name }) => {
        const all = await query<{ text: string }[]>(
          database,
          `select row_to_json(t)::text as text from ${name} t`,
        )
        return { name, text: all.map(({ text }) => text).join('\n') }
      }),
    )
  }
  return { database, call, everywhere }
}

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
    API_KEY_PEPPER: canary('a-pepper'),
    API_KEY_PEPPER_PREVIOUS: canary('pepper-before'),
    STRIPE_SECRET_KEY: canary('sk_test_'),
    STRIPE_WEBHOOK_SECRET: canary('whsec_'),
    STRIPE_WEBHOOK_SECRET_PREVIOUS: canary('whsec_before'),
  }
  tried.trials = Object.keys(secrets).length
  const redisPassword = randomBytes(18).toString('hex')
  const { database, call, everywhere } = await startWatched(t, {
    ...secrets,
    // Nobody answers there: whoever reports that must not say by which URL or key.
    REDIS_URL: `redis://:${redisPassword}@127.0.0.1:1`,
    STRIPE_API_BASE: 'http://127.0.0.1:1',
    CHECKOUT_ORIGINS: 'https://app.example.com',
  })
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
  const everySecret: Record<string, string> = {
    ...secrets,
    'the API key': apiKey,
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
          cookie: `token=${inUrl}`,
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
  await query(database, 'alter table customers rename column email to gone')
  for (const path of ['/api/customers', `/api/customers/${customer.customer_id}`]) {
    assert.equal((await call('GET', path, admin)).status, 500)
  }

  const places = await everywhere()
  const log = places.find(({ name }) => name === 'the log')?.text ?? ''
  assert.match(log, /Unauthorized request: invalid\/missing X-INTERNAL-TOKEN/)
  assert.match(log, /Request failed/)
  assert.match(log, /Authorized request for user ada with valid internal token/)
  assert.ok(places.some(({ name, text }) => name.includes('audit_records') && text.length > 100))

  const ended = log.split('\n').filter((line) => line.includes('Authorized request'))
  const actors = ended.map((line) => (JSON.parse(line) as { actor?: string }).actor ?? 'nobody')
  assert.deepEqual(
    actors.filter((actor) => !actor.startsWith('internal:')),
    [],
    'only of who has shown a token',
  )
  const pem = readFileSync(process.env['TEST_KEY_PATH'] ?? '', 'utf8').split('\n')
  const hidden: Record<string, string> = {
    ...everySecret,
    'the password of Redis': redisPassword,
    'the password of the database': new URL(database.url).password,
    'the signing key': pem[3] ?? '',
  }
  // The one answer that shows a key is the one that made it.
  assertAbsent(
    places.filter(({ text }) => !text.includes(made.text)),
    hidden,
  )
})
