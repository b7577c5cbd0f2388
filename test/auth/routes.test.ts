import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scope } from '../../src/auth/scope.ts'
import { REFUSALS, type RefusalCode } from '../../src/refusals/index.ts'
import { counts } from '../support/counts.ts'
import { createCustomer } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { collectRoutes } from '../support/routes.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'
import { stripeSignature } from '../support/stripe-events.ts'

/** Everything that needs no credential. Adding a line here opens a route to the world. */
const PUBLIC = [
  '/',
  '/.well-known/events-jwks.json',
  '/.well-known/jwks.json',
  '/api/licenses/revocations',
  '/assets/:name',
  '/console',
  '/console/*',
  '/console/session',
  '/docs',
  '/docs/',
  '/docs/guides/access',
  '/docs/guides/audit',
  '/docs/guides/auto-top-up',
  '/docs/guides/budgets',
  '/docs/guides/bulk',
  '/docs/guides/clients',
  '/docs/guides/concepts',
  '/docs/guides/console',
  '/docs/guides/credits',
  '/docs/guides/errors',
  '/docs/guides/events',
  '/docs/guides/idempotency',
  '/docs/guides/licences',
  '/docs/guides/money',
  '/docs/guides/rotation',
  '/docs/guides/start',
  '/docs/guides/usage',
  '/docs/guides/webhooks',
  '/docs/guides/witnesses',
  '/docs/json',
  '/docs/static/*',
  '/docs/static/index.html',
  '/docs/static/swagger-initializer.js',
  '/docs/yaml',
  '/health',
  '/health/live',
  '/health/ready',
  '/log/checkpoint',
  '/log/key',
  '/log/tile/*',
  '/openapi.json',
  '/portal',
  '/portal/session',
  '/portal/session/open',
]

const REFUSED_WITH: Record<Exclude<Scope, 'public'>, RefusalCode> = {
  customer: 'UNAUTHORIZED',
  admin: 'UNAUTHORIZED',
  internal: 'FORBIDDEN',
  stripe: 'INVALID_SIGNATURE',
}

const routes = collectRoutes()

test('every route is public by name or refuses whoever lacks its own credential', async (t) => {
  const tried = counts(t, {
    promise: '10',
    what: 'Every route with every credential but its own',
    trials: 0,
  })
  const service = await startService(t, { CORS_ORIGINS: 'https://app.example.com' })
  const { customerId, keyId, apiKey } = await createCustomer(service)
  const credentials: Record<Exclude<Scope, 'public'>, Record<string, string>> = {
    customer: { 'x-api-key': apiKey },
    admin: { authorization: `Bearer ${ADMIN_TOKEN}` },
    internal: { 'x-internal-token': INTERNAL_TOKEN },
    stripe: { 'stripe-signature': stripeSignature('') },
  }
  const parameters: Record<string, string> = { customer_id: customerId, key_id: keyId }

  await t.test('the public ones are on the list, and only they', () => {
    const open = routes().filter(({ scope }) => scope === 'public')
    assert.deepEqual([...new Set(open.map(({ url }) => url))], PUBLIC)
    const changing = open.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    // They need the origin of our pages, and a token, a link's secret or a cookie.
    assert.deepEqual(changing.map(({ method, url }) => `${method} ${url}`).toSorted(), [
      'DELETE /console/session',
      'DELETE /portal/session',
      'POST /console/session',
      'POST /portal/session/open',
    ])
  })

  await t.test('no route is without a scope but the preflight', () => {
    const unmarked = routes().filter(({ scope }) => scope === undefined)
    assert.deepEqual(
      unmarked.map(({ method, url }) => [method, url]),
      [['OPTIONS', '*']],
    )
  })

  await t.test('what is public may be kept', async () => {
    for (const path of ['/openapi.json', '/.well-known/jwks.json', '/health', '/nowhere']) {
      const { headers } = await service.call('GET', path)
      assert.notEqual(headers.get('cache-control'), 'no-store', path)
    }
  })

  await t.test('a refusal before the credential is looked at is not kept either', async () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, 'x']))
    const answer = await service.call('GET', '/api/customers', { headers: many })
    assertRefused(answer, 'HEADERS_TOO_LARGE')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  })

  const guarded = routes().filter((route) => route.scope !== 'public' && route.url !== '*')
  assert.ok(guarded.length >= 20)
  for (const { method, url, scope, isForAdmins } of guarded) {
    await t.test(`${method} ${url}`, async () => {
      const own = scope as Exclude<Scope, 'public'>
      const others = Object.entries(credentials).filter(
        ([name]) => name !== own && !(isForAdmins && name === 'admin'),
      )
      const path = url.replace(/:(\w+)/g, (_match, name: string) => parameters[name] ?? 'ada')
      const attempts: [string, Record<string, string>][] = [
        ['no credential', {}],
        ...others.map(([name, headers]): [string, Record<string, string>] => [name, headers]),
        ['every other credential', Object.assign({}, ...others.map(([, headers]) => headers))],
      ]
      if (isForAdmins) {
        attempts.push(['both credentials', { ...credentials.customer, ...credentials.admin }])
      }
      tried.trials += attempts.length
      for (const [about, headers] of attempts) {
        const answer = await service.call(method, path, { headers })
        if (method !== 'HEAD') assertRefused(answer, REFUSED_WITH[own], about)
        else assert.equal(answer.status, REFUSALS[REFUSED_WITH[own]][0], about)
        assert.equal(answer.headers.get('cache-control'), 'no-store', about)
      }
      // With its own it gets further, to an answer or to a refusal of another kind.
      if (method !== 'GET') return
      const answer = await service.call(method, path, { headers: credentials[own] })
      assert.notEqual(answer.status, REFUSALS[REFUSED_WITH[own]][0])
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      if (!isForAdmins) return
      const ofAdmin = await service.call(method, path, { headers: credentials.admin })
      assert.equal(ofAdmin.status, 200)
      assert.equal(ofAdmin.headers.get('cache-control'), 'no-store')
    })
  }
})
