import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectRoutes } from '../support/routes.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

const routes = collectRoutes()

test('every path answers a method it does not take with a 405 that names those it takes', async (t) => {
  const service = await startService(t)
  const known = routes().filter(({ url }) => url !== '*')
  const patterns = known.map(({ method, url }) => ({
    method,
    // The root of a prefix is two paths, of which one is registered in sight.
    pattern: new RegExp(
      `^${url.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*').replace(/[/]$/, '')}/?$`,
    ),
  }))
  // A fixed part of one path may be a parameter of another.
  const takes = (path: string, method: string) =>
    patterns.some((route) => route.method === method && route.pattern.test(path))
  const methodsOf = new Map<string, Set<string>>()
  for (const { url, method } of known) {
    const path = url.replaceAll(/:\w+/g, 'anything')
    methodsOf.set(path, (methodsOf.get(path) ?? new Set()).add(method))
  }
  assert.ok(methodsOf.size > 30)
  for (const [path, methods] of methodsOf) {
    for (const method of METHODS.filter((name) => !takes(path, name))) {
      // No credential, and nothing a route would take: the method alone decides.
      const sent = {
        headers: { 'content-type': 'text/plain', 'content-encoding': 'br' },
        body: 'x',
      }
      const answer = await service.call(method, path, method === 'GET' ? {} : sent)
      assertRefused(answer, 'METHOD_NOT_ALLOWED', `${method} ${path}`)
      const allowed = answer.headers.get('allow')?.split(', ') ?? []
      for (const name of methods) assert.ok(allowed.includes(name), `${path}: ${allowed.join()}`)
      assert.ok(!allowed.includes(method), path)
    }
  }
})

test('a parameter of a path is not looked at where the method decides, and HEAD and GET go together', async (t) => {
  const service = await startService(t)
  for (const path of ['/balance/ada', '/balance/%20', '/balance/a%0d%0ab?x=1']) {
    const answer = await service.call('DELETE', path)
    assertRefused(answer, 'METHOD_NOT_ALLOWED', path)
    assert.equal(answer.headers.get('allow'), 'GET, HEAD', path)
  }
  const head = await service.call('HEAD', '/deduct')
  assert.deepEqual([head.status, head.headers.get('allow')], [405, 'POST'])
  // The root of a prefix is two paths.
  for (const path of ['/docs', '/docs/']) {
    const answer = await service.call('DELETE', path)
    assertRefused(answer, 'METHOD_NOT_ALLOWED', path)
    assert.equal(answer.headers.get('allow'), 'GET, HEAD', path)
  }
  const several = await service.call('PUT', '/api/customers')
  assert.equal(several.headers.get('allow'), 'GET, HEAD, POST')
})

test('an unknown route is named if that is safe, and is a 404 whatever is sent', async (t) => {
  const service = await startService(t)
  const cases: [method: string, path: string, message: string][] = [
    ['POST', '/deducts', 'No such route: POST /deducts'],
    ['GET', '/deducts?token=secret', 'No such route: GET /deducts'],
    ['GET', '/docs/static/nothing.js', 'No such route: GET /docs/static/nothing.js'],
    ['GET', `/x/${'a'.repeat(24)}/`, `No such route: GET /x/${'a'.repeat(24)}/`],
    // It may be a secret.
    ['GET', `/${'a'.repeat(25)}`, 'There is nothing here.'],
    ['GET', '/a'.repeat(9), 'There is nothing here.'],
    ['GET', '/%3Cscript%3E', 'There is nothing here.'],
    ['GET', "/a'b", 'There is nothing here.'],
  ]
  for (const [method, path, message] of cases) {
    const answer = await service.call(method, path)
    assertRefused(answer, 'NOT_FOUND', path)
    assert.equal(answer.body.message, message)
  }
  const bodies = ['{"a":', '{"a":1,"a":2}', `{"a":1.${'0'.repeat(65_500)}1}`, ' '.repeat(100_000)]
  for (const type of ['application/json', 'text/plain', 'x']) {
    for (const body of bodies) {
      const answer = await service.call('POST', '/deducts', {
        headers: { 'content-type': type },
        body,
      })
      assertRefused(answer, 'NOT_FOUND', `${type} ${body.slice(0, 20)}`)
    }
  }
})
