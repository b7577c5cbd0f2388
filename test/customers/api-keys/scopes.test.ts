import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KEY_SCOPES } from '../../../src/auth/permissions.ts'
import { createCustomer, keyIdOf, me } from '../../support/customers.ts'
import { eventually } from '../../support/processes.ts'
import { assertRefused } from '../../support/refusals.ts'
import { startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'
import { assertDenied } from '../../support/tokens.ts'

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Record<string, unknown>>>
}

/** The routes of customers, and the scope of the key that each needs, as the document says. */
const ROUTES = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations)
    .filter(([, operation]) => operation['x-scope'] !== undefined)
    .map(([method, operation]) => {
      return { method: method.toUpperCase(), path, scope: operation['x-scope'] as string | null }
    }),
)

test('each route of customers is open to keys with its own scope, and to no others', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const keys = `/api/customers/${customerId}/api-keys`
  assert.ok(ROUTES.length >= 9)
  const byScope = new Map<string, string>()
  for (const scope of KEY_SCOPES) {
    const { status, body } = await service.asAdmin('POST', keys, { scopes: [scope] })
    assert.deepEqual([status, body.key.scopes, body.key.allowed_ips], [201, [scope], null])
    byScope.set(scope, body.api_key)
  }
  for (const { method, path, scope } of ROUTES) {
    // Whether it is one's own is not looked at before.
    const other = path.replace('{customer_id}', 'cust_0000000000000000')
    for (const [name, key] of byScope) {
      const answer = await service.call(method, other, { headers: { 'x-api-key': key } })
      const about = `${method} ${path} with ${name}`
      if (scope !== null && scope !== name) assertDenied(answer, `\`${scope}\``, about)
      else assert.ok(![401, 403].includes(answer.status), about)
    }
    const all = await service.call(method, other, { headers: { 'x-api-key': apiKey } })
    assert.ok(![401, 403].includes(all.status), path)
  }
})

test('scopes and addresses of a key are shown, kept by a rotation, and must make sense', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const keys = `/api/customers/${customerId}/api-keys`
  const bound = { scopes: ['usage:read'], allowed_ips: ['127.0.0.0/8', '::1'] }
  const { body } = await service.asAdmin('POST', keys, bound)
  assert.equal((await me(service, body.api_key)).status, 200)
  const rotated = await service.asAdmin('POST', `${keys}/${body.key.key_id}/rotate`, {})
  const shown = ({ scopes, allowed_ips }: Record<string, unknown>) => ({ scopes, allowed_ips })
  const { data } = (await service.asAdmin('GET', keys)).body
  assert.deepEqual([rotated.body.key, ...data].map(shown), [
    bound,
    bound,
    bound,
    { scopes: [...KEY_SCOPES], allowed_ips: null },
  ])
  assert.equal(data[2].key_id, keyIdOf(apiKey))
  for (const wrong of [
    { scopes: [] },
    { scopes: ['funds:deduct'] },
    { scopes: ['usage:read', 'usage:read'] },
    { allowed_ips: [] },
    { allowed_ips: ['localhost'] },
  ]) {
    const about = JSON.stringify(wrong)
    assertRefused(await service.asAdmin('POST', keys, wrong), 'VALIDATION_FAILED', about)
  }
})

test('calls and refusals of a key are counted by hour and by day', async (t) => {
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1' })
  const { customerId } = await createCustomer(service)
  const keys = `/api/customers/${customerId}/api-keys`
  const { body } = await service.asAdmin('POST', keys, {
    scopes: ['usage:read'],
    allowed_ips: ['192.0.2.0/24'],
  })
  const call = (path: string, from: string, key: string = body.api_key) =>
    service.call('GET', path, { headers: { 'x-api-key': key, 'x-forwarded-for': from } })
  const counted = async (range: string) => {
    const answer = await service.asAdmin('GET', `${keys}/${body.key.key_id}/calls${range}`)
    assert.equal(answer.status, 200)
    return answer.body.data
  }
  assert.deepEqual(await counted(''), [])

  const before = Date.now()
  for (let n = 0; n < 3; n++) assert.equal((await call('/api/me', '192.0.2.7')).status, 200)
  assertDenied(await call(`/api/licenses/${customerId}`, '192.0.2.7'), '`licenses:read`')
  // As a wrong key, and counted all the same.
  const elsewhere = await call('/api/me', '198.51.100.1')
  assertRefused(elsewhere, 'UNAUTHORIZED')
  await service.asAdmin('DELETE', `${keys}/${body.key.key_id}`)
  let calls = 5
  let good = 3
  const isRefused = async () => {
    const { status } = await call('/api/me', '192.0.2.7')
    calls++
    if (status === 200) good++
    return status === 401
  }
  assert.ok(await eventually(isRefused, 1_000))
  // Whoever has not the key itself counts for nothing.
  const guess = `${body.api_key.slice(0, -1)}${body.api_key.endsWith('0') ? '1' : '0'}`
  assertRefused(await call('/api/me', '192.0.2.7', guess), 'UNAUTHORIZED')

  for (const [bucket, ms] of [
    ['hour', 3_600_000],
    ['day', 86_400_000],
  ] as const) {
    const [first, ...others] = await counted(`?bucket=${bucket}`)
    const start = Date.parse(first.bucket)
    assert.ok(start % ms === 0 && start <= before && before < start + ms)
    // At the turn of the hour there are two.
    const all = [first, ...others]
    const sum = (field: string) => all.reduce((total, one) => total + one[field], 0)
    assert.deepEqual([sum('calls'), sum('refused')], [calls, calls - good])
  }
  assert.deepEqual(await counted('?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z'), [])
  const missing = `${keys}/00000000/calls`
  assertRefused(await service.asAdmin('GET', missing), 'API_KEY_NOT_FOUND')
  const wrong = `${keys}/${body.key.key_id}/calls?bucket=month`
  assertRefused(await service.asAdmin('GET', wrong), 'VALIDATION_FAILED')
})

test('counts of calls are in the export of their customer, and go after 400 days', async (t) => {
  const service = await startService(t)
  const [ada, eve] = [
    await createCustomer(service, { email: 'ada@example.com' }),
    await createCustomer(service, { email: 'eve@example.com' }),
  ]
  const [older, younger] = [1_000, 1_500]
  await query(
    service.database,
    `insert into api_key_calls
     select id, date_trunc('hour', now()) - make_interval(days => 399, hours => n), n, 0
     from api_keys, generate_series(-${younger}, ${older}) n`,
  )
  const exported = async (customerId: string) =>
    (await service.asAdmin('GET', `/api/customers/${customerId}/export`)).body.api_key_calls
  const calls = await exported(ada.customerId)
  assert.equal(calls.length, older + younger + 1)
  assert.deepEqual(Object.keys(calls[0]), ['key_id', 'hour', 'calls', 'refused'])
  const hours = calls.map(({ hour }: { hour: string }) => Date.parse(hour))
  assert.deepEqual(
    hours,
    hours.toSorted((a: number, b: number) => a - b),
  )
  assert.ok(calls.every((call: Record<string, unknown>) => call['key_id'] === ada.keyId))

  const job = service.app.jobs.all.find(({ name }) => name === 'delete_old_key_calls')
  await job?.run(null, { attempt: 1, isLast: false })
  for (const { customerId } of [ada, eve]) {
    // A day and an hour after what was stored, the first hours are over for 400 days.
    const kept = await exported(customerId)
    assert.ok([younger + 24, younger + 25].includes(kept.length), String(kept.length))
  }
})
