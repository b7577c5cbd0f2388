import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Header, JSON_TYPE, addressRecorded, startTarget } from '../../support/hostile.ts'
import { callRaw } from '../../support/raw-socket.ts'
import { assertRefused } from '../../support/refusals.ts'
import { ADMIN_TOKEN, type Service, startService } from '../../support/service.ts'
import { assertNothingWritten, query } from '../../support/tables.ts'

const ADMIN: Header = ['authorization', `Bearer ${ADMIN_TOKEN}`]

async function actsFrom(service: Service, headers: Header[]): Promise<string | null> {
  const { body } = await service.asAdmin('GET', '/api/customers')
  return addressRecorded(service, `/api/customers/${body.data[0].customer_id}`, headers)
}

test('only a trusted proxy may say where a call comes from', async (t) => {
  const target = await startTarget(t)
  const forged: Header[] = [
    ['x-forwarded-for', '203.0.113.7'],
    ['x-real-ip', '203.0.113.7'],
    ['forwarded', 'for=203.0.113.7'],
    ['x-forwarded-host', 'evil.example'],
    ['x-forwarded-proto', 'https'],
    ['x-user-id', 'eve'],
  ]
  assert.equal(await actsFrom(target, forged), '127.0.0.1')

  const other = await startService(t, { TRUST_PROXY: '10.0.0.0/8' }, target.database)
  assert.equal(await actsFrom(other, forged), '127.0.0.1')

  const behind = await startService(t, { TRUST_PROXY: '127.0.0.0/8' }, target.database)
  assert.equal(await actsFrom(behind, forged), '203.0.113.7')
  // What the client wrote itself stands to the left of what the proxy saw.
  const lying: Header[] = [['x-forwarded-for', '198.51.100.1, 203.0.113.7']]
  assert.equal(await actsFrom(behind, lying), '203.0.113.7')
})

test('X-User-ID and the like open nothing', async (t) => {
  const target = await startTarget(t)
  const names = ['x-user-id', 'x-customer-id', 'x-forwarded-user', 'x-admin', 'x-original-url']
  const headers = names.map((name): Header => [name, target.customer.customerId])
  for (const [path, code] of [
    ['/api/me', 'UNAUTHORIZED'],
    ['/api/customers', 'UNAUTHORIZED'],
    ['/balance/ada', 'FORBIDDEN'],
  ] as const) {
    const all: Header[] = [
      ...headers,
      ['x-forwarded-for', '127.0.0.1'],
      ['x-http-method-override', 'GET'],
    ]
    assertRefused(await callRaw(target.origin, 'GET', path, all), code, path)
  }
})

test('a request id is taken over if it is short and plain, and else replaced', async (t) => {
  const service = await startService(t)
  const given = async (...ids: string[]) => {
    const headers = ids.map((id): Header => ['x-request-id', id])
    return (await callRaw(service.origin, 'GET', '/health/live', headers)).headers.get(
      'x-request-id',
    )
  }
  assert.equal(await given('trace-0123.abc_DEF'), 'trace-0123.abc_DEF')
  const hostile = [
    '',
    'short',
    'a b c d e f',
    'x'.repeat(65),
    'x'.repeat(10_240),
    '<script>alert(1)</script>',
  ]
  for (const id of [...hostile, 'caf\xe9caf\xe9', '${jndi:ldap://evil}']) {
    assert.match((await given(id)) ?? '', /^[0-9a-f-]{36}$/, id.slice(0, 30))
  }
  assert.match((await given('first-of-two', 'second-of-two')) ?? '', /^[0-9a-f-]{36}$/)
})

function allowHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'))
}

test('a browser on an origin that is not listed gets no allow header', async (t) => {
  const service = await startService(t, { CORS_ORIGINS: 'https://app.example.com' })
  const closed = await startService(t, {}, service.database)
  const origins = [
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com/',
    'http://app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https://APP.example.com',
    '*',
    '',
  ]
  const asked = [['access-control-request-method', 'POST']] as const
  for (const origin of origins) {
    for (const [method, headers] of [
      ['GET', []],
      ['OPTIONS', asked],
    ] as const) {
      const all: Header[] = [['origin', origin], ...headers]
      const answer = await callRaw(service.origin, method, '/health/live', all)
      assert.deepEqual(allowHeaders(answer.headers), [], `${method} ${origin}`)
      assert.match(answer.headers.get('vary') ?? '', /origin/i)
    }
  }
  const own: Header[] = [['origin', 'https://app.example.com']]
  const unlisted = await callRaw(closed.origin, 'GET', '/health/live', own)
  assert.deepEqual(allowHeaders(unlisted.headers), [])

  const simple = await callRaw(service.origin, 'GET', '/health/live', own)
  assert.equal(simple.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.equal(simple.headers.has('access-control-allow-credentials'), false)
  // A page that polls licences sends back the etag of the last answer.
  const exposed = simple.headers.get('access-control-expose-headers') ?? ''
  assert.ok(exposed.split(', ').includes('etag'), exposed)
  const preflight = await callRaw(service.origin, 'OPTIONS', '/api/licenses', [
    ...own,
    ['access-control-request-method', 'GET'],
    ['access-control-request-headers', 'if-none-match,x-api-key'],
  ])
  const allowed = preflight.headers.get('access-control-allow-headers') ?? ''
  assert.ok(allowed.split(', ').includes('if-none-match'), allowed)
  // A browser must be able to read a refusal too.
  const refused = await callRaw(service.origin, 'GET', '/api/me', own)
  assert.equal(refused.headers.get('access-control-allow-origin'), 'https://app.example.com')
})

test('a preflight runs no handler, whoever asks and whatever it carries', async (t) => {
  const service = await startService(t, { CORS_ORIGINS: 'https://app.example.com' })
  await assertNothingWritten(service.database, async () => {
    for (const origin of ['https://app.example.com', 'https://evil.example']) {
      const headers: Header[] = [
        ADMIN,
        ['origin', origin],
        ['access-control-request-method', 'POST'],
      ]
      const body = '{"email":"ada@example.com"}'
      const all = [...headers, JSON_TYPE]
      const answer = await callRaw(service.origin, 'OPTIONS', '/api/customers', all, body)
      if (origin === 'https://evil.example') assertRefused(answer, 'METHOD_NOT_ALLOWED')
      else assert.deepEqual([answer.status, answer.text], [204, ''])
    }
    const plain = await callRaw(service.origin, 'OPTIONS', '/api/customers', [ADMIN])
    assertRefused(plain, 'METHOD_NOT_ALLOWED')
    assert.equal(plain.headers.get('allow'), 'GET, HEAD, POST')
    assertRefused(await callRaw(service.origin, 'OPTIONS', '*'), 'NOT_FOUND')
  })
})

test('a fault of our own shows nothing of its cause', async (t) => {
  const target = await startTarget(t)
  await query(target.database, 'alter table customers rename column email to canary_6b1f')
  const calls: [method: string, path: string, body?: string][] = [
    ['GET', '/api/customers'],
    ['GET', `/api/customers/${target.customer.customerId}`],
    ['PATCH', `/api/customers/${target.customer.customerId}`, '{"company_name":"Engines"}'],
    ['POST', '/api/customers', '{"email":"canary-6b1f@example.com"}'],
  ]
  for (const [method, path, body] of calls) {
    const options = body === undefined ? {} : { headers: [JSON_TYPE], body }
    const answer = await target.send(method, path, options)
    assertRefused(answer, 'INTERNAL_ERROR', `${method} ${path}`)
    assert.doesNotMatch(answer.text, /canary|customers|select|column|\.ts/i)
  }
})
