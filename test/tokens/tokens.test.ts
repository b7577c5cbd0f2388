import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADMIN_PERMISSIONS, ROLES } from '../../src/auth/permissions.ts'
import { tokenId as idOf } from '../../src/auth/tokens.ts'
import { counts } from '../support/counts.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { ADMIN_TOKEN, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { type Bearer, assertDenied, bearer, issue } from '../support/tokens.ts'

const refusedWithin = (holder: Bearer) =>
  eventually(async () => (await holder('GET', '/api/plans')).status === 401, 1_000)

async function audited(service: Service, subject: string) {
  const rows = await query<{ event: string; actor: string }[]>(
    service.database,
    'select event, actor from audit_records where subject = $1 order by id',
    [subject],
  )
  return rows.map((row) => [row.event, row.actor])
}

test('a token is shown once, listed without its secret, and acts under its own name', async (t) => {
  const service = await startService(t)
  const wanted = {
    name: 'console of ada',
    scope: 'admin',
    role: 'support',
    expires_at: '2099-01-01T00:00:00Z',
    allowed_ips: ['127.0.0.1', '::1', '2001:DB8::/32'],
  }
  const answer = await service.asAdmin('POST', '/api/tokens', wanted)
  assert.equal(answer.status, 201)
  const { token, info } = answer.body
  assert.match(token, /^srt_adm_[0-9A-Za-z]{50}$/)
  assert.ok(token.startsWith(`srt_adm_${info.token_id}`))
  assert.deepEqual(info, {
    token_id: info.token_id,
    name: 'console of ada',
    scope: 'admin',
    role: 'support',
    permissions: [...ROLES.support],
    expires_at: '2099-01-01T00:00:00.000Z',
    allowed_ips: ['127.0.0.1', '::1', '2001:db8::/32'],
    amount_max: null,
    daily_amount_max: null,
    created_at: info.created_at,
    last_used_at: null,
    revoked_at: null,
  })
  const listed = await service.asAdmin('GET', '/api/tokens')
  assert.deepEqual(listed.body, { data: [info], next_cursor: null })
  assert.ok(!JSON.stringify(listed.body).includes(token.slice(-30)))
  const stored = await query<{ row: string }[]>(
    service.database,
    'select tokens::text as row from tokens',
  )
  assert.ok(!stored[0]?.row.includes(token.slice(-30)))

  const ada = bearer(service, 'admin', token)
  assert.equal((await ada('GET', '/api/customers')).status, 200)
  assertDenied(await ada('POST', '/api/customers', { email: 'a@example.com' }), '`customers:write`')
  assert.ok(
    await eventually(async () => {
      const { body } = await service.asAdmin('GET', '/api/tokens')
      return body.data[0].last_used_at !== null
    }, 2_000),
  )

  const operator = await issue(service, { scope: 'admin', role: 'operator' })
  const created = await operator.call('POST', '/api/customers', { email: 'b@example.com' })
  assert.equal(created.status, 201)
  assert.deepEqual(await audited(service, created.body.customer.customer_id), [
    ['customer.created', `admin:${operator.tokenId}`],
    ['api_key.created', `admin:${operator.tokenId}`],
  ])
})

test('what a token is asked for must make sense', async (t) => {
  const service = await startService(t)
  const good = { name: 'x', scope: 'admin', role: 'owner' }
  const wrong = [
    {},
    { ...good, name: '' },
    { ...good, name: undefined },
    { ...good, scope: 'customer' },
    { ...good, role: 'root' },
    { ...good, permissions: ['audit:read'] },
    { name: 'x', scope: 'admin' },
    { name: 'x', scope: 'internal' },
    { ...good, scope: 'internal' },
    { name: 'x', scope: 'internal', permissions: ['customers:read'] },
    { name: 'x', scope: 'admin', permissions: ['funds:deduct'] },
    { name: 'x', scope: 'admin', permissions: [] },
    { name: 'x', scope: 'admin', permissions: ['audit:read', 'audit:read'] },
    { ...good, expires_at: '2020-01-01T00:00:00Z' },
    { ...good, expires_at: 'tomorrow' },
    { ...good, allowed_ips: [] },
    { ...good, allowed_ips: ['example.com'] },
    { ...good, allowed_ips: ['10.0.0.0/33'] },
    { ...good, allowed_ips: ['0x7f.1'] },
    { ...good, amount_max: 0 },
    { ...good, amount_max: 1.5 },
    { ...good, daily_amount_max: -1 },
    { ...good, rights: 'all' },
  ]
  for (const body of wrong) {
    const about = JSON.stringify(body)
    assertRefused(await service.asAdmin('POST', '/api/tokens', body), 'VALIDATION_FAILED', about)
  }
  assert.deepEqual((await service.asAdmin('GET', '/api/tokens')).body.data, [])
  for (const id of ['000000000000', 'x']) {
    const code = id === 'x' ? 'VALIDATION_FAILED' : 'TOKEN_NOT_FOUND'
    assertRefused(await service.asAdmin('DELETE', `/api/tokens/${id}`), code)
    assertRefused(await service.asAdmin('POST', `/api/tokens/${id}/rotate`, {}), code)
  }
})

test('no token makes or rotates one with more than it has', async (t) => {
  const service = await startService(t)
  const maker = await issue(service, {
    scope: 'admin',
    permissions: ['tokens:write', 'customers:read'],
    expires_at: '2090-01-01T00:00:00Z',
    allowed_ips: ['127.0.0.0/8', '::1'],
    amount_max: 100,
  })
  const less = {
    name: 'less',
    scope: 'admin',
    permissions: ['customers:read'],
    expires_at: '2089-12-31T00:00:00Z',
    allowed_ips: ['127.0.0.1'],
    amount_max: 100,
  }
  const made = await maker.call('POST', '/api/tokens', less)
  assert.equal(made.status, 201)
  const more = [
    [{ permissions: ['customers:write'] }, '`customers:write`'],
    [{ role: 'auditor', permissions: undefined }, '`audit:read`'],
    [{ expires_at: '2090-01-01T00:00:00.001Z' }, 'later'],
    [{ expires_at: undefined }, 'later'],
    [{ allowed_ips: ['126.0.0.0/7'] }, 'addresses'],
    [{ allowed_ips: ['127.0.0.1', '10.0.0.1'] }, 'addresses'],
    [{ allowed_ips: undefined }, 'addresses'],
    [{ amount_max: 101 }, 'move more'],
    [{ amount_max: undefined }, 'move more'],
    [{ scope: 'internal', permissions: ['stats:read'] }, 'owner'],
  ] as const
  for (const [change, said] of more) {
    const answer = await maker.call('POST', '/api/tokens', { ...less, ...change })
    assertDenied(answer, said, JSON.stringify(change))
  }
  const owner = await issue(service, { scope: 'admin', role: 'owner' })
  const rotate = (id: string) => maker.call('POST', `/api/tokens/${id}/rotate`, {})
  assertDenied(await rotate(owner.tokenId), '`customers:write`')
  assert.equal((await rotate(made.body.info.token_id)).status, 201)
  const { body } = await rotate(maker.tokenId)
  assert.equal(body.info.allowed_ips.length, 2)

  const service2 = { name: 's', scope: 'internal', permissions: ['stats:read'] }
  assert.equal((await owner.call('POST', '/api/tokens', service2)).status, 201)
  const almost = await issue(service, { scope: 'admin', permissions: [...ADMIN_PERMISSIONS] })
  assertDenied(await almost.call('POST', '/api/tokens', service2), 'owner')
})

test('a rotation goes on with everything but id and secret, and a revoked token is dead everywhere', async (t) => {
  counts(t, { promise: '11, 12', what: 'A rotated and revoked token, on two processes', trials: 4 })
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const first = await issue(service, {
    scope: 'admin',
    role: 'owner',
    name: 'ada',
    expires_at: '2090-01-01T00:00:00Z',
    allowed_ips: ['127.0.0.1', '::1'],
    daily_amount_max: 7,
  })
  const rotated = await first.call('POST', `/api/tokens/${first.tokenId}/rotate`, {
    overlap_seconds: 3_600,
  })
  assert.equal(rotated.status, 201)
  const { token, info } = rotated.body
  assert.notEqual(info.token_id, first.tokenId)
  const { token_id: _1, created_at: _2, ...kept } = info
  const { token_id: _3, created_at: _4, ...before } = first.info
  assert.deepEqual(kept, before)
  assert.deepEqual(await audited(service, first.tokenId), [
    ['token.created', `admin:${idOf(ADMIN_TOKEN)}`],
    ['token.rotated', `admin:${first.tokenId}`],
  ])

  const holders = [first.token, token].flatMap((one) =>
    [service, replica].map((at) => bearer(at, 'admin', one)),
  )
  for (const holder of holders) assert.equal((await holder('GET', '/api/plans')).status, 200)
  const again = await first.call('POST', `/api/tokens/${first.tokenId}/rotate`, {})
  assertRefused(again, 'TOKEN_REVOKED', 'what was replaced makes no other replacement')
  const another = { name: 'another', scope: 'admin', role: 'owner' }
  assertDenied(await first.call('POST', '/api/tokens', another), 'later')
  for (const id of [first.tokenId, info.token_id]) {
    assert.equal((await service.asAdmin('DELETE', `/api/tokens/${id}`)).status, 204)
    assert.equal((await service.asAdmin('DELETE', `/api/tokens/${id}`)).status, 204)
  }
  assert.deepEqual(await Promise.all(holders.map(refusedWithin)), [true, true, true, true])
  assertRefused(
    await service.asAdmin('POST', `/api/tokens/${info.token_id}/rotate`, {}),
    'TOKEN_REVOKED',
  )
  assert.deepEqual(
    (await audited(service, info.token_id)).map(([event]) => event),
    ['token.created', 'token.revoked'],
  )
})

test('the last owner stays where nothing else opens the scope', async (t) => {
  const first = await startService(t)
  const owners = []
  for (let n = 0; n < 2; n++) owners.push(await issue(first, { scope: 'admin', role: 'owner' }))
  const bound = await issue(first, { scope: 'admin', role: 'owner', allowed_ips: ['127.0.0.1'] })
  const service = await startService(t, { ADMIN_API_TOKEN: undefined }, first.database)
  assertRefused(await service.asAdmin('GET', '/api/plans'), 'UNAUTHORIZED')

  // Both at once: one of them goes, and the other stays.
  const caller = bearer(service, 'admin', bound.token)
  const answers = await Promise.all(
    owners.map(({ tokenId }) => caller('DELETE', `/api/tokens/${tokenId}`)),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204, 409]))
  const left = owners[answers.findIndex(({ status }) => status === 409)]
  assert.ok(left)
  assertRefused(await caller('DELETE', `/api/tokens/${left.tokenId}`), 'LAST_OWNER')
  // A rotation makes another, and then the old one may go.
  const rotated = await caller('POST', `/api/tokens/${left.tokenId}/rotate`, {})
  assertDenied(rotated, 'addresses')
  const own = await bearer(service, 'admin', left.token)(
    'POST',
    `/api/tokens/${left.tokenId}/rotate`,
    { overlap_seconds: 60 },
  )
  assert.equal(own.status, 201)
  assert.equal((await caller('DELETE', `/api/tokens/${left.tokenId}`)).status, 204)
  // Where the environment's token opens the scope, any owner may go.
  assert.equal((await first.asAdmin('DELETE', `/api/tokens/${own.body.info.token_id}`)).status, 204)
})

test('owners that rotate each other, or are revoked meanwhile, do not hold each other up', async (t) => {
  const first = await startService(t)
  const owners = []
  for (let n = 0; n < 5; n++) owners.push(await issue(first, { scope: 'admin', role: 'owner' }))
  const service = await startService(t, { ADMIN_API_TOKEN: undefined }, first.database)
  const [a, b, c, d, e] = owners
    .toSorted((one, other) => (one.tokenId < other.tokenId ? -1 : 1))
    .map(({ tokenId, token }) => ({ tokenId, call: bearer(service, 'admin', token) }))
  assert.ok(a && b && c && d && e)
  type Owner = typeof a
  const rotate = (maker: Owner, { tokenId }: Owner) =>
    maker.call('POST', `/api/tokens/${tokenId}/rotate`, {})

  const all = await lock(t, service, 'select from tokens for update')
  const rotations = [rotate(a, b), rotate(b, a)]
  assert.ok(await waitForLocks(service.database, 2))
  await all.release()
  const answers = await Promise.all(rotations)
  // The token of the other one has been replaced by then.
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 401]))
  const late = answers.find(({ status }) => status === 401)
  assert.equal(late?.headers.get('www-authenticate'), 'Bearer realm="strongroom"')

  const one = await lock(t, service, `select from tokens where id = '${d.tokenId}' for update`)
  const rotated = rotate(c, d)
  assert.ok(await waitForLocks(service.database, 1))
  const revoked = e.call('DELETE', `/api/tokens/${e.tokenId}`)
  assert.ok(await waitForLocks(service.database, 2))
  await one.release()
  assert.deepEqual([(await rotated).status, (await revoked).status], [201, 204])
})

test('each token has a limit of its own, and strangers and the environment another', async (t) => {
  const limits = { RATE_LIMIT_TOKENS: '3/1h', RATE_LIMIT_ADMIN: '100/1h' }
  const service = await startService(t, limits)
  const tokens = []
  for (let n = 0; n < 2; n++) tokens.push(await issue(service, { scope: 'admin', role: 'owner' }))
  tokens.push(await issue(service, { scope: 'internal', permissions: ['stats:read'] }))
  for (const { call, scope } of tokens) {
    const path = scope === 'admin' ? '/api/plans' : '/stats/subscription_count'
    for (let n = 0; n < 3; n++) assert.equal((await call('GET', path)).status, 200)
    assertRefused(await call('GET', path), 'RATE_LIMITED')
  }
  assert.equal((await service.asAdmin('GET', '/api/plans')).status, 200)
  // What takes something away has no limit.
  const [one, other] = tokens
  assert.equal((await one?.call('DELETE', `/api/tokens/${other?.tokenId}`))?.status, 204)
})
