import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'
import { type StripeStandIn, startStripe } from '../support/stripe/index.ts'
import { logFolder, witnessedLog } from '../support/tlog.ts'
import { issue } from '../support/tokens.ts'

const STRIPE = {
  secretKey: 'sk_test_of_the_pages_0123456789abcdefghij',
  webhookSecret: 'whsec_of_the_pages_0123456789abcdefghijkl',
}
const SHOP = 'https://shop.example.com'

/** Shown as text everywhere, or a test fails: as markup it would load, run or break something. */
export const CANARY = `"><img src=/xss onerror=alert(1)><script>alert(1)</script>{{7*7}}`

export interface World {
  service: Service
  stripe: StripeStandIn
  /** An owner's token, to sign in with. */
  token: string
  customerId: string
  /** A key of that customer that can be revoked. */
  leakedKey: string
  parkedEventId: string
  endpointId: string
  /** A fresh link to Ada's portal. */
  portalLink(allow?: string[]): Promise<string>
}

/** A service with something of everything: what the demo tells of, and a week of money and usage. */
export async function makeWorld(t: Pick<TestContext, 'after'>, canary = CANARY): Promise<World> {
  const stripe = await startStripe(STRIPE)
  t.after(() => stripe.close())
  const service = await startService(t, {
    ...(await witnessedLog(t, logFolder(t), 'billing.example.com')),
    RUN_JOBS: 'true',
    CHECKOUT_ORIGINS: SHOP,
    STRIPE_SECRET_KEY: STRIPE.secretKey,
    STRIPE_WEBHOOK_SECRET: STRIPE.webhookSecret,
    STRIPE_API_BASE: stripe.origin,
  })
  const customer = await sell(service, stripe, canary)
  await openAccounts(service)
  await fillWeek(service, customer.customerId, canary)
  const parkedEventId = await parkEvent(service, customer.customerId, canary)
  const told = await service.asAdmin('POST', '/api/webhook-endpoints', {
    url: 'http://127.0.0.1:9/told',
    events: ['*'],
    description: canary.slice(0, 100),
  })
  assert.equal(told.status, 201, JSON.stringify(told.body))
  await service.asAdmin('POST', `/api/webhook-endpoints/${told.body.endpoint.endpoint_id}/test`)
  const { token } = await issue(service, { scope: 'admin', role: 'owner', name: 'Ada, on call' })
  await issue(service, { scope: 'admin', role: 'support', name: 'Help desk' })
  await issue(service, {
    scope: 'internal',
    permissions: ['funds:deduct', 'accounts:read'],
    name: 'Agents',
  })
  return {
    service,
    stripe,
    token,
    ...customer,
    parkedEventId,
    endpointId: told.body.endpoint.endpoint_id as string,
    portalLink: async (allow = ['top_up', 'auto_top_up', 'budgets']) => {
      const body = { user_id: 'ada', allow, return_url: `${SHOP}/account` }
      const invited = await service.asInternal('POST', '/portal/session', body)
      assert.equal(invited.status, 201, JSON.stringify(invited.body))
      return invited.body.url
    },
  }
}

async function sell(service: Service, stripe: StripeStandIn, canary: string) {
  const plans = [
    ['free', 'Free', 0, null, { 'api.calls': 1_000 }, {}],
    ['starter', 'Starter', 5, 2_900, { 'api.calls': 20_000, 'storage.gb': 10 }, { sso: true }],
    [
      'pro',
      'Pro',
      10,
      9_900,
      { 'api.calls': 50_000, 'storage.gb': 100 },
      { sso: true, audit: true },
    ],
  ] as const
  for (const [id, name, rank, amount, limits, features] of plans) {
    const price =
      amount === null
        ? null
        : stripe.addPrice({ unit_amount: amount, recurring: { interval: 'month' } })
    const body = {
      name,
      rank,
      limits,
      features,
      ...(price !== null && { stripe_price_id: price.id }),
    }
    const { status } = await service.asAdmin('PUT', `/api/plans/${id}`, body)
    assert.equal(status, 200)
  }
  const names = [
    'Analytical Engines',
    'Babbage & Sons',
    'Jacquard Mills',
    'Hopper Compilers',
    'Lovelace Notes',
  ]
  const made = []
  for (const [index, name] of names.entries()) {
    const { body } = await service.asAdmin('POST', '/api/customers', {
      email: `billing@${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.example`,
      company_name: name,
      external_id: `crm-${index + 41}`,
      plan: index % 2 === 0 ? 'starter' : 'free',
      metadata: { crm: `A-${index}` },
    })
    made.push({ customerId: body.customer.customer_id as string, apiKey: body.api_key as string })
  }
  await service.asAdmin('PATCH', `/api/customers/${made[2]?.customerId}`, { status: 'suspended' })
  const [first] = made
  assert.ok(first)
  const asKey = (method: string, path: string, body?: unknown) =>
    service.call(method, path, { body, headers: { 'x-api-key': first.apiKey } })
  const { body: session } = await asKey('POST', '/api/subscriptions/checkout', {
    plan: 'pro',
    success_url: `${SHOP}/thanks`,
    cancel_url: `${SHOP}/pricing`,
  })
  stripe.payCheckout(session.checkout_session_id)
  await stripe.deliver({ to: `${service.origin}/api/webhooks/stripe`, order: 'given' })
  const isOnPro = async () =>
    (await service.asAdmin('GET', `/api/customers/${first.customerId}`)).body.plan === 'pro'
  assert.ok(await eventually(isOnPro, 15_000), 'the subscription is applied')
  for (const metric of ['api.calls', 'storage.gb']) {
    await asKey('POST', '/api/usage/report', {
      instance_id: 'eu-1',
      metrics: { [metric]: metric === 'api.calls' ? 1_840 : 41 },
    })
  }
  const leaked = await service.asAdmin('POST', `/api/customers/${first.customerId}/api-keys`, {
    name: canary.slice(0, 60),
  })
  assert.equal(leaked.status, 201, JSON.stringify(leaked.body))
  return { customerId: first.customerId, leakedKey: leaked.body.api_key as string }
}

/** Accounts of users, of which one is frozen. */
async function openAccounts(service: Service): Promise<void> {
  const call = async (method: string, path: string, body: object) => {
    const answer = await service.asInternal(method, path, body)
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  for (const userId of ['ada', 'grace', 'alan', 'user-123']) {
    await call('POST', '/account', { user_id: userId, tier: 'pro' })
  }
  await call('PATCH', '/account/alan', { status: 'frozen' })
}

async function parkEvent(service: Service, customerId: string, canary: string): Promise<string> {
  const id = 'evt_1QparkedForTheInbox'
  const object = {
    id: 'cus_1QofTheInbox',
    object: 'customer',
    metadata: { customer_id: customerId, note: canary },
  }
  const payload = {
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    type: 'customer.updated',
    livemode: false,
    data: { object },
  }
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      insert into stripe_events (id, type, livemode, api_version, created_at, payload, received_at, status, reason, settled_at)
      values (${id}, 'customer.updated', false, ${canary.slice(0, 40)}, now() - interval '2 hours',
        ${sql.json(payload)}, now() - interval '2 hours', 'parked', ${canary}, now() - interval '1 hour')`
  })
  return id
}

const HOURS = 8 * 24

/** Movements of a week before now, as a ledger would have them, and then some of today by its calls. */
async function fillWeek(service: Service, customerId: string, canary: string): Promise<void> {
  await asAdmin(service.database.adminUrl, async (sql) => {
    for (const [index, userId] of ['grace', 'ada'].entries()) {
      await sql`
        with recursive account as (select id, asset from accounts where user_id = ${userId}),
        hours as (
          select n, date_trunc('hour', now()) - (${HOURS}::int - n) * interval '1 hour'
              + interval '7 minutes' as at,
            case when n % 60 = 1 then 'top_up' when n % 37 = 5 then 'refund' else 'deduct' end as kind,
            case when n % 60 = 1 then 12000
              when n % 37 = 5 then 150
              else 70 + 55 * abs(sin(n * 0.26)) + 40 * abs(sin(n * 1.7)) + ${index}::int * 20 end::bigint as amount
          from generate_series(1, ${HOURS}::int - 1) n
        ),
        running as (
          select h.*, sum(case when kind = 'deduct' then -amount else amount end) over (order by n) as balance
          from hours h
        )
        insert into transfers (
          account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, target_seq,
          balance_after, held_after, available_after, idempotency_key, fingerprint, reason, reference,
          actor, created_at
        )
        select a.id, r.n,
          case r.kind when 'deduct' then a.id when 'refund' then revenue.id else adjustments.id end,
          case r.kind when 'deduct' then revenue.id else a.id end,
          a.asset, r.amount, r.kind, case when r.kind = 'refund' then r.n - 1 end,
          r.balance, 0, r.balance, 'week-' || a.id || '-' || r.n, sha256('week'),
          case r.kind when 'deduct' then (array['1,200 tokens', 'image, 1024 px', 'transcription', '640 tokens'])[1 + r.n % 4]
            when 'refund' then 'the answer was empty' else 'monthly prepayment' end,
          case r.kind when 'deduct' then 'job-' || (4000 + r.n) end, 'internal:test', r.at
        from running r, account a, accounts revenue, accounts adjustments
        where revenue.system = 'revenue' and revenue.asset = a.asset
          and adjustments.system = 'adjustments' and adjustments.asset = a.asset`
      await sql`
        update accounts a set seq = t.seq, balance = t.balance_after from transfers t
        where a.user_id = ${userId} and t.account_id = a.id and t.seq = ${HOURS}::int - 1`
    }
    await sql`
      insert into usage_totals (customer_id, metric, period, starts_at, count, sum, min, max, last, last_at)
      select ${customerId}, m.name, p.name, date_trunc(p.name, now(), 'UTC') - n * ('1 ' || p.name)::interval,
        24, (m.size * (1 + 0.6 * abs(sin(n * 0.9))))::int, 1, m.size, m.size, now()
      from (values ('api.calls', 900), ('storage.gb', 40), ('tokens.out', 61000)) m (name, size),
        (values ('hour', 190), ('day', 30)) p (name, most), lateral generate_series(1, p.most) n
      on conflict do nothing`
    await sql`
      insert into usage_findings (kind, customer_id, metric, window_start, at, value, threshold, found_at)
      values ('anomaly', ${customerId}, 'api.calls', date_trunc('day', now(), 'UTC'),
        date_trunc('hour', now()) - interval '5 hours', 9120, 3140, now() - interval '4 hours')`
  })
  const call = async (method: string, path: string, body: object) => {
    const answer = await service.asInternal(method, path, body)
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const inMonth = new Date(Date.now() + 25 * 86_400_000).toISOString()
  await call('POST', '/grants', {
    user_id: 'ada',
    amount: 2_500,
    expires_at: inMonth,
    category: 'Welcome credit',
  })
  await call('POST', '/top_up', { user_id: 'ada', amount: 1_000, reason: 'paid by transfer' })
  await call('POST', '/deduct', {
    user_id: 'ada',
    amount: 420,
    reason: canary,
    reference: canary,
    metadata: { [canary.slice(0, 60)]: canary },
    idempotency_key: canary.replaceAll(' ', '_'),
  })
  await call('POST', '/deduct', {
    user_id: 'ada',
    amount: 310,
    reason: '2,480 tokens',
    reference: 'job-4711',
  })
  await call('POST', '/holds', {
    user_id: 'ada',
    amount: 900,
    reason: 'video, 4 minutes',
    reference: 'job-4712',
  })
  await call('PUT', '/account/ada/budgets/daily', { amount: 2_000, window: 'day', alert_at: [80] })
  await call('PUT', '/account/ada/budgets/agents', {
    amount: 900,
    window: 'month',
    mode: 'soft',
    match: { reference_prefix: 'job-', reason: canary },
  })
  await call('POST', '/deduct', {
    user_id: 'ada',
    amount: 260,
    reason: '1,900 tokens',
    reference: 'job-4713',
  })
  await call('PUT', '/account/ada/auto_top_up', {
    threshold: 500,
    amount: 2_000,
    daily_max: 4_000,
    monthly_max: 20_000,
    enabled: true,
  })
  const refused = await service.asInternal('POST', '/deduct', { user_id: 'user-123', amount: 99 })
  assert.equal(refused.status, 402)
}
