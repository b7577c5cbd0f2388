import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Movement, NO_SIGNATURE } from '../../src/funds/operations.ts'
import { counts } from '../support/counts.ts'
import { asAdmin } from '../support/database.ts'
import { assertSound } from '../support/ledger.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

/** The value of a metric, with the labels that it is shown with. */
async function metric(service: Service, shown: string): Promise<number> {
  const { body } = await service.asAdmin('GET', '/metrics')
  const line = String(body)
    .split('\n')
    .find((one) => one.startsWith(`${shown} `))
  return Number(line?.slice(shown.length) ?? 0)
}

/** How many charges of this process ended so: on what it remembers of an account, or under its lock. */
function ended(service: Service, result: 'written' | 'changed' | 'failed'): Promise<number> {
  return metric(service, `strongroom_funds_optimistic_charges_total{result="${result}"}`)
}

async function open(service: Service, userId: string, amount: number, settings: object = {}) {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro', ...settings })
  await service.asInternal('POST', '/top_up', { user_id: userId, amount })
}

const charge = (service: Service, user_id: string, amount = 1, more: object = {}) =>
  service.asInternal('POST', '/deduct', { user_id, amount, ...more })

test('a remembered account is charged in one statement, with the same answer', async (t) => {
  const service = await startService(t)
  await open(service, 'ada', 100)
  const before = await ended(service, 'written')
  const { status, body } = await charge(service, 'ada', 30, { reason: 'call', metadata: { n: 1 } })
  assert.deepEqual([status, body.balance, body.available, body.grants], [200, 70, 70, []])
  assert.equal(await ended(service, 'written'), before + 1)
  const [row] = await query(service.database, 'select * from transfers order by seq desc limit 1')
  assert.deepEqual(
    [row?.['kind'], row?.['reason'], row?.['metadata']],
    ['deduct', 'call', { n: 1 }],
  )
  const listed = await service.asInternal('GET', '/account/ada/transfers')
  assert.equal(listed.body.data[0].created_at, body.created_at)
})

test('what another process has changed of an account is seen by the next charge', async (t) => {
  const service = await startService(t)
  const other = await startService(t, {}, service.database)
  const change = (method: string, path: string, body: object) =>
    other.asInternal(method, path, body)
  const cases: [string, () => Promise<unknown>, amount: number, number, string | undefined][] = [
    [
      'frozen',
      () => change('PATCH', '/account/frozen', { status: 'frozen' }),
      1,
      409,
      'ACCOUNT_FROZEN',
    ],
    ['spent', () => charge(other, 'spent', 99), 2, 402, 'INSUFFICIENT_FUNDS'],
    [
      'held',
      () => change('POST', '/holds', { user_id: 'held', amount: 100 }),
      1,
      402,
      'INSUFFICIENT_FUNDS',
    ],
    ['owing', () => change('PATCH', '/account/owing', { credit_limit: 50 }), 150, 200, undefined],
    [
      'bound',
      () => change('PUT', '/account/bound/budgets/day', { amount: 5, window: 'day' }),
      6,
      402,
      'BUDGET_EXCEEDED',
    ],
    [
      'gone',
      () => other.asInternal('DELETE', '/account/gone?force=true'),
      1,
      404,
      'ACCOUNT_NOT_FOUND',
    ],
    [
      'richer',
      () => change('POST', '/top_up', { user_id: 'richer', amount: 1 }),
      101,
      200,
      undefined,
    ],
  ]
  for (const [user, act, amount, status, code] of cases) {
    await open(service, user, 100)
    await act()
    const answer = await charge(service, user, amount)
    assert.deepEqual([answer.status, answer.body.code], [status, code], user)
  }
  // A grant pays first, whoever remembers the account without it.
  await open(service, 'granted', 100)
  const grant = await change('POST', '/grants', { user_id: 'granted', amount: 10 })
  const { body } = await charge(service, 'granted', 4)
  assert.deepEqual(body.grants, [{ grant_id: grant.body.grant_id, amount: 4 }])
  // A mark set meanwhile is told of when it is passed.
  await open(service, 'low', 100)
  await change('PATCH', '/account/low', { low_balance_at: 50 })
  await charge(service, 'low', 60)
  const [told] = await query(
    service.database,
    `select count(*)::int as n from audit_records where event = 'account.updated' and metadata->>'low_balance' = 'true'`,
  )
  assert.equal(told?.['n'], 1)
  assert.ok((await ended(service, 'changed')) >= 1)
  await assertSound(service.database)
})

test('a mark that was removed counts no fall of a charge on a remembered account', async (t) => {
  const service = await startService(t)
  await open(service, 'ada', 100)
  await service.asInternal('PATCH', '/account/ada', { low_balance_at: 50 })
  // Under its lock, so that the process remembers the account with its mark.
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 10 })
  await service.asInternal('PATCH', '/account/ada', { low_balance_at: null })
  const before = await ended(service, 'written')
  assert.equal((await charge(service, 'ada', 80)).body.balance, 30)
  assert.equal(await ended(service, 'written'), before + 1)
  assert.equal(await metric(service, 'strongroom_funds_low_balance_total'), 0)
})

test('charges of a batch go in their order, though their account was remembered between them', async (t) => {
  const other = await startService(t)
  await open(other, 'ada', 10)
  await open(other, 'bob', 10)
  // It remembers neither.
  const { app } = await startService(t, {}, other.database)
  const deduct = (userId: string, amount: bigint, bytes = 10): Movement => ({
    ...NO_SIGNATURE,
    kind: 'deduct',
    userId,
    amount,
    reason: null,
    idempotencyKey: null,
    bytes,
  })
  const remembering = app.funds.move(deduct('ada', 1n))
  await setImmediate()
  // These wait for its commit, and have no room in one batch.
  const filling = app.funds.move(deduct('bob', 1n, 1_048_576))
  const first = app.funds.move(deduct('ada', 9n))
  await remembering
  const second = app.funds.move(deduct('ada', 9n))
  await filling
  assert.equal((await first).transfer.balanceAfter, 0n)
  await assert.rejects(second, { code: 'INSUFFICIENT_FUNDS' })
})

test('a repeated key is answered as the first time, and its neighbours are charged', async (t) => {
  const service = await startService(t)
  await open(service, 'ada', 1_000)
  await open(service, 'bob', 1_000)
  const first = await charge(service, 'ada', 7, { idempotency_key: 'once' })
  const answers = await Promise.all([
    charge(service, 'ada', 7, { idempotency_key: 'once' }),
    charge(service, 'ada', 8, { idempotency_key: 'once' }),
    ...Array.from({ length: 20 }, () => charge(service, 'bob')),
  ])
  assert.deepEqual([answers[0]?.status, answers[0]?.body], [200, first.body])
  assert.ok(answers[0]?.headers.has('idempotent-replayed'))
  assert.equal(answers[1]?.body.code, 'IDEMPOTENCY_KEY_REUSED')
  assert.deepEqual(new Set(answers.slice(2).map(({ status }) => status)), new Set([200]))
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 993)
  assert.equal((await service.asInternal('GET', '/balance/bob')).body.balance, 980)
})

test('an account that a failover has taken back to an earlier movement is not as remembered', async (t) => {
  const service = await startService(t)
  const other = await startService(t, {}, service.database)
  await open(service, 'ada', 100)
  assert.equal((await charge(service, 'ada', 30)).body.balance, 70)
  // The primary that took over has not got the charge, and another process charges there.
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    await sql`delete from transfers where kind = 'deduct'`
    await sql`update accounts set balance = 100, seq = seq - 1 where user_id = 'ada'`
  })
  assert.equal((await charge(other, 'ada', 10)).body.balance, 90)
  const before = await ended(service, 'changed')
  assert.equal((await charge(service, 'ada', 1)).body.balance, 89)
  assert.equal(await ended(service, 'changed'), before + 1)
  await assertSound(service.database)
})

test('two processes that charge the same accounts never wait for each other in a circle', async (t) => {
  counts(t, {
    promise: '7',
    what: 'Two processes that remember the same accounts',
    trials: scaled(1_000_000, 1_000, 40_000),
  })
  const processes = [await startService(t)]
  processes.push(await startService(t, {}, processes[0]?.database))
  const [service] = processes as [Service]
  const users = Array.from({ length: 12 }, (_, index) => `user-${index}`)
  const calls = scaled(1_000_000, 1_000, 40_000)
  for (const user of users) await open(service, user, calls)
  let charged = 0
  await inParallel(calls, 48, async (n) => {
    const answer = await charge(processes[n % 2] ?? service, users[(n * 7) % users.length] ?? '')
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    charged++
  })
  const [sums] = await query(
    service.database,
    `select (select sum(amount) from transfers where kind = 'deduct')::int as moved,
      (select deadlocks from pg_stat_database where datname = current_database())::int as deadlocks`,
  )
  assert.deepEqual(sums, { moved: charged, deadlocks: 0 })
  await assertSound(service.database)
})
