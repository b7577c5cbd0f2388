import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scope } from '../../../src/auth/scope.ts'
import { REFUSALS, type RefusalCode } from '../../../src/refusals/index.ts'
import { counts } from '../../support/counts.ts'
import { type TestCustomer, createCustomer } from '../../support/customers.ts'
import { type Header, JSON_TYPE } from '../../support/hostile.ts'
import { type RawAnswer, callRaw, sendRaw } from '../../support/raw-socket.ts'
import { assertRefused } from '../../support/refusals.ts'
import { type RegisteredRoute, collectRoutes } from '../../support/routes.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, type Service, startService } from '../../support/service.ts'
import { stripeSignature } from '../../support/stripe-events.ts'
import { assertNothingWritten } from '../../support/tables.ts'

/** No parameter's name or value may be like these; some are no parameter but another path. */
const SEGMENTS = [
  '%00',
  'a%00b',
  '%0d%0a',
  '%2e%2e%2fhealth',
  ';x=2',
  '%zz',
  '%c0%af',
  '%20',
].concat('%E2%80%AE', '%F0%9F%98%80', 'a'.repeat(1_025), '..%5c..', '%2f', '*', "'--", '%3Cb%3E')

type Body = string | Buffer

/** What no call takes as its body, whatever its schema. */
const BODIES: Record<string, [body: Body, headers?: Header[]]> = {
  null: ['null'],
  'a number': ['5'],
  'a string': ['"x"'],
  'an array': ['[]'],
  'an array of objects': ['[{}]'],
  'cut short': ['{"a":'],
  'a trailing comma': ['{"a":1,}'],
  'a comment': ['{}//'],
  'two documents': ['{}{}'],
  'a byte order mark': ['\uFEFF{}'],
  'too deep': ['{"a":'.repeat(100_000)],
  'an array too deep': [`{"a":${'['.repeat(100_000)}`],
  'an unknown field': ['{"unknown_field":1}'],
  'a prototype': ['{"__proto__":{"isAdmin":true}}'],
  'a constructor': ['{"constructor":{"prototype":{"isAdmin":true}}}'],
  'a key given twice': ['{"a":1,"a":1}'],
  'a number that would be rounded': ['{"a":9007199254740993}'],
  'a number beyond all': ['{"a":1e999}'],
  'no number': ['{"a":NaN}'],
  'a number of 65 characters': [`{"a":1.${'0'.repeat(63)}}`],
  'a long fraction': [`{"a":1.${'0'.repeat(65_000)}1}`],
  'a long integer': [`{"a":${'9'.repeat(65_000)}}`],
  'a long exponent': [`{"a":1e${'0'.repeat(65_000)}1}`],
  'many numbers': [`{"a":[${'1,'.repeat(32_000)}1]}`],
  'many keys': [`{${Array.from({ length: 6_000 }, (_, index) => `"k${index}":1`).join()}}`],
  'many lists': [`{"a":[${'[],'.repeat(21_000)}1]}`],
  'many backslashes': [`{"a":"${'\\\\'.repeat(16_000)}"}`],
  'many escapes': [`{"a":"${'\\u0061'.repeat(10_000)}"}`],
  'space without end': [`{"a":${' '.repeat(65_000)}1}`],
  'NUL in a text': ['{"a":"\\u0000"}'],
  'half of a surrogate pair': ['{"a":"\\ud800"}'],
  'invalid UTF-8': [Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
  'an overlong encoding': [Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  'a form': ['a=1', [['content-type', 'application/x-www-form-urlencoded']]],
  XML: ['<a/>', [['content-type', 'text/xml']]],
  'plain text': ['{}', [['content-type', 'text/plain']]],
  'UTF-16': ['{}', [['content-type', 'application/json; charset=utf-16']]],
  compressed: ['{}', [JSON_TYPE, ['content-encoding', 'gzip']]],
}

const routes = collectRoutes()

function credentialOf(scope: Scope | undefined, customer: TestCustomer, body: Body): Header[] {
  const credentials: Partial<Record<Scope, Header>> = {
    customer: ['x-api-key', customer.apiKey],
    admin: ['authorization', `Bearer ${ADMIN_TOKEN}`],
    internal: ['x-internal-token', INTERNAL_TOKEN],
    stripe: ['stripe-signature', stripeSignature(body)],
  }
  const own = scope && credentials[scope]
  return own === undefined ? [] : [own]
}

function assertRefusal(answer: RawAnswer, about: string): void {
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}: ${about}`)
  const code: string = answer.body.code
  assert.ok(code in REFUSALS, about)
  assertRefused(answer, code as RefusalCode, about)
  assert.doesNotMatch(answer.text, /prototype|unexpected token|\.ts|node_modules/i, about)
}

test('the catalogue of hostile input is refused by every route, and changes nothing', async (t) => {
  const tried = counts(t, {
    promise: '9',
    what: 'The catalogue of hostile input, on every route',
    trials: 0,
  })
  const service = await startService(t)
  const customer = await createCustomer(service)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const parameters: Record<string, string> = {
    customer_id: customer.customerId,
    key_id: customer.keyId,
    user_id: 'ada',
    plan_id: 'starter',
    license_id: 'lic_0000000000000000',
  }
  const callers = routes().filter(({ method, url }) => method !== 'HEAD' && url !== '*')
  assert.ok(callers.length > 40)
  for (const route of callers) {
    tried.trials += Object.keys(BODIES).length + SEGMENTS.length
    await t.test(`${route.method} ${route.url}`, () =>
      assertNothingWritten(service.database, async () => {
        await hostilePaths(service, route, parameters, customer)
        if (!route.url.includes('*')) await hostileBodies(service, route, parameters, customer)
        await otherMethods(service, route, parameters, callers)
      }),
    )
  }
})

async function hostilePaths(
  service: Service,
  { method, url, scope }: RegisteredRoute,
  parameters: Record<string, string>,
  customer: TestCustomer,
): Promise<void> {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name)
  for (const hostile of names) {
    for (const segment of SEGMENTS) {
      const path = url.replaceAll(/:(\w+)/g, (_match, name: string) =>
        name === hostile ? segment : (parameters[name] ?? 'x'),
      )
      const credential = credentialOf(scope, customer, '')
      const answer = await callRaw(service.origin, method, path, credential)
      assertRefusal(answer, `${method} ${path.slice(0, 100)}`)
    }
  }
}

/** Whatever else is sent with it, a method that a path does not take is a 405, and an unknown path a 404. */
async function otherMethods(
  service: Service,
  { url }: RegisteredRoute,
  parameters: Record<string, string>,
  callers: readonly RegisteredRoute[],
): Promise<void> {
  const path = url.replaceAll(/:(\w+)/g, (_match, name: string) => parameters[name] ?? 'x')
  const isTaken = callers.some((route) => route.url === url && route.method === 'PATCH')
  const body = `{"a":1.${'0'.repeat(65_000)}1}`
  if (!isTaken) {
    const answer = await callRaw(service.origin, 'PATCH', path, [JSON_TYPE], body)
    assertRefused(answer, 'METHOD_NOT_ALLOWED', path)
  }
  if (url.includes('*')) return
  const answer = await callRaw(service.origin, 'POST', `/nowhere${path}`, [JSON_TYPE], body)
  assertRefused(answer, 'NOT_FOUND', path)
}

async function hostileBodies(
  service: Service,
  { method, url, scope }: RegisteredRoute,
  parameters: Record<string, string>,
  customer: TestCustomer,
): Promise<void> {
  const path = url.replaceAll(/:(\w+)/g, (_match, name: string) => parameters[name] ?? 'x')
  // A GET may be sent with a body, but nothing reads it.
  if (method === 'GET') return
  const send = (body: Body, headers: Header[]) =>
    callRaw(
      service.origin,
      method,
      path,
      [...credentialOf(scope, customer, body), ...headers],
      body,
    )
  for (const [about, [body, headers = [JSON_TYPE]]] of Object.entries(BODIES)) {
    // Stripe's bytes are what was signed, whatever they are called.
    if (scope === 'stripe' && typeof body === 'string' && headers[0] !== JSON_TYPE) continue
    assertRefusal(await send(body, headers), `${method} ${path}: ${about}`)
  }
  // Refused by what it says of its length: the rest need not be sent.
  const bytes = path.endsWith('/batch') ? 4_194_305 : scope === 'stripe' ? 1_048_577 : 65_537
  const all: Header[] = [...credentialOf(scope, customer, ''), JSON_TYPE]
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const head = `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${lines}`
  const [answer] = await sendRaw(service.origin, `${head}content-length: ${bytes}\r\n\r\n{`)
  assert.ok(answer)
  assertRefused(answer, 'PAYLOAD_TOO_LARGE', `${method} ${path}: too large`)
}
