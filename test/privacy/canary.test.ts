import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkpointNow, settled } from '../support/audit.ts'
import { URLS, startBilling } from '../support/billing.ts'
import { counts } from '../support/counts.ts'
import { eventually } from '../support/processes.ts'
import { collectRoutes } from '../support/routes.ts'
import { findTexts } from '../support/search.ts'
import { command } from '../support/service-process.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN } from '../support/service.ts'
import { query } from '../support/tables.ts'

const EMAIL = 'Canary.Person@example.com'
const USER = 'canary-user'
const ADDRESS = '203.0.113.77'

/** Calls that say nothing of any person. */
const OF_NOBODY = new Set([
  'PUT /api/plans/:plan_id',
  'DELETE /api/usage/cleanup',
  'POST /api/stripe/events/:event_id/replay',
  'POST /api/tokens',
  'DELETE /api/tokens/:token_id',
  'POST /api/tokens/:token_id/rotate',
  'POST /api/webhook-endpoints',
  'PATCH /api/webhook-endpoints/:endpoint_id',
  'DELETE /api/webhook-endpoints/:endpoint_id',
  'POST /api/webhook-endpoints/:endpoint_id/replay',
  'POST /api/webhook-endpoints/:endpoint_id/rotate',
  'POST /api/webhook-endpoints/:endpoint_id/test',
  // Of an operator.
  'POST /console/session',
  'DELETE /console/session',
  'DELETE /console/sessions/:session_id',
])

/** Every text that a person gives away, and what stands for it in a JSON body. */
let given = 0
const texts = [EMAIL, USER, ADDRESS]
function canary(): string {
  const text = `canary-text-${String(++given).padStart(2, '0')}`
  texts.push(text)
  return text
}

const routes = collectRoutes()

type Billing = Awaited<ReturnType<typeof startBilling>>

/** The person's calls, all from one address; which routes they were for is remembered. */
function caller({ service }: Billing) {
  const called = new Set<string>()

  async function call(
    credential: Record<string, string>,
    method: string,
    path: string,
    body?: unknown,
  ) {
    const headers = { 'x-forwarded-for': ADDRESS, ...credential }
    const answer = await service.call(method, path, { headers, body })
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    for (const { method: known, url } of routes()) {
      const pattern = new RegExp(`^${url.replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`)
      if (known === method && pattern.test(path)) called.add(`${method} ${url}`)
    }
    return answer.body
  }

  const admin = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const internal = { 'x-internal-token': INTERNAL_TOKEN }
  return {
    called,
    asAdmin: (method: string, path: string, body?: unknown) => call(admin, method, path, body),
    asInternal: (method: string, path: string, body?: unknown) =>
      call(internal, method, path, body),
    asVisitor: (method: string, path: string, body?: unknown, cookie = '') =>
      call({ origin: service.origin, cookie }, method, path, body),
    asCustomer: (apiKey: string) => (method: string, path: string, body?: unknown) =>
      call({ 'x-api-key': apiKey }, method, path, body),
  }
}

type Caller = ReturnType<typeof caller>

/** A customer who leaves a trace wherever one can be left. */
async function liveAsCustomer({ stripe, deliver }: Billing, calls: Caller): Promise<string> {
  const { customer, api_key: apiKey } = await calls.asAdmin('POST', '/api/customers', {
    email: EMAIL,
    company_name: canary(),
    metadata: { [canary()]: canary() },
  })
  const id: string = customer.customer_id
  const path = `/api/customers/${id}`
  await calls.asAdmin('PATCH', path, { company_name: canary(), metadata: { note: canary() } })
  const { key } = await calls.asAdmin('POST', `${path}/api-keys`, { name: canary() })
  const rotated = await calls.asAdmin('POST', `${path}/api-keys/${key.key_id}/rotate`, {})
  await calls.asAdmin('DELETE', `${path}/api-keys/${rotated.key.key_id}`)

  const call = calls.asCustomer(apiKey)
  const report = () => ({
    metrics: { calls: 2_000 },
    report_id: canary(),
    instance_id: canary(),
  })
  await call('POST', '/api/usage/report', report())
  await call('POST', '/api/usage/report/batch', { reports: [report(), report()] })
  const session = await call('POST', '/api/subscriptions/checkout', {
    plan: 'starter',
    success_url: `${URLS.success_url}?${canary()}`,
    cancel_url: `${URLS.cancel_url}?${canary()}`,
  })
  stripe.payCheckout(session.checkout_session_id)
  await deliver(withBillingDetails(stripe.events))
  await call('POST', '/api/subscriptions/portal', { return_url: URLS.cancel_url })
  // Reported against the limit of the plan that the subscription has brought.
  const mistaken = report()
  await call('POST', '/api/usage/report', mistaken)
  await calls.asAdmin('POST', `/api/usage/${id}/corrections`, {
    report_id: mistaken.report_id,
    reason: canary(),
  })

  const { license } = await calls.asAdmin('POST', '/api/licenses', {
    customer_id: id,
    features: { seat: canary() },
  })
  await calls.asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, { reason: canary() })
  const held = await calls.asAdmin('GET', path)
  texts.push(held.stripe_customer_id)
  await calls.asAdmin('GET', `${path}/export`)
  return id
}

/** A user who does the same. */
async function liveAsUser({ stripe, deliver }: Billing, calls: Caller): Promise<void> {
  const notes = () => ({
    reason: canary(),
    reference: canary(),
    metadata: { [canary()]: canary() },
    idempotency_key: canary(),
  })
  const post = (path: string, body: object) => calls.asInternal('POST', path, body)
  await post('/account', { user_id: USER, tier: 'pro' })
  await calls.asInternal('PATCH', `/account/${USER}`, { low_balance_at: 100 })
  await post('/top_up', { user_id: USER, amount: 1_000, ...notes() })
  for (const ending of ['void', null]) {
    const { reason: _, ...noted } = notes()
    const terms = { category: canary(), expires_at: '2099-01-01T00:00:00Z' }
    const grant = await post('/grants', { user_id: USER, amount: 5, ...terms, ...noted })
    if (ending !== null) await post(`/grants/${grant.grant_id}/${ending}`, notes())
  }
  for (const ending of ['DELETE', 'GET']) {
    const budget = `/account/${USER}/budgets/${canary()}`
    const match = { reference_prefix: canary(), reason: canary() }
    await calls.asInternal('PUT', budget, { amount: 5_000, window: 'total', match })
    await calls.asInternal(ending, budget)
  }
  await post('/check', { user_id: USER, reference: canary(), reason: canary() })
  const charge = await post('/deduct', { user_id: USER, amount: 950, ...notes() })
  await post('/transfers/batch', {
    transfers: [{ op: 'deduct', user_id: USER, amount: 1, ...notes() }],
  })
  await calls.asAdmin('POST', '/api/funds/adjustments', {
    user_id: USER,
    amount: 1,
    reason: canary(),
  })
  await post('/refund', { transfer_id: charge.transfer_id, ...notes() })
  for (const ending of ['capture', 'release']) {
    const hold = await post('/holds', { user_id: USER, amount: 10, ...notes() })
    await post(`/holds/${hold.hold_id}/${ending}`, notes())
  }
  await post('/holds', { user_id: USER, amount: 10, ...notes() })
  const before = stripe.events.length
  const session = await post('/top_up/checkout', {
    user_id: USER,
    amount: 500,
    success_url: `${URLS.success_url}?${canary()}`,
    cancel_url: URLS.cancel_url,
    idempotency_key: canary(),
    save_payment_method: true,
  })
  stripe.payCheckout(session.checkout_session_id)
  const paid = withBillingDetails(stripe.events.slice(before))
  await deliver(paid)
  const { customer } = stripe.find(session.checkout_session_id) as { customer: string }
  texts.push(customer)
  const limits = { daily_max: 500, monthly_max: 500 }
  const auto = { threshold: 100_000, amount: 500, ...limits, enabled: true }
  const from = stripe.events.length
  await calls.asInternal('PUT', `/account/${USER}/auto_top_up`, auto)
  assert.ok(await eventually(() => stripe.events.length > from + 2, 20_000))
  await deliver(withBillingDetails(stripe.events.slice(from)))
  for (const ending of ['DELETE', 'GET']) {
    const link = await post('/portal/session', {
      user_id: USER,
      return_url: `${URLS.success_url}?${canary()}`,
    })
    const secret = new URL(link.url).hash.slice(1)
    await calls.asVisitor('POST', '/portal/session/open', { secret })
    await calls.asVisitor(ending, '/portal/session')
  }
  await calls.asAdmin('PATCH', `/api/funds/accounts/${USER}`, { status: 'active' })
  await calls.asInternal('GET', `/account/${USER}/export`)
}

/** Events as they come when somebody has filled in Stripe's forms. */
function withBillingDetails<Event extends { data: { object: object } }>(events: Event[]): Event[] {
  const details = { email: EMAIL, name: canary(), phone: canary(), address: { line1: canary() } }
  return events.map((event) => ({
    ...event,
    data: {
      ...event.data,
      object: { ...event.data.object, billing_details: details, customer_details: details },
    },
  }))
}

/** `strongroom <command>` on the service's database, with a checkpoint that was kept elsewhere. */
function verifier(t: TestContext, { service }: Billing, token: string) {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-canary-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const checkpoint = join(folder, 'checkpoint.jwt')
  writeFileSync(checkpoint, token)
  const env = {
    DATABASE_URL: service.database.url,
    DATA_DIR: folder,
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
  }
  return (...args: string[]) => {
    const { status, stdout } = command(
      args.map((one) => (one === 'FILE' ? checkpoint : one)),
      env,
    )
    assert.equal(status, 0, stdout)
    return stdout
  }
}

test('promise 18: of an erased person no table has anything; sums and the log still verify', async (t) => {
  const tried = counts(t, {
    promise: '18',
    what: 'Texts of an erased person, searched in every column',
    trials: 0,
  })
  const billing = await startBilling(t, { TRUST_PROXY: '127.0.0.1,::1' })
  const { service, stripe, price } = billing
  const plan = { name: 'Starter', features: {}, limits: { calls: 100 }, stripe_price_id: price.id }
  await service.asAdmin('PUT', '/api/plans/starter', plan)
  const calls = caller(billing)
  const customerId = await liveAsCustomer(billing, calls)
  await liveAsUser(billing, calls)
  tried.trials = texts.length
  const found = await findTexts(service.database, texts)
  const places = found.map((place) => place.split(':')[0])
  assert.ok(found.length > texts.length * 0.8, 'the texts are in the database')
  for (const place of ['public.customers', 'public.stripe_events', 'public.transfers']) {
    assert.ok(places.includes(place), place)
  }

  await t.test('every route that writes was walked', () => {
    const writing = routes()
      .filter(({ method, scope }) => /POST|PUT|PATCH|DELETE/.test(method) && scope !== 'stripe')
      .map(({ method, url }) => `${method} ${url}`)
    const erasing = ['DELETE /api/customers/:customer_id', 'DELETE /account/:user_id']
    const missed = writing.filter(
      (route) => !calls.called.has(route) && !OF_NOBODY.has(route) && !erasing.includes(route),
    )
    assert.ok(writing.length > 20)
    assert.deepEqual(missed, [])
  })

  const checkpoint = await checkpointNow(service)
  const customer = await service.asAdmin('DELETE', `/api/customers/${customerId}`)
  assert.equal(customer.status, 200)
  const user = await service.asInternal('DELETE', `/account/${USER}?force=true`)
  assert.equal(user.status, 200)
  // Stripe deletes its customer, and tells of it; what it has told before, it tells again.
  const noJobs = async () =>
    (await query(service.database, 'select 1 from graphile_worker._private_jobs')).length === 0
  assert.ok(await eventually(noJobs, 10_000))
  await billing.deliver(withBillingDetails([...stripe.events]), { copies: 2 })
  assert.equal(await billing.countEvents('parked'), 0)
  await settled(service)

  await t.test('no table has anything of theirs', async () => {
    assert.deepEqual(await findTexts(service.database, texts), [])
  })

  await t.test('the ledger and the log verify', async () => {
    const verify = verifier(t, billing, checkpoint.token)
    assert.match(verify('ledger', 'verify'), /every sum zero/)
    assert.match(verify('audit', 'verify', '--checkpoint', 'FILE'), /^The audit log is sound/)
  })
})
