import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { examine } from '../../src/doctor/examine.ts'
import { mayGetToken } from '../../src/doctor/service.ts'
import { newAuthority } from '../support/certificates.ts'
import { expect, scene, serve } from '../support/doctor.ts'
import { countRows } from '../support/tables.ts'
import { EVENT_TYPES } from '../../src/stripe/event-types.ts'
import { CAPABILITIES } from '../../src/capabilities.ts'

/** What the tests' own server has switched off, to be fast. */
const OF_THE_TEST_SERVER = ['fsync', 'full_page_writes', 'synchronous_commit', 'wal archive']

test('a sound production has no failure, and looking changes nothing', async (t) => {
  const { look, service } = await scene(t)
  const before = await countRows(service.database)
  const lines = await look()
  for (const [check, line] of lines) {
    if (OF_THE_TEST_SERVER.includes(check)) continue
    assert.notEqual(line.status, 'failure', `${check}: ${line.reason}`)
  }
  const sound =
    'NODE_ENV, ADMIN_API_TOKEN, INTERNAL_SERVICE_TOKEN, METRICS_TOKEN, LICENSE_PRIVATE_KEY_PATH, ' +
    'LOG_LEVEL, .env, git, connection, version, primary, tls, role, clock, migrations, guards, ' +
    'privileges, ledger, audit log, checkpoint copies, api keys, stripe events, jobs, retention, HOST, TRUST_PROXY, ' +
    'CORS_ORIGINS, rate limits, REDIS_URL, stripe, health, security headers, scopes, cors, ' +
    'hostile input'
  for (const check of sound.split(', ')) {
    expect(lines, check, 'pass')
  }
  for (const check of ['firewall', 'advisories', 'encryption at rest', 'incidents', 'https']) {
    expect(lines, check, 'unseen')
  }
  assert.deepEqual(await countRows(service.database), before)
})

test('a running service that is open, bare or a stranger is a failure', async (t) => {
  const { look, env, folder } = await scene(t)
  const answers = { status: 200, body: '{"status":"ok","version":"0.0.1"}' }
  const other = await serve(t, (_request, response) => {
    response.writeHead(answers.status, { 'access-control-allow-origin': '*' }).end(answers.body)
  })
  const at = async (url: string) => {
    const examined = await examine(env, { folder, url }, CAPABILITIES)
    return new Map(examined.flatMap(({ lines }) => lines.map((line) => [line.check, line])))
  }
  const open = await at(other)
  expect(open, 'health', 'warning', /version 0\.0\.1 answers/)
  expect(open, 'security headers', 'failure', /content-security-policy.*nosniff|x-content-type/)
  expect(open, 'scopes', 'failure', /GET \/api\/customers \(200\)/)
  expect(open, 'cors', 'failure')
  expect(open, 'hostile input', 'failure', /200/)
  answers.body = 'hello'
  expect(await at(other), 'health', 'failure', /not Strongroom/)
  expect(await at('http://127.0.0.1:1'), 'service', 'failure')
  expect(await look(), 'health', 'pass')
})

test('the internal token goes in plain text to this machine alone', () => {
  for (const [origin, may] of [
    ['https://billing.example.com', true],
    ['http://localhost:3100', true],
    ['http://LOCALHOST:3100', true],
    ['http://127.0.0.1:3100', true],
    ['http://[::1]:3100', true],
    ['http://localhost.example.com', false],
    ['http://localhost-2:3100', false],
    ['http://localhost@example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://127.example.com', false],
    ['http://10.0.0.1:3100', false],
  ] as const) {
    assert.equal(mayGetToken(origin), may, origin)
  }
})

test('a certificate that nobody should trust is the reason why nothing answers', async (t) => {
  const { env, folder } = await scene(t)
  const { certificate: cert, key } = newAuthority('nobody').identify('localhost')
  const server = createServer({ cert, key }, (_request, response) => response.end())
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const examined = await examine(env, { folder, url: `https://localhost:${port}` }, CAPABILITIES)
  const lines = examined.flatMap((group) => group.lines)
  const found = new Map(lines.map((line) => [line.check, line]))
  expect(found, 'service', 'failure', /nothing answers/)
  expect(found, 'certificate', 'failure', /UNABLE_TO_VERIFY_LEAF_SIGNATURE/)
})

test('Stripe is asked whether it takes the key, and knows where to send what', async (t) => {
  const { look } = await scene(t)
  const all = ['*']
  const endpoint = {
    url: 'https://b.example.com/api/webhooks/stripe',
    status: 'enabled',
    enabled_events: all,
  }
  let answer: { status: number; body: object } = {
    status: 200,
    body: { object: 'list', data: [endpoint] },
  }
  const api = await serve(t, (_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
  const secrets = {
    STRIPE_SECRET_KEY: 'sk_live_of_the_tests_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: 'whsec_of_the_tests_0123456789abcdefghijk',
    STRIPE_API_BASE: api,
  }
  const sound = await look(secrets)
  for (const check of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'reachable', 'endpoint']) {
    expect(sound, check, 'pass')
  }
  expect(sound, 'CHECKOUT_ORIGINS', 'warning')
  const testing = { ...secrets, STRIPE_SECRET_KEY: 'sk_test_of_the_tests_0123456789abcdef' }
  expect(await look(testing), 'STRIPE_SECRET_KEY', 'warning', /test mode/)

  answer = { status: 200, body: { object: 'list', data: [{ ...endpoint, status: 'disabled' }] } }
  expect(await look(secrets), 'endpoint', 'failure', /none that is enabled/)
  answer = {
    status: 200,
    body: { object: 'list', data: [{ ...endpoint, enabled_events: ['invoice.paid'] }] },
  }
  expect(await look(secrets), 'endpoint', 'failure', /does not send .*charge\.refunded/)
  // By several endpoints together; what lacks of the guide's list is named, and nothing else.
  const [first, ...rest] = EVENT_TYPES
  const halves = [rest.slice(0, 9), rest.slice(9)].map((enabled_events) => ({
    ...endpoint,
    enabled_events,
  }))
  answer = { status: 200, body: { object: 'list', data: halves } }
  const lacking = (await look(secrets)).get('endpoint')
  assert.deepEqual([lacking?.status, lacking?.reason], ['failure', `does not send ${first}`])
  halves[0]!.enabled_events.push(first as (typeof rest)[number])
  expect(await look(secrets), 'endpoint', 'pass')
  answer = { status: 401, body: { error: { type: 'invalid_request_error', message: 'Invalid' } } }
  expect(await look(secrets), 'reachable', 'failure', /refuses/)
  answer = { status: 403, body: { error: { type: 'invalid_request_error', message: 'No' } } }
  expect(await look(secrets), 'endpoint', 'unseen')
  expect(await look({ ...secrets, STRIPE_API_BASE: 'http://127.0.0.1:1' }), 'reachable', 'warning')
})
