import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import Fastify from 'fastify'
import { requirePermissions } from '../../src/auth/permission.ts'
import { PERMISSIONS, ROLES, type TokenScope } from '../../src/auth/permissions.ts'
import { assertRefused, sameForAll } from '../support/refusals.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { type IssuedToken, assertDenied, bearer, issue } from '../support/tokens.ts'

interface Route {
  method: string
  path: string
  /** One of these is enough; null where any token of the scope will do. */
  permissions: string[] | null
}

const PARAMETERS: Record<string, string> = {
  customer_id: 'cust_0000000000000000',
  key_id: '00000000',
  license_id: 'lic_0000000000000000',
  token_id: '000000000000',
  transfer_id: 'tr_999999_1',
  hold_id: 'hold_999999_1',
  grant_id: 'grant_999999_1',
  budget_id: 'none',
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Record<string, unknown>>>
}

const namesOf = (permissions: readonly string[]) =>
  permissions.map((one) => `\`${one}\``).join(', ')

/** The routes that tokens of a scope open and what they need, as the document says. */
function routesOf(scope: TokenScope): Route[] {
  const scheme = scope === 'admin' ? 'AdminToken' : 'InternalToken'
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => (security as object[]).some((one) => scheme in one))
      .map(([method, operation]) => {
        const permission = operation['x-permission'] as string | string[] | null
        assert.notEqual(permission, undefined, `${method} ${path}`)
        const permissions = permission === null ? null : [permission].flat()
        const needs = permissions === null ? 'any token' : namesOf(permissions)
        assert.ok(String(operation['description']).includes(needs), `${method} ${path}`)
        const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => PARAMETERS[name] ?? 'ada')
        return { method: method.toUpperCase(), path: filled, permissions }
      }),
  )
}

/** Tokens that are good no more, or here, though they could do everything. */
async function uselessTokens(service: Service, scope: TokenScope) {
  const all = { scope, permissions: PERMISSIONS[scope] }
  const other: TokenScope = scope === 'admin' ? 'internal' : 'admin'
  const expired = await issue(service, { ...all, expires_at: '2099-01-01T00:00:00Z' })
  await query(service.database, 'update tokens set expires_at = now() where id = $1', [
    expired.tokenId,
  ])
  const revoked = await issue(service, all)
  await service.asAdmin('DELETE', `/api/tokens/${revoked.tokenId}`)
  const elsewhere = await issue(service, { ...all, allowed_ips: ['192.0.2.1', '2001:db8::/32'] })
  const ofOther = await issue(service, { scope: other, permissions: PERMISSIONS[other] })
  return Object.entries({ expired, revoked, 'other address': elsewhere, 'other scope': ofOther })
}

for (const scope of ['admin', 'internal'] as const) {
  test(`each route of the ${scope} scope is open to its own permission, and to nothing else`, async (t) => {
    const service = await startService(t)
    const routes = routesOf(scope)
    assert.ok(routes.length >= 15)
    const wrong = scope === 'admin' ? 'UNAUTHORIZED' : 'FORBIDDEN'
    const tokens = new Map<string, { only: IssuedToken; without: IssuedToken }>()
    for (const permission of PERMISSIONS[scope]) {
      const others = PERMISSIONS[scope].filter((one) => one !== permission)
      tokens.set(permission, {
        only: await issue(service, { scope, permissions: [permission] }),
        without: await issue(service, { scope, permissions: others }),
      })
    }
    const useless = await uselessTokens(service, scope)
    const isLetIn = ({ status, body }: Answer) =>
      status !== 401 && body.code !== 'FORBIDDEN' && body.code !== 'PERMISSION_DENIED'

    for (const { method, path, permissions } of routes) {
      const about = `${method} ${path}`
      for (const [name, { only, without }] of tokens) {
        const isRight = permissions === null || permissions.includes(name)
        const answer = await only.call(method, path)
        if (isRight) assert.ok(isLetIn(answer), `${about} with ${name}: ${answer.status}`)
        else assertDenied(answer, namesOf(permissions), `${about} with ${name}`)
        if (permissions?.length !== 1 || !isRight) continue
        assertDenied(await without.call(method, path), `\`${name}\``, `${about} without it`)
      }
      const stranger = await bearer(service, scope, 'srt_adm_wrong')(method, path)
      assertRefused(stranger, wrong, about)
      for (const [state, { token }] of useless) {
        const answer = await bearer(service, scope, token)(method, path)
        assert.deepEqual(sameForAll(answer), sameForAll(stranger), `${about}: ${state}`)
      }
    }
  })
}

test('a credit limit needs a permission of its own', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const plain = await issue(service, { scope: 'internal', permissions: ['accounts:write'] })
  const change = { tier: 'free', credit_limit: 100 }
  assertDenied(await plain.call('PATCH', '/account/ada', change), '`credit:write`')
  const { body } = await service.asInternal('GET', '/account/ada')
  assert.deepEqual([body.tier, body.credit_limit], ['pro', 0])
  assert.equal((await plain.call('PATCH', '/account/ada', { tier: 'free' })).status, 200)
  const both = { scope: 'internal' as const, permissions: ['accounts:write', 'credit:write'] }
  const answer = await (await issue(service, both)).call('PATCH', '/account/ada', change)
  assert.deepEqual([answer.status, answer.body.credit_limit], [200, 100])
})

test('a route that does not say what it needs does not start', async () => {
  const app = Fastify()
  await assert.rejects(async () => {
    await app.register(async (scope) => {
      requirePermissions(scope)
      scope.get('/nowhere', async () => 'open')
    })
    await app.ready()
  }, /GET \/nowhere does not say which permission it needs/)
})

test('the guide has the roles as they are', () => {
  const guide = readFileSync('src/docs/guides/access.md', 'utf8')
  for (const role of ['support', 'finance', 'auditor'] as const) {
    const row = guide.split('\n').find((line) => line.startsWith(`| \`${role}\``)) ?? ''
    const [, , cell = ''] = row.split('|')
    const permissions = ROLES[role].map((one) => `\`${one}\``)
    assert.deepEqual(cell.trim().split(' '), permissions, role)
  }
  const ofOperators = new Set<string>(ROLES.operator)
  const missing = ROLES.owner.filter((one) => !ofOperators.has(one))
  assert.deepEqual(missing, ['tokens:write', 'privacy:write'])
  assert.deepEqual(ROLES.owner, PERMISSIONS.admin)
  for (const permission of PERMISSIONS.internal) assert.ok(guide.includes(`\`${permission}\``))
})
