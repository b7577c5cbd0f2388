import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../../src/database/connect.ts'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { inParallel } from '../support/scale.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { assertNothingWritten, query } from '../support/tables.ts'
import { bearer, issue } from '../support/tokens.ts'
import { asCustomer } from '../support/usage.ts'

const PERMISSIONS = ['funds:deduct', 'funds:hold', 'funds:refund', 'funds:top_up', 'accounts:read']

async function openAccount(service: Service, userId: string, funds: number): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: userId, amount: funds })
}

const capped = (service: Service, caps: Record<string, number>) =>
  issue(service, { scope: 'internal', permissions: PERMISSIONS, ...caps })

function assertNotAllowed(answer: Answer, about = ''): void {
  assert.deepEqual([answer.status, answer.body.code], [403, 'AMOUNT_NOT_ALLOWED'], about)
}

const sumOf = async (service: Service, tokenId: string) =>
  (
    await query<{ amount: string }[]>(
      service.database,
      `select s.amount::text as amount from token_sums s join tokens t using (lineage) where t.id = $1`,
      [tokenId],
    )
  )[0]?.amount

for (const users of [1, 60]) {
  test(`a daily cap of 1,000 lets exactly 100 of 300 calls of 10 pass, on two processes and ${users} accounts`, async (t) => {
    counts(t, {
      promise: '',
      what: 'Calls of a token with a daily cap, on two processes',
      trials: 300,
    })
    const first = await startService(t)
    const second = await startService(t, {}, first.database)
    for (let user = 0; user < users; user++) await openAccount(first, `user-${user}`, 100_000)
    const { token, tokenId } = await capped(first, { daily_amount_max: 1_000 })
    const callers = [first, second].map((service) => bearer(service, 'internal', token))
    const answers = await inParallel(300, 300, async (index) => {
      const user_id = `user-${index % users}`
      const answer = await callers[index % 2]?.('POST', '/deduct', { user_id, amount: 10 })
      return answer?.status === 200 ? 'moved' : answer?.body.code
    })
    const count = (outcome: string) => answers.filter((one) => one === outcome).length
    assert.deepEqual([count('moved'), count('AMOUNT_NOT_ALLOWED')], [100, 200])
    assert.equal(await sumOf(first, tokenId), '1000')
    const moved = await query<{ sum: string }[]>(
      first.database,
      'select sum(amount)::text as sum from transfers where actor = $1',
      [`internal:${tokenId}`],
    )
    assert.equal(moved[0]?.sum, '1000')
    // Others are not held up by it.
    const body = { user_id: 'user-0', amount: 10 }
    assert.equal((await second.asInternal('POST', '/deduct', body)).status, 200)
  })
}

test('what counts towards the caps, and what does not', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 10_000)
  const { call, tokenId } = await capped(service, { amount_max: 100, daily_amount_max: 350 })
  const post = (path: string, body: object) => call('POST', path, body)
  const at = (amount: number, key?: string) => {
    return { user_id: 'ada', amount, ...(key !== undefined && { idempotency_key: key }) }
  }
  const done = async (path: string, body: object) => {
    const answer = await post(path, body)
    assert.ok(answer.status < 300, `${path} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  for (const path of ['/deduct', '/top_up', '/holds']) {
    assertNotAllowed(await post(path, at(101)), path)
  }
  assert.equal(await sumOf(service, tokenId), '0')
  const charge = await done('/deduct', at(100, 'first'))
  await done('/top_up', at(50))
  await done('/refund', { transfer_id: charge.transfer_id, amount: 60 })
  assert.equal(await sumOf(service, tokenId), '210')

  // A hold moves nothing; its capture does, its release does not.
  const kept = await done('/holds', at(100))
  const dropped = await done('/holds', at(100))
  await done(`/holds/${dropped.hold_id}/release`, {})
  assert.equal(await sumOf(service, tokenId), '210')
  await done(`/holds/${kept.hold_id}/capture`, { amount: 90 })
  assert.equal(await sumOf(service, tokenId), '300')

  // Refused calls do not count, whatever refuses them.
  assertNotAllowed(await post('/deduct', at(51)))
  assert.equal((await post('/refund', { transfer_id: 'tr_999999_1' })).status, 404)
  await done('/deduct', at(50))
  assertNotAllowed(await post('/deduct', at(1)))
  assertNotAllowed(await post('/refund', { transfer_id: charge.transfer_id, amount: 1 }))
  // Repetitions are answered before any cap, and count once.
  const again = await post('/deduct', at(100, 'first'))
  assert.deepEqual([again.status, again.body], [200, charge])
  const captured = await post(`/holds/${kept.hold_id}/capture`, { amount: 90 })
  assert.equal(captured.status, 200)
  assert.equal(captured.headers.get('idempotent-replayed'), 'true')
  // A hold is bound by the amount alone.
  const held = await done('/holds', at(100))
  assertNotAllowed(await post(`/holds/${held.hold_id}/capture`, {}))
  const { body: balance } = await call('GET', '/balance/ada')
  assert.equal(balance.held, 100)
  assert.equal(await sumOf(service, tokenId), '350')

  // A rotation goes on with the day's sum, and another day begins at 0.
  const rotated = await service.asAdmin('POST', `/api/tokens/${tokenId}/rotate`, {})
  const next = bearer(service, 'internal', rotated.body.token)
  assertNotAllowed(await next('POST', '/deduct', at(1)))
  await query(service.database, 'update token_sums set day = day - 1', [])
  assert.equal((await next('POST', '/deduct', at(100))).status, 200)
  assert.equal(await sumOf(service, tokenId), '100')
})

test('usage that is corrected gives back no more than the token may move', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', {
    metered: { calls: { via: 'funds', asset: 'USD/2', price: 5 } },
  })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  await openAccount(service, customerId, 10_000)
  const api = asCustomer(service, apiKey)
  for (const [report_id, calls] of Object.entries({ a: 20, b: 20, c: 20, large: 30 })) {
    const report = { report_id, metrics: { calls } }
    assert.equal((await api('POST', '/api/usage/report', report)).status, 201)
  }
  const { call, tokenId } = await issue(service, {
    scope: 'admin',
    permissions: ['usage:write'],
    amount_max: 100,
    daily_amount_max: 250,
  })
  const correct = (report_id: string) =>
    call('POST', `/api/usage/${customerId}/corrections`, { report_id, reason: 'by mistake' })
  await assertNothingWritten(service.database, async () => assertNotAllowed(await correct('large')))
  for (const report of ['a', 'b']) assert.equal((await correct(report)).status, 201)
  assert.equal(await sumOf(service, tokenId), '200')
  await assertNothingWritten(service.database, async () => assertNotAllowed(await correct('c')))
  assert.equal((await correct('a')).status, 200, 'a repetition moves nothing')
  const { body } = await service.asInternal('GET', `/balance/${customerId}`)
  assert.equal(body.balance, 10_000 - 20 * 5 - 30 * 5)
})

test('a sum that somebody keeps locked holds up its own token alone', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 10_000)
  await openAccount(service, 'bob', 10_000)
  const { call, tokenId } = await capped(service, { daily_amount_max: 1_000 })
  const { url } = service.database
  const sql = connect(
    { url, ssl: 'disable', ca: undefined },
    { name: 'command', connectionsMax: 1 },
  )
  let letGo = () => {}
  const isDone = new Promise<void>((resolve) => (letGo = resolve))
  const isLocked = new Promise<void>((resolve, reject) => {
    const work = sql.begin(async (tx) => {
      await tx`select 1 from token_sums for update`
      resolve()
      await isDone
    })
    work.catch(reject)
  })
  try {
    await isLocked
    const waiting = call('POST', '/deduct', { user_id: 'ada', amount: 10 })
    assert.ok(await eventually(() => isWaiting(service), 3_000))
    const others = await inParallel(20, 4, () =>
      service.asInternal('POST', '/deduct', { user_id: 'bob', amount: 10 }),
    )
    assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]))
    letGo()
    assert.equal((await waiting).status, 200)
  } finally {
    letGo()
    await sql.end()
  }
  assert.equal(await sumOf(service, tokenId), '10')
})

async function isWaiting(service: Service): Promise<boolean> {
  const [row] = await asAdmin(
    service.database.adminUrl,
    (sql) =>
      sql<{ count: string }[]>`
      select count(*)::text as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.count !== '0'
}
