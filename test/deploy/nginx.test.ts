import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import {
  BEHIND_NGINX,
  type Call,
  type Nginx,
  SERVER_NAME,
  parsed,
  portOf,
  startNginx,
} from '../support/nginx.ts'
import { eventually } from '../support/processes.ts'
import { rawRequest, readToEnd } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` }
const INTERNAL = { 'x-internal-token': INTERNAL_TOKEN }

async function startBoth(t: TestContext): Promise<{ service: Service; nginx: Nginx }> {
  const service = await startService(t, BEHIND_NGINX)
  return { service, nginx: await startNginx(t, [portOf(service)]) }
}

/** The protocol and cipher that a client and nginx agree on, or the reason why they do not. */
async function handshake(nginx: Nginx, options: ConnectionOptions): Promise<string> {
  const { ca, ports } = nginx
  const socket = connect({
    host: '127.0.0.1',
    port: ports.https,
    servername: SERVER_NAME,
    ca,
    ...options,
  })
  try {
    await once(socket, 'secureConnect')
    return `${socket.getProtocol()} ${socket.getCipher().name}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
  }
}

test('TLS is Mozilla’s intermediate profile, and only for the service’s own name', async (t) => {
  const { nginx } = await startBoth(t)
  assert.match(await handshake(nginx, {}), /^TLSv1\.3 /)
  // Security level 0 lets this client offer what it would otherwise keep to itself.
  const offered = (ciphers: string) =>
    handshake(nginx, {
      ciphers: `${ciphers}:@SECLEVEL=0`,
      maxVersion: 'TLSv1.2',
      minVersion: 'TLSv1',
    })
  for (const cipher of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']) {
    const name = `ECDHE-ECDSA-${cipher}`
    assert.equal(await offered(name), `TLSv1.2 ${name}`)
  }
  const refused = /ALERT_HANDSHAKE_FAILURE|ALERT_PROTOCOL_VERSION/
  for (const cipher of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-SHA']) {
    assert.match(await offered(cipher), refused, cipher)
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { ciphers: 'ALL:@SECLEVEL=0', minVersion: version, maxVersion: version }
    assert.match(await handshake(nginx, old), refused, version)
  }
  const unknown = /UNRECOGNIZED_NAME/
  assert.match(await handshake(nginx, { servername: 'other.example.com' }), unknown)
  assert.match(await handshake(nginx, { servername: '' }), unknown)
})

test('each header comes once, from the service or from nginx', async (t) => {
  const { nginx } = await startBoth(t)
  for (const path of ['/health', '/api/me', '/api/nowhere', '/docs/', '/metrics', '/%ff']) {
    const answer = await nginx.call({ path })
    assert.deepEqual(answer.headerNames, [...new Set(answer.headerNames)], path)
    assert.equal(
      answer.headers.get('strict-transport-security'),
      'max-age=31536000; includeSubDomains',
    )
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src/, path)
    assert.equal(answer.headers.get('server'), 'nginx', path)
    assert.ok(answer.headers.has('x-request-id'), path)
  }
})

test('what is internal is nowhere to be seen from outside, and all of it from inside', async (t) => {
  const { service, nginx } = await startBoth(t)
  const document = await service.call('GET', '/openapi.json')
  const paths = Object.entries(
    document.body.paths as Record<string, Record<string, { security?: object[] }>>,
  )
  let internal = 0
  for (const [path, operations] of paths) {
    for (const [method, { security = [] }] of Object.entries(operations)) {
      const isInternal = path === '/metrics' || security.some((each) => 'InternalToken' in each)
      const wire = path.replace(/\{\w+\}/g, 'some-id')
      const call = { method: method.toUpperCase(), path: wire, headers: { ...ADMIN, ...INTERNAL } }
      const outside = await traced(nginx, nginx.call, call)
      assert.equal(outside.upstream === '', isInternal, `${method} ${path}`)
      if (!isInternal) continue
      internal += 1
      assertRefused(parsed(outside.answer), 'NOT_FOUND', path)
      const inside = await traced(nginx, nginx.callInternally, call)
      assert.notEqual(inside.answer.status, 403, path)
      assert.notEqual(inside.upstream, '', path)
    }
  }
  assert.ok(internal > 10, `${internal} internal calls`)
})

/** A call, and the address of the server that nginx asked for its answer: none for its own. */
async function traced(nginx: Nginx, send: Nginx['call'], call: Call) {
  const entries = () => nginx.log().split('\n').slice(0, -1)
  const before = entries().length
  const answer = await send(call)
  // It is written after the answer.
  const isWritten = await eventually(() => entries().length > before, 5_000)
  assert.ok(isWritten, `nothing is logged of ${call.path}`)
  const { upstream } = JSON.parse(entries().at(-1) ?? '') as { upstream: string }
  return { answer, upstream }
}

test('no way of writing an internal path gets it through', async (t) => {
  const { nginx } = await startBoth(t)
  const spellings = `
    /deduct //deduct /./deduct /%64educt /deduct/ /DEDUCT /deduct?/api/ /docs%2f../deduct
    /api/../deduct /api/%2e%2e/deduct /api/..%2fdeduct /api%2f..%2fdeduct /%61pi/me
    /account/..%2fapi/transfers /account/..%2f..%2fapi/me
    /health/../metrics /metrics/ /health%2f..%2fmetrics /metrics;/api/
    http://billing.example.com/deduct http://billing.example.com/api/../metrics`
  for (const path of spellings.trim().split(/\s+/)) {
    const call = { method: 'POST', path, headers: INTERNAL, body: '{}' }
    const { answer: raw, upstream } = await traced(nginx, nginx.call, call)
    const answer = parsed(raw)
    // What does begin with /api/ may go on: the service has nothing else under it.
    if (upstream === '') assert.ok([400, 404].includes(answer.status), path)
    else assertRefused(answer, 'NOT_FOUND', path)
  }
})

test('the client’s address is its own, whatever it says', async (t) => {
  const { service, nginx } = await startBoth(t)
  const spoofed = {
    'x-forwarded-for': '203.0.113.9',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9',
  }
  const answer = await nginx.call({
    method: 'POST',
    path: '/api/customers',
    headers: { ...ADMIN, ...spoofed },
    body: '{"email":"ada@example.com"}',
    localAddress: '127.0.0.7',
  })
  assert.equal(answer.status, 201)
  const sql = postgres(service.database.adminUrl, socketHost(service.database.adminUrl))
  const rows = await sql<{ ip: string }[]>`
    select value as ip from audit_records join audit_personal on commitment = ip
    where event = 'customer.created'`
  await sql.end()
  assert.deepEqual([...rows], [{ ip: '127.0.0.7' }])
  assert.ok(!nginx.log().includes('127.0.0.7'))
})

test('a webhook arrives byte for byte', async (t) => {
  const { service, nginx } = await startBoth(t)
  for (const filler of ['', ' \u{1f511}'.repeat(100_000)]) {
    const id = `evt_${randomUUID()}`
    const body = `${JSON.stringify(stripeEvent({ id }))}\n${filler.replace(/\S/gu, ' ')}`
    const answer = await nginx.call({
      method: 'POST',
      path: '/api/webhooks/stripe',
      headers: { 'stripe-signature': stripeSignature(body) },
      body,
    })
    assert.equal(answer.status, 200, answer.body)
  }
  const sql = postgres(service.database.adminUrl, socketHost(service.database.adminUrl))
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from stripe_events`
  await sql.end()
  assert.equal(row?.count, 2)
})

test('nginx refuses in the service’s own shape', async (t) => {
  const { nginx } = await startBoth(t)
  const big = (bytes: number) => JSON.stringify({ email: 'x'.repeat(bytes) })
  const post = (path: string, body: string) =>
    nginx.call({ method: 'POST', path, headers: ADMIN, body }).then(parsed)
  assertRefused(await post('/api/customers', big(65_536)), 'PAYLOAD_TOO_LARGE')
  assertRefused(await post('/api/usage/report/batch', big(4_194_304)), 'PAYLOAD_TOO_LARGE')
  assertRefused(await post('/api/webhooks/stripe', big(1_048_576)), 'PAYLOAD_TOO_LARGE')

  const secret = 'x'.repeat(10_000)
  const long = (headers: Record<string, string>) => nginx.call({ path: '/api/me', headers })
  assertRefused(parsed(await long({ 'x-api-key': secret })), 'UNAUTHORIZED')
  assertRefused(parsed(await long({ 'x-api-key': secret.repeat(2) })), 'HEADERS_TOO_LARGE')
  assert.equal(
    parsed(await nginx.call({ path: `/api/${secret.repeat(2)}` })).body.code,
    'URI_TOO_LONG',
  )

  for (const bytes of [
    'GET /%zz HTTP/1.1\r\n\r\n',
    'nonsense\r\n\r\n',
    rawRequest('GET', '/%00'),
  ]) {
    const socket = await openTls(nginx)
    socket.write(bytes)
    const [answer] = await readToEnd(socket)
    assertRefused(answer ?? assert.fail('no answer'), 'BAD_REQUEST', String(bytes))
  }
})

async function openTls({ ca, ports }: Nginx) {
  const socket = connect({ host: '127.0.0.1', port: ports.https, servername: SERVER_NAME, ca })
  await once(socket, 'secureConnect')
  return socket
}

test('a flood from one address is a 429 there and nowhere else', async (t) => {
  const { nginx } = await startBoth(t)
  const call = (localAddress: string) => nginx.call({ path: '/health/live', localAddress })
  const flood = await Promise.all(Array.from({ length: 200 }, () => call('127.0.0.8')))
  const refused = flood.filter(({ status }) => status === 429)
  assert.ok(refused.length > 0)
  assertRefused(parsed(refused[0] ?? assert.fail()), 'RATE_LIMITED')
  assert.equal(refused[0]?.headers.get('retry-after'), '1')
  assert.equal((await call('127.0.0.9')).status, 200)
})

test('a flood from many addresses of one IPv6 network is one caller’s', async (t) => {
  const service = await startService(t, BEHIND_NGINX)
  // As behind a load balancer: the address is the one that it names.
  const behind = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;'
  const nginx = await startNginx(t, [portOf(service)], behind)
  const call = (address: string) =>
    nginx.call({ path: '/health/live', headers: { 'x-forwarded-for': address } })
  const statusesOf = async (addresses: (n: number) => string) => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => call(addresses(n))))
    return new Set(answers.map(({ status }) => status))
  }
  assert.deepEqual(
    await statusesOf((n) => `2001:db8:0:1:${(n * 257).toString(16)}:1:2:${n}`),
    new Set([200, 429]),
  )
  // The networks beside it, and each address of IPv4 however it is written, have limits of their own.
  for (const other of ['2001:db8:0:2::1', '2001:db8::1', '2001:db8:1:1::1', '::ffff:192.0.2.1']) {
    assert.equal((await call(other)).status, 200, other)
  }
  assert.deepEqual(await statusesOf((n) => `::ffff:198.51.100.${n}`), new Set([200]))
  assert.deepEqual(await statusesOf((n) => `2001:db8:2:${n.toString(16)}::1`), new Set([200]))
})

test('plain HTTP leads to https, and a call that changes something is refused there', async (t) => {
  const { nginx } = await startBoth(t)
  const answer = await nginx.callInPlainText({
    path: '/docs/?a=b',
    headers: { host: 'evil.example' },
  })
  assert.equal(answer.status, 308)
  assert.equal(answer.headers.get('location'), `https://${SERVER_NAME}/docs/?a=b`)
  const post = await nginx.callInPlainText({
    method: 'POST',
    path: '/api/customers',
    headers: ADMIN,
    body: '{}',
  })
  assert.equal(post.status, 403)
  assert.equal(parsed(post).body.code, 'TLS_REQUIRED')
  assert.equal(post.headers.get('strict-transport-security'), null)
})

test('a slow body is cut by the service’s own clock', async (t) => {
  const { nginx } = await startBoth(t)
  const socket = await openTls(nginx)
  const begun = Date.now()
  socket.write(
    `POST /api/customers HTTP/1.1\r\nhost: ${SERVER_NAME}\r\nauthorization: ${ADMIN.authorization}\r\n` +
      'content-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  )
  const drip = setInterval(() => socket.writable && socket.write(' '), 500)
  const answers = await readToEnd(socket).finally(() => clearInterval(drip))
  assert.ok(Date.now() - begun < 30_000)
  assertRefused(answers[0] ?? assert.fail('no answer'), 'REQUEST_TIMEOUT')
})
