import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql as statement } from 'drizzle-orm'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { assertNothingWritten, closeAuditLog, query } from '../support/tables.ts'
import { asCustomer, daysAgo } from '../support/usage.ts'
import { verifyLedger } from '../../src/funds/verify.ts'
import { findPayment } from '../../src/usage/payments.ts'

const PRICES = {
  tokens: { via: 'funds', asset: 'USD/2', price: 3, per: 1_000 },
  calls: { via: 'funds', asset: 'USD/2', price: 2 },
}

/** A customer of a plan with prices, with so much in its account; null for none. */
async function payer(service: Service, funds: number | null, email = 'ada@example.com') {
  const { customerId, apiKey } = await createCustomer(service, { email, plan: 'paid' })
  if (funds !== null) {
    await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
    if (funds > 0) await topUp(service, customerId, funds)
  }
  const api = asCustomer(service, apiKey)
  return {
    customerId,
    apiKey,
    api,
    report: (metrics: Record<string, number>, rest: Record<string, unknown> = {}) =>
      api('POST', '/api/usage/report', { metrics, ...rest }),
    balance: async (): Promise<number> =>
      (await service.asInternal('GET', `/balance/${customerId}`)).body.balance,
    used: async (metric: string): Promise<number> => {
      const { body } = await api('GET', `/api/usage/${customerId}?bucket=month&metric=${metric}`)
      return body.data.at(-1)?.sum ?? 0
    },
  }
}

function topUp(service: Service, user_id: string, amount: number) {
  return service.asInternal('POST', '/top_up', { user_id, amount })
}

async function start(t: TestContext) {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: PRICES })
  return service
}

async function assertSound(service: Service): Promise<void> {
  const { findings } = await asAdmin(service.database.adminUrl, verifyLedger)
  assert.deepEqual(findings, [])
}

test('a report is stored, paid for and on record, all or nothing', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 1_000)
  const first = await ada.report({ calls: 7, tokens: 2_500, other: 4 }, { report_id: 'r-1' })
  assert.equal(first.status, 201)
  // 7 × 2, and 2,500 × 3 / 1,000 = 7.5.
  assert.equal(await ada.balance(), 1_000 - 14 - 7)
  const path = `/account/${ada.customerId}/transfers`
  const [transfer] = (await service.asInternal('GET', path)).body.data
  const { transfer_id } = transfer
  const inUsd = { asset: 'USD/2', transfer_id }
  assert.deepEqual(first.body.charges, [
    { metric: 'calls', amount: 14, ...inUsd },
    { metric: 'tokens', amount: 7, ...inUsd },
  ])
  assert.equal(first.body.balance, 979)
  assert.deepEqual(
    [transfer.kind, transfer.amount, transfer.reason, transfer.reference, transfer.metadata],
    [
      'deduct',
      21,
      'usage',
      'r-1',
      { metrics: { calls: { value: 7, amount: 14 }, tokens: { value: 2_500, amount: 7 } } },
    ],
  )
  const [stored] = await query(
    service.database,
    "select actor, reason from transfers where kind = 'deduct'",
  )
  assert.match(stored?.['actor'], /^key:/)

  await t.test('fractions are carried over, exactly', async () => {
    // 0.5 is left, and 0.3 and 0.2 make it a whole one.
    await ada.report({ tokens: 100 })
    assert.equal(await ada.balance(), 979)
    const fraction = await ada.report({ tokens: 66.6 }, { report_id: 'r-fraction' })
    assert.equal(await ada.balance(), 979)
    const none = [{ metric: 'tokens', amount: 0, asset: 'USD/2', transfer_id: null }]
    assert.deepEqual([fraction.body.charges, fraction.body.balance], [none, 979])
    const copy = await ada.report({ tokens: 66.6 }, { report_id: 'r-fraction' })
    assert.deepEqual([copy.status, copy.body.charges, copy.body.balance], [200, none, 979])
    const free = await ada.report({ other: 1 })
    assert.equal('charges' in free.body || 'balance' in free.body, false)
    await ada.report({ tokens: 0.1 })
    assert.equal(await ada.balance(), 978)
    const [row] = await query(
      service.database,
      'select remainder::text from usage_remainders where metric = $1',
      ['tokens'],
    )
    assert.equal(row?.['remainder'], '0.1')
  })

  await t.test('its copies are told so and cost nothing', async () => {
    const metrics = { calls: 7, tokens: 2_500, other: 4 }
    const again = await ada.report(metrics, { report_id: 'r-1' })
    // Of the hour's values only the other reports have taken some.
    const { remaining } = again.body
    assert.deepEqual([again.status, again.body], [200, { ...first.body, remaining }])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    const other = await ada.report({ calls: 8 }, { report_id: 'r-1' })
    assertRefused(other, 'IDEMPOTENCY_KEY_REUSED')
    assert.equal(await ada.balance(), 978)
  })

  await t.test('an untimely one is refused, and its neighbours are paid for', async () => {
    const { body } = await ada.api('POST', '/api/usage/report/batch', {
      reports: [
        { metrics: { calls: 1 } },
        { metrics: { calls: 1 }, reported_at: daysAgo(200).toISOString() },
        { metrics: { calls: 2 }, reported_at: daysAgo(20).toISOString() },
      ],
    })
    assert.deepEqual(
      body.results.map((result: { status: string }) => result.status),
      ['created', 'refused', 'created'],
    )
    assert.equal(await ada.balance(), 972)
  })
  await assertSound(service)
})

test('what can not be paid for is refused and leaves nothing behind', async (t) => {
  const service = await start(t)
  await putPlan(service, 'foreign', {
    metered: { calls: { via: 'funds', asset: 'EUR/2', price: 1 } },
  })
  const poor = await payer(service, 9)
  const foreign = await payer(service, 100, 'bob@example.com')
  const accountless = await payer(service, null, 'eve@example.com')
  const frozen = await payer(service, 100, 'joe@example.com')
  await service.asInternal('PATCH', `/account/${frozen.customerId}`, { status: 'frozen' })
  await service.asAdmin('PATCH', `/api/customers/${foreign.customerId}`, { plan: 'foreign' })

  await assertNothingWritten(service.database, async () => {
    assertRefused(await poor.report({ calls: 5 }, { report_id: 'r-1' }), 'INSUFFICIENT_FUNDS')
    assertRefused(await poor.report({ calls: 9e15 }), 'INSUFFICIENT_FUNDS')
    assertRefused(await foreign.report({ calls: 1 }), 'ASSET_MISMATCH')
    assertRefused(await accountless.report({ calls: 1 }), 'ACCOUNT_NOT_FOUND')
    assertRefused(await frozen.report({ calls: 1 }), 'ACCOUNT_FROZEN')
    // Less than a cent, which moves nothing yet.
    assertRefused(await frozen.report({ tokens: 1 }), 'ACCOUNT_FROZEN')
  })
  assert.deepEqual(await Promise.all([poor.used('calls'), poor.balance()]), [0, 9])

  await t.test('in a batch, each by itself and in order', async () => {
    const reports = [3, 2, 1, 1].map((calls, n) => ({ metrics: { calls }, report_id: `b-${n}` }))
    const { body } = await poor.api('POST', '/api/usage/report/batch', { reports })
    assert.deepEqual(body.results, [
      { report_id: 'b-0', status: 'created' },
      { report_id: 'b-1', status: 'refused', code: 'INSUFFICIENT_FUNDS' },
      { report_id: 'b-2', status: 'created' },
      { report_id: 'b-3', status: 'refused', code: 'INSUFFICIENT_FUNDS' },
    ])
    assert.deepEqual(await Promise.all([poor.used('calls'), poor.balance()]), [4, 1])
  })

  await t.test('and taken when it can be paid for, under the same id', async () => {
    await topUp(service, poor.customerId, 100)
    assert.equal((await poor.report({ calls: 5 }, { report_id: 'r-1' })).status, 201)
    assert.equal(await poor.balance(), 91)
  })

  await t.test('or owed, as far as the account has credit', async () => {
    await service.asInternal('PATCH', `/account/${poor.customerId}`, { credit_limit: 10 })
    assertRefused(await poor.report({ calls: 51 }), 'INSUFFICIENT_FUNDS')
    assert.equal((await poor.report({ calls: 50 })).status, 201)
    assert.equal(await poor.balance(), -9)
  })
  await assertSound(service)
})

test('a metric that costs nothing is taken whatever the account', async (t) => {
  const service = await start(t)
  const ada = await payer(service, null)
  assert.equal((await ada.report({ other: 5 })).status, 201)
})

test('copies of reports, all at once, to two processes: each is stored and paid for once', async (t) => {
  counts(t, {
    promise: '2',
    what: 'Copies of paid reports, at once, to two processes',
    trials: scaled(10_000, 90, 5_000),
  })
  const service = await start(t)
  const replica = await startService(t, {}, service.database)
  const customers = await Promise.all(
    [0, 1, 2].map((n) => payer(service, 1_000_000_000, `customer-${n}@example.com`)),
  )
  const reports = scaled(10_000, 90, 5_000)
  const copies = 4
  const statuses = await inParallel(reports * copies, scaled(500, 40), async (index) => {
    const report = Math.floor(index / copies)
    const { apiKey } = customers[report % 3]!
    const api = asCustomer(index % 2 === 0 ? service : replica, apiKey)
    const body = { metrics: { calls: report % 5, tokens: 333.3 }, report_id: `r-${report}` }
    for (let tries = 1; ; tries++) {
      const { status } = await api('POST', '/api/usage/report', body)
      // A busy machine may take longer than an answer may: then the copy tells.
      if (status !== 503 || tries === 5) return status
    }
  })
  assert.deepEqual(new Set(statuses), new Set([200, 201]))
  assert.ok(statuses.filter((status) => status === 201).length <= reports)
  for (const [n, ada] of customers.entries()) {
    const own = Array.from({ length: reports }, (_, report) => report).filter(
      (report) => report % 3 === n,
    )
    const calls = own.reduce((sum, report) => sum + (report % 5), 0)
    const tenths = own.length * 3_333 * 3
    assert.equal(await ada.used('calls'), calls)
    assert.equal(await ada.balance(), 1_000_000_000 - calls * 2 - Math.floor(tenths / 10_000))
  }
  await assertSound(service)
})

test('connections killed in the middle: a report is stored with its charge or not at all', async (t) => {
  const tried = counts(t, {
    promise: '1',
    what: 'Paid reports while connections are killed',
    trials: 0,
    faults: scaled(100, 8, 50),
  })
  const service = await start(t)
  const ada = await payer(service, 1_000_000)
  const load = { running: true }
  const acknowledged = new Set<string>()
  const client = async (id: number) => {
    for (let n = 0; load.running; n++) {
      const report_id = `${id}-${n}`
      const answer = await ada.report({ calls: 1 }, { report_id })
      assert.ok([200, 201, 503].includes(answer.status), JSON.stringify(answer.body))
      if (answer.status !== 503) acknowledged.add(report_id)
    }
  }
  const clients = Promise.all(Array.from({ length: 16 }, (_, id) => client(id)))
  await asAdmin(service.database.adminUrl, async (sql) => {
    for (let kills = 0; kills < scaled(100, 8, 50); kills++) {
      const before = acknowledged.size
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'strongroom usage charges'`
      for (let polls = 0; polls < 2_000 && acknowledged.size === before; polls++)
        await sql`select 1`
    }
  })
  load.running = false
  await clients
  tried.trials = acknowledged.size
  const stored = await query<{ id: string }[]>(
    service.database,
    'select report_id as id from usage_reports',
  )
  const paid = await query<{ id: string }[]>(
    service.database,
    "select reference as id from transfers where kind = 'deduct'",
  )
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).toSorted()
  assert.deepEqual(ids(stored), ids(paid))
  assert.ok([...acknowledged].every((id) => stored.some((row) => row.id === id)))
  assert.deepEqual(await Promise.all([ada.used('calls'), ada.balance()]), [
    stored.length,
    1_000_000 - 2 * stored.length,
  ])
  await assertSound(service)
})

test('a poisoned report fails alone', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 1_000)
  await query(
    service.database,
    `alter table usage_reports add constraint poison check (instance_id <> 'poison')`,
  )
  const reports = Array.from({ length: 12 }, (_, n) => ({
    metrics: { calls: 1 },
    instance_id: n === 7 ? 'poison' : 'fine',
  }))
  const { body } = await ada.api('POST', '/api/usage/report/batch', { reports })
  body.results.forEach((result: { status: string }, n: number) =>
    assert.equal(result.status, n === 7 ? 'refused' : 'created'),
  )
  assert.equal(await ada.balance(), 1_000 - 22)
  await assertSound(service)
})

test('a plan’s change of prices counts from the next report, and fractions wait for their price', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 100)
  const price = (metered: unknown) => putPlan(service, 'paid', { metered })
  await ada.report({ tokens: 500 }, { report_id: 'r-1' })
  assert.equal(await ada.balance(), 99)

  await price({ tokens: { ...PRICES.tokens, price: 1, per: 1 } })
  await ada.report({ tokens: 1 })
  assert.equal(await ada.balance(), 98)

  await price({ tokens: { via: 'stripe', event_name: 'tokens' } })
  await ada.report({ tokens: 500 })
  await price(null)
  await ada.report({ tokens: 500 })
  assert.equal((await ada.report({ tokens: 500 }, { report_id: 'r-1' })).status, 200)
  assert.equal(await ada.balance(), 98)

  // 0.5 was left at 3 for 1,000.
  await price(PRICES)
  await ada.report({ tokens: 167 })
  assert.equal(await ada.balance(), 97)
  assert.equal(await ada.used('tokens'), 500 + 1 + 500 + 500 + 167)
})

test('a charge is remembered after its report is deleted', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 100)
  const reported_at = daysAgo(40).toISOString()
  await ada.report({ calls: 1 }, { report_id: 'old', reported_at })
  await ada.report({ calls: 1 }, { report_id: 'undated' })
  await query(service.database, "delete from usage_reports where report_id = 'undated'")
  await service.asAdmin('DELETE', '/api/usage/cleanup?older_than_days=30')
  for (const copy of [{ report_id: 'old', reported_at }, { report_id: 'undated' }]) {
    assert.equal((await ada.report({ calls: 1 }, copy)).status, 200)
  }
  assertRefused(await ada.report({ calls: 2 }, { report_id: 'undated' }), 'IDEMPOTENCY_KEY_REUSED')
  assert.equal(await ada.balance(), 96)
})

test('the payment of a report is found by its key, however many transfers its account has', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 100)
  await ada.report({ calls: 1 }, { report_id: 'a' })
  await asAdmin(service.database.adminUrl, async (admin) => {
    await admin`
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, actor, created_at
      )
      select account_id, 100 + n, debit_account_id, credit_account_id, asset, amount, kind,
        balance_after, held_after, available_after, ' usage other-' || n, fingerprint, actor, created_at
      from transfers, generate_series(1, 5000) n where kind = 'deduct'`
    await admin`analyze transfers`
  })
  const plan = await service.app.db.execute(statement`explain ${findPayment(ada.customerId, 'a')}`)
  const lines = plan.map((line) => String(line['QUERY PLAN'])).join('\n')
  assert.match(lines, /transfers_idempotency_key/, lines)
})

test('limits are told and watched as for reports that cost nothing', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: PRICES, limits: { calls: 3 } })
  const ada = await payer(service, 100)
  const limit = (used: number) => [{ metric: 'calls', used, limit: 3, exceeded: used > 3 }]
  assert.deepEqual((await ada.report({ calls: 3 }, { report_id: 'a' })).body.limits, limit(3))
  assert.deepEqual((await ada.report({ calls: 1 })).body.limits, limit(4))
  assert.deepEqual((await ada.report({ calls: 3 }, { report_id: 'a' })).body.limits, limit(4))
  const { body } = await service.asAdmin('GET', '/api/usage/anomalies')
  assert.equal(body.data.length, 1)
})

test('without its audit record a report is neither stored nor paid for', async (t) => {
  const service = await start(t)
  const ada = await payer(service, 100)
  await closeAuditLog(service.database)
  assertRefused(await ada.report({ calls: 4 }), 'DATABASE_UNAVAILABLE')
  assert.deepEqual(await Promise.all([ada.used('calls'), ada.balance()]), [0, 100])
})
