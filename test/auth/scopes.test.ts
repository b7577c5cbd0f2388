import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import { checksum62, randomBase62 } from '../../src/encoding/ids.ts'
import type { RefusalCode } from '../../src/refusals/index.ts'
import { createCustomer, keyIdOf, me } from '../support/customers.ts'
import { callRaw, openSocket, readToEnd } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

type Headers = [name: string, value: string][]
type Cause = [name: string, headers: Headers, query?: string]

/** What is wrong with any header that carries one secret; `prefix` is the scheme, if it has one. */
function commonCauses(header: string, prefix: string, secret: string): Cause[] {
  const good = prefix + secret
  const swapped = secret.replace(/[a-z]/gi, (c) => (c < 'a' ? c.toLowerCase() : c.toUpperCase()))
  return [
    ['none', []],
    ['empty', [[header, '']]],
    ['scheme alone', [[header, prefix.trim()]]],
    ['scheme and a space', [[header, prefix]]],
    ['two spaces', [[header, `${prefix} ${secret} x`]]],
    ['a word behind it', [[header, `${good} x`]]],
    ['quoted', [[header, `${prefix}"${secret}"`]]],
    [
      'twice',
      [
        [header, good],
        [header, good],
      ],
    ],
    [
      'a wrong one in front',
      [
        [header, `${prefix}wrong`],
        [header, good],
      ],
    ],
    [
      'a wrong one behind',
      [
        [header, good],
        [header, `${prefix}wrong`],
      ],
    ],
    ['twice in one header', [[header, `${good}, ${good}`]]],
    ['in the query', [], `?${header}=${secret}&token=${secret}&api_key=${secret}&key=${secret}`],
    ['in a cookie', [['cookie', `${header}=${secret}`]]],
    ['10 KB', [[header, prefix + 'a'.repeat(10_240)]]],
    ['the first half', [[header, good.slice(0, -secret.length / 2)]]],
    ['one character more', [[header, `${good}a`]]],
    ['case changed', [[header, prefix + swapped]]],
    ['non-ASCII', [[header, `${prefix}caf\xe9`]]],
    ['a no-break space behind', [[header, `${good}\xa0`]]],
    ['undefined', [[header, `${prefix}undefined`]]],
  ]
}

/** Every cause meets the same answer, byte for byte and header for header but for the request. */
async function assertIndistinguishable(
  service: Service,
  path: string,
  code: RefusalCode,
  causes: Cause[],
): Promise<void> {
  const seen = new Map<string, string>()
  for (const [cause, headers, search = ''] of causes) {
    const answer = await callRaw(service.origin, 'GET', path + search, headers)
    assertRefused(answer, code, cause)
    const { request_id } = answer.body
    const all = [...answer.headers].filter(([name]) => name !== 'date')
    seen.set(cause, JSON.stringify([all, answer.text]).replaceAll(request_id, 'any'))
  }
  for (const [cause, answer] of seen) assert.equal(answer, seen.get('none'), cause)
}

test('the admin scope gives one 401 for every cause', async (t) => {
  const service = await startService(t)
  await assertIndistinguishable(service, '/api/customers', 'UNAUTHORIZED', [
    ...commonCauses('authorization', 'Bearer ', ADMIN_TOKEN),
    ['no scheme', [['authorization', ADMIN_TOKEN]]],
    ['wrong scheme', [['authorization', `Basic ${ADMIN_TOKEN}`]]],
    ['as user and password', [['authorization', `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}`]]],
    ['two spaces only', [['authorization', `Bearer  ${ADMIN_TOKEN}`]]],
    ['a tab', [['authorization', `Bearer\t${ADMIN_TOKEN}`]]],
    ['the internal token', [['authorization', `Bearer ${INTERNAL_TOKEN}`]]],
  ])
  const { headers } = await service.call('GET', '/api/customers')
  assert.equal(headers.get('www-authenticate'), 'Bearer realm="strongroom"')
})

test('the internal scope gives one 403 for every cause', async (t) => {
  const service = await startService(t)
  await assertIndistinguishable(service, '/account/ada', 'FORBIDDEN', [
    ...commonCauses('x-internal-token', '', INTERNAL_TOKEN),
    ['a scheme', [['x-internal-token', `Bearer ${INTERNAL_TOKEN}`]]],
    ['the admin token', [['x-internal-token', ADMIN_TOKEN]]],
  ])
})

test('the customer scope gives one 401 for every cause', async (t) => {
  const service = await startService(t)
  const ada = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  const keys = `/api/customers/${ada.customerId}/api-keys`
  const issue = async (): Promise<string> => (await service.asAdmin('POST', keys, {})).body.api_key
  const [revoked, expired] = [await issue(), await issue()]
  assert.deepEqual(
    [(await me(service, revoked)).status, (await me(service, expired)).status],
    [200, 200],
  )
  assert.equal((await me(service, bob.apiKey)).status, 200)
  await service.asAdmin('DELETE', `${keys}/${keyIdOf(revoked)}`)
  await query(service.database, 'update api_keys set expires_at = now() where id = $1', [
    keyIdOf(expired),
  ])
  await service.asAdmin('PATCH', `/api/customers/${bob.customerId}`, { status: 'suspended' })
  // On this replica the keys are known; on that one they never were.
  const replica = await startService(t, {}, service.database)

  const secret = ada.apiKey.slice(30, -6)
  const causes: Cause[] = [
    ...commonCauses('x-api-key', '', ada.apiKey),
    ...(
      [
        ['bad checksum', `${ada.apiKey.slice(0, -6)}000000`],
        ['unknown customer', newApiKey(`cust_${randomBase62(16)}`).apiKey],
        ['unknown key', newApiKey(ada.customerId).apiKey],
        ['wrong secret', checked(`${ada.customerId}_${ada.keyId}${randomBase62(32)}`)],
        ["another customer's id", checked(`${bob.customerId}_${ada.keyId}${secret}`)],
        ['revoked', revoked],
        ['expired', expired],
        ['suspended customer', bob.apiKey],
        ['in quotes of SQL', "' or 1=1 --"],
      ] as const
    ).map(([cause, key]): Cause => [cause, [['x-api-key', key]]]),
    ['as bearer token', [['authorization', `Bearer ${ada.apiKey}`]]],
  ]
  // Nothing but time makes the first replica forget a key it knows, at most half a second.
  await untilRefused(service, revoked, expired, bob.apiKey)
  await assertIndistinguishable(service, '/api/me', 'UNAUTHORIZED', causes)
  await assertIndistinguishable(replica, '/api/me', 'UNAUTHORIZED', causes)
  assert.equal((await me(service, ada.apiKey)).status, 200)
  const { headers } = await service.call('GET', '/api/me')
  assert.equal(headers.get('www-authenticate'), 'ApiKey realm="strongroom"')
})

function checked(unchecked: string): string {
  return unchecked + checksum62(unchecked)
}

async function untilRefused(service: Service, ...apiKeys: string[]): Promise<void> {
  const deadline = Date.now() + 1_000
  for (const apiKey of apiKeys) {
    while ((await me(service, apiKey)).status !== 401) assert.ok(Date.now() < deadline)
  }
}

test('the credential is checked before the body is read', async (t) => {
  const service = await startService(t)
  const calls: [path: string, code: RefusalCode][] = [
    ['/api/customers', 'UNAUTHORIZED'],
    ['/account', 'FORBIDDEN'],
    ['/deduct', 'FORBIDDEN'],
    ['/api/webhooks/stripe', 'INVALID_SIGNATURE'],
  ]
  const json: [string, string] = ['content-type', 'application/json']
  const bodies: [name: string, headers: Headers, body?: string][] = [
    ['no body', []],
    ['no body of JSON', [json]],
    ['a broken body', [json], '{"'],
    ['a body of the wrong type', [['content-type', 'text/plain']], 'x'],
    ['a malformed content type', [['content-type', 'application/json; charset=utf-16']], '{}'],
    ['a compressed body', [json, ['content-encoding', 'gzip']], '{}'],
    ['a body that is valid', [json], '{"email":"ada@example.com"}'],
  ]
  for (const [path, code] of calls) {
    for (const [about, headers, body] of bodies) {
      const answer = await callRaw(service.origin, 'POST', path, headers, body)
      assertRefused(answer, code, `${path}: ${about}`)
    }
    // A body over the limit that never comes: whoever waited for it would answer late.
    const socket = await openSocket(service.origin)
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n` +
        'content-type: application/json\r\ncontent-length: 100000000\r\n\r\n{',
    )
    const [answer] = await readToEnd(socket)
    assert.ok(answer)
    assertRefused(answer, code, `${path}: a body too large`)
  }
})

test('a token that is unset or empty closes its scope', async (t) => {
  for (const empty of [undefined, '', '   ']) {
    const service = await startService(t, {
      ADMIN_API_TOKEN: empty,
      INTERNAL_SERVICE_TOKEN: empty,
    })
    for (const token of ['', ' ', 'undefined', 'null', 'false', ADMIN_TOKEN, INTERNAL_TOKEN]) {
      const admin: Headers = [['authorization', `Bearer ${token}`]]
      assertRefused(await callRaw(service.origin, 'GET', '/api/customers', admin), 'UNAUTHORIZED')
      const internal: Headers = [['x-internal-token', token]]
      assertRefused(await callRaw(service.origin, 'GET', '/account/ada', internal), 'FORBIDDEN')
    }
  }
})

test('while a rotation lasts the token before is accepted too, and in its own scope only', async (t) => {
  const before = { admin: 'admin-token-before-the-rotation', internal: 'internal-token-before-it' }
  const service = await startService(t, {
    ADMIN_API_TOKEN_PREVIOUS: before.admin,
    INTERNAL_SERVICE_TOKEN_PREVIOUS: before.internal,
  })
  const asAdmin = (token: string) =>
    service.call('GET', '/api/customers', { headers: { authorization: `Bearer ${token}` } })
  const asInternal = (token: string) =>
    service.call('GET', '/account/ada', { headers: { 'x-internal-token': token } })

  assert.equal((await asAdmin(ADMIN_TOKEN)).status, 200)
  assert.equal((await asAdmin(before.admin)).status, 200)
  assertRefused(await asInternal(INTERNAL_TOKEN), 'ACCOUNT_NOT_FOUND')
  assertRefused(await asInternal(before.internal), 'ACCOUNT_NOT_FOUND')
  assertRefused(await asAdmin(before.internal), 'UNAUTHORIZED')
  assertRefused(await asInternal(before.admin), 'FORBIDDEN')

  const after = await startService(t, {}, service.database)
  const headers = { authorization: `Bearer ${before.admin}` }
  assertRefused(await after.call('GET', '/api/customers', { headers }), 'UNAUTHORIZED')
})
