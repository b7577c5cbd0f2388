import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { ADMIN_TOKEN, type Answer, type Service } from '../support/service.ts'
import { browserOf } from '../support/sessions.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'
import { issue } from '../support/tokens.ts'

export type Act = () => Promise<Answer>

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>

/** A call that must succeed, for its answer's body. */
async function done(answer: Promise<Answer>) {
  const { status, body } = await answer
  assert.ok(status < 300, JSON.stringify(body))
  return body
}

/**
 * A service with everything that can be acted on, and at least one act of each route that has one: each is good, in
 * this order, once.
 */
export async function startStage(t: TestContext) {
  // Nothing but the acts changes anything.
  const billing = await startBilling(t, { RUN_JOBS: 'false' })
  const { service } = billing
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  return {
    service,
    acts: [
      ...(await actsOnCustomers(billing)),
      ...(await actsOnUsage(service)),
      ...(await actsOnFunds(service)),
      ...(await actsOfOperators(billing)),
      ...(await actsOfBrowsers(billing)),
    ],
  }
}

function callsOf(service: Service): { asAdmin: Call; asInternal: Call } {
  return {
    asAdmin: (...call) => service.asAdmin(...call),
    asInternal: (...call) => service.asInternal(...call),
  }
}

type Billing = Awaited<ReturnType<typeof startBilling>>

async function actsOnCustomers({ service, newCustomer }: Billing): Promise<Act[]> {
  const { asAdmin } = callsOf(service)
  const [ada, bob] = [await newCustomer(), await newCustomer('bob@example.com')]
  const customer = `/api/customers/${ada.customerId}`
  const keys: string[] = []
  for (let n = 0; n < 2; n++) {
    keys.push((await done(asAdmin('POST', `${customer}/api-keys`, {}))).key.key_id)
  }
  const ofAda = { customer_id: ada.customerId }
  const { license } = await done(asAdmin('POST', '/api/licenses', ofAda))
  return [
    () => asAdmin('POST', '/api/customers', { email: 'new@example.com' }),
    () => asAdmin('PATCH', customer, { company_name: 'Engines' }),
    () => asAdmin('PATCH', customer, { status: 'suspended' }),
    () => asAdmin('PATCH', customer, { status: 'active' }),
    () => asAdmin('POST', `${customer}/api-keys`, {}),
    () => asAdmin('POST', `${customer}/api-keys/${keys[0]}/rotate`, {}),
    () => asAdmin('DELETE', `${customer}/api-keys/${keys[1]}`),
    () => asAdmin('POST', '/api/licenses', ofAda),
    () => asAdmin('POST', `/api/licenses/${license.license_id}/revoke`, {}),
    // Each makes the customer known to Stripe, which is a change of the customer.
    () => ada.checkout(),
    () => bob.call('POST', '/api/subscriptions/portal', { return_url: URLS.cancel_url }),
    () => asAdmin('GET', `${customer}/export`),
    () => asAdmin('DELETE', customer),
  ]
}

/** Of a customer who pays for usage from funds, so that a report moves money. */
async function actsOnUsage(service: Service): Promise<Act[]> {
  const { asAdmin, asInternal } = callsOf(service)
  const made = await done(
    asAdmin('POST', '/api/customers', { email: 'cyd@example.com', plan: 'paid' }),
  )
  const id: string = made.customer.customer_id
  const headers = { 'x-api-key': made.api_key as string }
  const one = (report_id: string) => ({ report_id, metrics: { calls: 1 } })
  const report = (body: object, path = '/api/usage/report') =>
    service.call('POST', path, { headers, body })
  await done(asInternal('POST', '/account', { user_id: id, tier: 'pro' }))
  await done(asInternal('POST', '/top_up', { user_id: id, amount: 1_000 }))
  await done(report(one('mistaken')))
  const correction = { report_id: 'mistaken', reason: 'a mistake' }
  return [
    () => report(one('one')),
    () => report({ reports: [one('two')] }, '/api/usage/report/batch'),
    () => asAdmin('POST', `/api/usage/${id}/corrections`, correction),
    () => asAdmin('DELETE', '/api/usage/cleanup?older_than_days=1'),
  ]
}

async function actsOnFunds(service: Service): Promise<Act[]> {
  const { asAdmin, asInternal } = callsOf(service)
  const user_id = 'ada'
  const post = (path: string, body: object) => asInternal('POST', path, body)
  await done(post('/account', { user_id, tier: 'pro' }))
  await done(post('/top_up', { user_id, amount: 10_000 }))
  const charge = await done(post('/deduct', { user_id, amount: 10 }))
  const holds: string[] = []
  for (let n = 0; n < 2; n++) {
    holds.push((await done(post('/holds', { user_id, amount: 10 }))).hold_id)
  }
  const grant = await done(post('/grants', { user_id, amount: 10 }))
  const day = { amount: 5_000, window: 'day' }
  await done(asInternal('PUT', '/account/ada/budgets/old', day))
  const auto = { threshold: 1, amount: 500, daily_max: 500, monthly_max: 500, enabled: false }
  const item = { op: 'deduct', user_id, amount: 1 }
  return [
    () => post('/account', { user_id: 'bob', tier: 'pro' }),
    () => asInternal('PATCH', '/account/ada', { status: 'frozen' }),
    () => asAdmin('PATCH', '/api/funds/accounts/ada', { status: 'active' }),
    () => post('/deduct', { user_id, amount: 1 }),
    () => post('/top_up', { user_id, amount: 1 }),
    () => post('/refund', { transfer_id: charge.transfer_id }),
    () => post('/holds', { user_id, amount: 1 }),
    () => post(`/holds/${holds[0]}/capture`, {}),
    () => post(`/holds/${holds[1]}/release`, {}),
    () => post('/transfers/batch', { atomic: true, transfers: [item] }),
    () => post('/grants', { user_id, amount: 1 }),
    () => post(`/grants/${grant.grant_id}/void`, {}),
    () => asInternal('PUT', '/account/ada/budgets/new', day),
    () => asInternal('DELETE', '/account/ada/budgets/old'),
    () => asInternal('PUT', '/account/ada/auto_top_up', auto),
    () => asAdmin('POST', '/api/funds/adjustments', { user_id, amount: 1, reason: 'a gift' }),
    () => asInternal('GET', '/account/ada/export'),
    () => asInternal('DELETE', '/account/ada?force=true'),
  ]
}

async function actsOfOperators({ service, settings }: Billing): Promise<Act[]> {
  const { asAdmin } = callsOf(service)
  const url = 'http://127.0.0.1:9/events'
  const endpoints: string[] = []
  for (let n = 0; n < 2; n++) {
    const made = await done(asAdmin('POST', '/api/webhook-endpoints', { url, events: ['*'] }))
    endpoints.push(`/api/webhook-endpoints/${made.endpoint.endpoint_id}`)
  }
  const tokens = [
    await issue(service, { scope: 'admin', role: 'support' }),
    await issue(service, { scope: 'internal', permissions: ['accounts:read'] }),
  ]
  const reader = { name: 'reader', scope: 'admin', role: 'auditor' }
  const event = JSON.stringify(stripeEvent({ id: 'evt_1' }))
  const signature = stripeSignature(event, { secret: settings.STRIPE_WEBHOOK_SECRET })
  const headers = { 'stripe-signature': signature }
  await done(service.call('POST', '/api/webhooks/stripe', { headers, body: event }))
  return [
    () => asAdmin('PUT', '/api/plans/pro', { name: 'Pro', features: {}, limits: {} }),
    () => asAdmin('POST', '/api/tokens', reader),
    () => asAdmin('POST', `/api/tokens/${tokens[0]?.tokenId}/rotate`, {}),
    () => asAdmin('DELETE', `/api/tokens/${tokens[1]?.tokenId}`),
    () => asAdmin('POST', '/api/webhook-endpoints', { url, events: ['*'] }),
    () => asAdmin('PATCH', endpoints[0] ?? '', { description: 'of the test' }),
    () => asAdmin('POST', `${endpoints[0]}/rotate`, {}),
    () => asAdmin('POST', `${endpoints[0]}/replay`, { from_seq: 1 }),
    () => asAdmin('DELETE', endpoints[1] ?? ''),
    () => asAdmin('POST', '/api/stripe/events/evt_1/replay'),
  ]
}

async function actsOfBrowsers({ service }: Billing): Promise<Act[]> {
  const { asAdmin, asInternal } = callsOf(service)
  const leaving = browserOf(service)
  assert.equal((await leaving.signIn(ADMIN_TOKEN)).status, 204)
  const other = browserOf(service)
  assert.equal((await other.signIn(ADMIN_TOKEN)).status, 204)
  const { session } = await done(other.call('GET', '/console/session'))
  await done(asInternal('POST', '/account', { user_id: 'visitor', tier: 'pro' }))
  const link = async () => {
    const { url } = await done(asInternal('POST', '/portal/session', { user_id: 'visitor' }))
    return { secret: new URL(url).hash.slice(1) }
  }
  const visitor = browserOf(service)
  await done(visitor.call('POST', '/portal/session/open', await link()))
  const invited = await link()
  return [
    () => browserOf(service).signIn(ADMIN_TOKEN),
    () => leaving.call('DELETE', '/console/session'),
    () => asAdmin('DELETE', `/console/sessions/${session.session_id}`),
    () => browserOf(service).call('POST', '/portal/session/open', invited),
    () => visitor.call('DELETE', '/portal/session'),
  ]
}
