import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { ADMIN_TOKEN, type Service, startService } from '../support/service.ts'
import { scaled } from '../support/scale.ts'

const CUSTOMERS = scaled(100_000, 3_000)
const ACCOUNTS = scaled(1_000_000, 3_000)
const EACH = scaled(10, 20)

/** What the console's pages may not read through. */
const LARGE = [
  'accounts',
  'api_keys',
  'customers',
  'holds',
  'licenses',
  'stripe_events',
  'transfers',
  'usage_totals',
]
/** Hours of two metrics, of each hundredth customer. */
const HOURS = scaled(2_000, 200)

async function fill(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'first', tier: 'pro' })
  await putPlan(service, 'rare', { rank: 10 })
  for (const plan of ['pro', 'unsold']) await putPlan(service, plan)
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      insert into customers (id, email, external_id, stripe_customer_id, metadata, plan, base_plan, base_plan_known, status)
      select 'cust_' || lpad(n::text, 16, '0'), 'c' || n || '@example.com', 'crm-' || n, 'cus_' || n, '{}',
        case n when 7 then 'rare' else 'pro' end, case n when 7 then 'rare' else 'pro' end, true,
        case when n % 1000 = 0 then 'suspended' else 'active' end
      from generate_series(1, ${CUSTOMERS}::int) n`
    await sql`insert into plan_prices (price_id, plan_id) values ('price_pro', 'pro')`
    await sql`
      insert into subscriptions (id, customer_id, stripe_customer_id, items, status, quantity, cancel_at_period_end, created_at)
      select 'sub_' || n, 'cust_' || lpad(n::text, 16, '0'), 'cus_' || n,
        '[{"price": "price_pro", "quantity": 1, "start": null, "end": null}]',
        case n when 9 then 'past_due' else 'active' end, 1, false, now()
      from generate_series(1, ${CUSTOMERS}::int) n`
    await sql`
      insert into licenses (id, customer_id, features, limits, status, issued_at, not_before, expires_at, revoked_at, key_id, token)
      select 'lic_' || lpad(n::text, 16, '0'), 'cust_' || lpad(n::text, 16, '0'), '{}', '{}',
        case when n % 1000 = 1 then 'revoked' else 'active' end, now(), now(), now() + interval '30 days',
        case when n % 1000 = 1 then now() end, 'x', 'x'
      from generate_series(1, ${CUSTOMERS}::int) n`
    await sql`
      insert into usage_totals (customer_id, metric, period, starts_at, count, sum, min, max, last, last_at)
      select 'cust_' || lpad(n::text, 16, '0'), metric, 'hour', date_trunc('hour', now(), 'UTC') - hour * interval '1 hour',
        1, 1, 1, 1, 1, now()
      from generate_series(1, ${CUSTOMERS}::int, 100) n, generate_series(0, ${HOURS}::int) hour,
        unnest(array['calls', 'users']) metric`
    await sql`
      insert into api_keys (id, customer_id, hash)
      select lpad(n::text, 8, '0'), 'cust_' || lpad(n::text, 16, '0'), 'x'
      from generate_series(1, ${CUSTOMERS}::int) n`
    await sql`
      insert into accounts (user_id, asset, tier, balance, seq)
      select 'user-' || n, 'USD/2', 'pro', 10000 - ${EACH}::int, ${EACH}::int
      from generate_series(1, ${ACCOUNTS}::int) n`
    // Spread over a year, until now.
    await sql`
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, reason, reference, actor, created_at
      )
      select a.id, n, a.id, s.id, a.asset, 1, 'deduct', 10000 - n, 0, 10000 - n,
        'key-' || a.id || '-' || n, sha256('1'), 'usage', 'job-' || a.id || '-' || n, 'test',
        now() - interval '1 year' * (1 - (n - a.id / ${ACCOUNTS * 1.1}::float8) / ${EACH}::int)
      from generate_series(1, ${EACH}::int) n, accounts a
      join accounts s on s.system = 'revenue' and s.asset = a.asset
      where a.user_id like 'user-%'`
    await sql`
      insert into stripe_events (id, type, livemode, created_at, payload, received_at, status, settled_at)
      select 'evt_' || n, 'invoice.paid', false, now(), '{}', now() - n * interval '1 minute', 'applied', now()
      from generate_series(1, ${CUSTOMERS}::int) n`
    await sql`vacuum analyze`
  })
}

function scans(service: Service): Promise<Map<string, number>> {
  return asAdmin(service.database.adminUrl, async (sql) => {
    const rows = await sql<{ name: string; rows: number }[]>`
      select relname as name, seq_tup_read::float8 as rows from pg_stat_user_tables`
    return new Map(rows.map(({ name, rows: read }) => [name, read]))
  })
}

test('what the console asks for reads no large table through, and is quick', async (t) => {
  counts(t, {
    promise: '',
    what: 'Rows of tables that the console reads no more of than it shows',
    trials: CUSTOMERS + ACCOUNTS,
  })
  const service = await startService(t)
  await fill(service)
  const before = await scans(service)

  const hour = 3_600_000
  const at = (ms: number) => new Date(ms).toISOString()
  const end = Math.ceil(Date.now() / hour) * hour
  const day = (to: number) => `/api/funds/flow?bucket=hour&from=${at(to - 24 * hour)}&to=${at(to)}`
  const middle = Math.floor(ACCOUNTS / 2)
  const [one] = (await service.asAdmin('GET', `/api/funds/transfers?user_id=user-${middle}`)).body
    .data
  const now = [
    '/health',
    '/metrics',
    '/api/doctor',
    '/api/funds/accounts?flag=charged_back&limit=50',
    '/api/stripe/events?status=parked&limit=50',
    day(end),
    day(end - 7 * 24 * hour),
    `/api/usage?bucket=hour&from=${at(end - 25 * hour)}&to=${at(end)}`,
  ]
  const others = [
    '/api/funds/accounts?limit=50',
    `/api/funds/accounts?user_id_prefix=user-${middle}&limit=10`,
    `/api/funds/accounts/user-${middle}`,
    `/api/funds/accounts/user-${middle}/grants`,
    `/api/funds/accounts/user-${middle}/budgets`,
    `/api/funds/accounts/user-${middle}/auto_top_up`,
    `/api/funds/transfers?user_id=user-${middle}&limit=200`,
    '/api/funds/transfers?limit=50',
    `/api/funds/transfers?reference=${one.reference}`,
    `/api/funds/transfers?idempotency_key=${one.idempotency_key}`,
    `/api/funds/transfers?transfer_id=${one.transfer_id}`,
    `/api/funds/holds?user_id=user-${middle}&status=open`,
    '/api/customers?limit=50',
    '/api/customers?plan=rare',
    '/api/customers?plan=unsold',
    '/api/customers?subscription_status=past_due',
    '/api/customers?subscription_status=unpaid',
    '/api/licenses/revocations',
    '/api/customers?email=c77@example.com',
    '/api/customers?external_id=crm-77',
    '/api/customers?stripe_id=cus_77',
    '/api/customers?stripe_id=sub_77',
    '/api/customers?key_id=00000077',
    '/api/stripe/events?limit=50',
    '/api/tokens',
    '/console/sessions',
    '/api/audit?limit=50',
  ]
  const took = new Map<string, number>()
  for (const path of [...now, ...others]) {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    // The second time is what counts: the first makes connections and plans.
    for (let turn = 0; turn < 2; turn++) {
      const started = performance.now()
      const { status, body } = await service.call('GET', path, { headers })
      assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
      took.set(path, performance.now() - started)
    }
  }
  const found = await service.asAdmin('GET', '/api/customers?stripe_id=cus_77')
  assert.equal(found.body.data[0]?.email, 'c77@example.com')
  for (const [filter, email] of [
    ['plan=rare', 'c7@example.com'],
    ['subscription_status=past_due', 'c9@example.com'],
  ]) {
    const { body } = await service.asAdmin('GET', `/api/customers?${filter}`)
    assert.deepEqual(
      body.data.map((customer: { email: string }) => customer.email),
      [email],
    )
  }
  const byKey = await service.asAdmin('GET', '/api/customers?key_id=00000077')
  assert.equal(byKey.body.data[0]?.email, 'c77@example.com')
  const slowest = [...took].toSorted(([, a], [, b]) => b - a).slice(0, 5)
  t.diagnostic(slowest.map(([path, ms]) => `${ms.toFixed(0)} ms ${path}`).join('; '))
  if (process.env['DRILL'] === '1') {
    for (const [path, ms] of took) assert.ok(ms < 200, `${path}: ${ms.toFixed(0)} ms`)
    const first = now.reduce((sum, path) => sum + (took.get(path) ?? 0), 0)
    assert.ok(first < 1_000, `the first page's calls, one after the other: ${first.toFixed(0)} ms`)
  }

  // A connection tells the statistics what it has read when it ends.
  await service.app.close()
  const after = await scans(service)
  for (const name of LARGE) {
    const read = (after.get(name) ?? 0) - (before.get(name) ?? 0)
    assert.equal(read, 0, `${name}: ${read} rows were read through`)
  }
})
