import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { KindName } from '../../../src/database/kinds.ts'
import { createCustomer, putPlan } from '../../support/customers.ts'
import { createDatabase } from '../../support/database.ts'
import { databaseProxy } from '../../support/database-proxy.ts'
import { lock, settled } from '../../support/locks.ts'
import { type Answer, startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'
import { asCustomer } from '../../support/usage.ts'
import { issue } from '../../support/tokens.ts'

/** Longer than the time a call has. */
const RECOVERY_MS = 7_000

/** The service behind a proxy that loses answers to commits. */
async function start(t: TestContext) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const service = await startService(t, {}, { ...database, url: proxy.url })
  return { service, proxy, database }
}

function assertUnknown(answer: Answer, about = ''): void {
  assert.deepEqual([answer.status, answer.body.code], [503, 'OUTCOME_UNKNOWN'], about)
  assert.ok(Number(answer.headers.get('retry-after')) > 0, about)
}

test('a charge whose commit is not answered for, with the server in recovery', async (t) => {
  const { service, proxy } = await start(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const body = { user_id: 'ada', amount: 100 }

  proxy.plan({ cut: 'after', recoveryMs: RECOVERY_MS, pool: 'ledger' })
  const lost = await service.asInternal('POST', '/deduct', body)
  assertUnknown(lost)
  assert.match(lost.body.idempotency_key, /^[\x21-\x7e]{1,255}$/)
  await eventuallyBack(service.origin)
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 900)

  const again = { 'idempotency-key': lost.body.idempotency_key }
  const repeated = await service.asInternal('POST', '/deduct', body, again)
  assert.equal(repeated.status, 200, JSON.stringify(repeated.body))
  assert.equal(repeated.headers.get('idempotent-replayed'), 'true')
  assert.equal(repeated.body.balance, 900)

  proxy.plan({ cut: 'after', recoveryMs: RECOVERY_MS, pool: 'ledger' })
  const keyed = await service.asInternal('POST', '/deduct', { ...body, idempotency_key: 'mine' })
  assertUnknown(keyed)
  assert.equal(keyed.body.idempotency_key, 'mine')
})

test('a charge that did not reach the server is made once, or told as not made', async (t) => {
  const { service, proxy } = await start(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  for (const cut of ['before', 'under way', 'after'] as const) {
    proxy.plan({ cut, pool: 'ledger' })
    const answer = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 100 })
    assert.equal(answer.status, 200, cut)
    assert.ok(proxy.isDone())
  }
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 700)
})

test('a report whose answer is lost is unknown, and counts once under its id', async (t) => {
  const { service, proxy, database } = await start(t)
  const { apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })

  proxy.plan({ cut: 'after', recoveryMs: RECOVERY_MS, pool: 'usage' })
  const lost = await api('POST', '/api/usage/report', { metrics: { calls: 2 } })
  assertUnknown(lost)
  assert.match(lost.body.report_id, /^rep_/)
  await eventuallyBack(service.origin)
  const body = { metrics: { calls: 2 }, report_id: lost.body.report_id }
  const repeated = await api('POST', '/api/usage/report', body)
  assert.equal(repeated.status, 200)

  proxy.plan({ cut: 'after', recoveryMs: RECOVERY_MS, pool: 'usage' })
  const batch = await api('POST', '/api/usage/report/batch', {
    reports: [{ metrics: { calls: 3 } }, { metrics: { calls: 4 }, report_id: 'mine' }],
  })
  assertUnknown(batch)
  const [first, second] = batch.body.results
  assert.match(first.report_id, /^rep_/)
  assert.deepEqual(first, {
    report_id: first.report_id,
    status: 'refused',
    code: 'OUTCOME_UNKNOWN',
  })
  assert.equal(second.report_id, 'mine')
  await eventuallyBack(service.origin)
  const again = await api('POST', '/api/usage/report/batch', {
    reports: [
      { metrics: { calls: 3 }, report_id: first.report_id },
      { metrics: { calls: 4 }, report_id: 'mine' },
    ],
  })
  const statuses = again.body.results.map(({ status }: { status: string }) => status)
  assert.deepEqual(statuses, ['replayed', 'replayed'])
  const [sum] = await query(
    database,
    "select sum::int from usage_totals where metric = 'calls' and period = 'month'",
  )
  assert.equal(sum?.['sum'], 1 + 2 + 3 + 4)
})

test('a report without an id that is paid for says what it has cost, though its first answer is lost', async (t) => {
  const { service, proxy } = await start(t)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 100 })
  const api = asCustomer(service, apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  proxy.plan({ cut: 'after', pool: 'usage charges' })
  const { status, body } = await api('POST', '/api/usage/report', { metrics: { calls: 5 } })
  assert.ok(proxy.isDone())
  assert.equal(status, 201, JSON.stringify(body))
  const [charge] = body.charges
  assert.deepEqual([charge.metric, charge.amount, body.balance], ['calls', 10, 88])
})

test('a commit that goes on after its answer was lost stays unknown, though its account is locked by it', async (t) => {
  const { service, proxy, database } = await start(t)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const paying = await createCustomer(service, { email: 'ada@example.com', plan: 'paid' })
  const user_id = paying.customerId
  await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id, amount: 1_000 })
  const api = asCustomer(service, paying.apiKey)
  await api('POST', '/api/usage/report', { metrics: { calls: 1 } })
  // A commit takes as long as somebody has a lock, as one that waits for its standby; no time limit ends it.
  await query(
    database,
    `create function wait_long() returns trigger language plpgsql set lock_timeout = 0 as $$
     begin
       begin
         perform pg_advisory_xact_lock_shared(7);
       exception when query_canceled then
         perform pg_advisory_xact_lock_shared(7);
       end;
       return null;
     end $$;
     create constraint trigger waits_long after insert on transfers deferrable initially deferred
     for each row execute function wait_long()`,
  )
  const charge = { user_id, amount: 100, idempotency_key: 'mine' }
  const report = { metrics: { calls: 5 }, report_id: 'mine' }
  for (const [pool, send] of [
    ['ledger', () => service.asInternal('POST', '/deduct', charge)],
    ['usage charges', () => api('POST', '/api/usage/report', report)],
  ] as const) {
    const { release } = await lock(t, { database }, 'select pg_advisory_xact_lock(7)')
    proxy.plan({ cut: 'under way', pool })
    const lost = await send()
    await release()
    assertUnknown(lost, pool)
    assert.equal(lost.body[pool === 'ledger' ? 'idempotency_key' : 'report_id'], 'mine')
    await settled(service)
    const again = await send()
    assert.equal(again.status, 200, JSON.stringify(again.body))
  }
  const { body } = await service.asInternal('GET', `/balance/${user_id}`)
  assert.equal(body.balance, 1_000 - 2 - 100 - 10)
})

test('what an operator writes is unknown when its commit is not answered for', async (t) => {
  const { service, proxy, database } = await start(t)
  const { customerId, keyId } = await createCustomer(service)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const keys = `/api/customers/${customerId}/api-keys`
  const old = await issue(service, { scope: 'admin', role: 'owner' })
  type Call = [method: string, path: string, body?: unknown, internal?: true]
  const calls: Record<string, Call> = {
    customer: ['POST', '/api/customers', { email: 'eve@example.com' }],
    change: ['PATCH', `/api/customers/${customerId}`, { company_name: 'Ada' }],
    key: ['POST', keys, {}],
    rotation: ['POST', `${keys}/${keyId}/rotate`, { overlap_seconds: 60 }],
    revocation: ['DELETE', `${keys}/${keyId}`],
    plan: ['PUT', '/api/plans/basic', { name: 'Basic', features: {}, limits: {} }],
    licence: ['POST', '/api/licenses', { customer_id: customerId, plan: 'basic' }],
    token: ['POST', '/api/tokens', { name: 'eve', scope: 'admin', role: 'auditor' }],
    replacement: ['POST', `/api/tokens/${old.tokenId}/rotate`, {}],
    account: ['POST', '/account', { user_id: 'eve', tier: 'pro' }, true],
    limit: ['PATCH', '/account/ada', { credit_limit: 5 }, true],
    erasure: ['DELETE', '/account/ada', undefined, true],
  }
  const send = (...[method, path, body, internal]: Call) =>
    internal ? service.asInternal(method, path, body) : service.asAdmin(method, path, body)
  for (const [name, call] of Object.entries(calls)) {
    proxy.plan({ cut: 'after', pool: poolOf(name, call) })
    const answer = await send(...call)
    assertUnknown(answer, name)
    assert.ok(proxy.isDone(), name)
    const isToken = ['token', 'replacement'].includes(name)
    assert.equal(typeof answer.body.token_id, isToken ? 'string' : 'undefined', name)
    if (isToken) {
      const path = `/api/tokens/${answer.body.token_id}`
      assert.equal((await service.asAdmin('DELETE', path)).status, 204, name)
    }
    const issues = ['customer', 'key', 'rotation'].includes(name)
    assert.equal(typeof answer.body.key_id, issues ? 'string' : 'undefined', name)
    if (!issues) continue
    const [stored] = await query(database, 'select customer_id from api_keys where id = $1', [
      answer.body.key_id,
    ])
    const owner = `/api/customers/${stored?.['customer_id']}/api-keys/${answer.body.key_id}`
    assert.equal((await service.asAdmin('DELETE', owner)).status, 204, name)
  }

  for (const [name, call] of Object.entries(calls)) {
    if (['erasure', 'account', 'rotation', 'replacement'].includes(name)) continue
    proxy.plan({ cut: 'before', pool: poolOf(name, call) })
    const answer = await send(...call)
    assert.ok([503, 404, 204].includes(answer.status), `${name} ${answer.status}`)
  }
})

function poolOf(name: string, [, , , isInternal]: readonly unknown[]): KindName {
  if (name === 'erasure') return 'erasures'
  return isInternal === true ? 'internal' : 'admin'
}

async function eventuallyBack(origin: string): Promise<void> {
  const until = Date.now() + 20_000
  while ((await fetch(`${origin}/health/ready`)).status !== 200) {
    if (Date.now() > until) throw new Error('The service is not back')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
