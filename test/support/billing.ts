import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createCustomer, putPlan } from './customers.ts'
import { asAdmin } from './database.ts'
import { eventually } from './processes.ts'
import { type Answer, type Service, startService } from './service.ts'
import {
  type DeliverReport,
  type StripeEvent,
  type StripeStandIn,
  startStripe,
} from './stripe/index.ts'

export const STRIPE_KEY = 'sk_test_of_the_stand_in_0123456789abcdef'
const SECRET = 'whsec_of_the_stand_in_0123456789abcdefgh'
const SETTLE_MS_MAX = 30_000

export const URLS = {
  success_url: 'https://app.example.com/welcome',
  cancel_url: 'https://app.example.com/pricing',
}

/** The service with its jobs and a Stripe stand-in; both end with the test. */
export async function startBilling(t: TestContext, env: Record<string, string> = {}) {
  const stripe = await startStripe({ secretKey: STRIPE_KEY, webhookSecret: SECRET })
  t.after(() => stripe.close())
  const settings = {
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: SECRET,
    STRIPE_API_BASE: stripe.origin,
    CHECKOUT_ORIGINS: 'https://app.example.com',
    RUN_JOBS: 'true',
    ...env,
  }
  const service = await startService(t, settings)
  const price = stripe.addPrice({ unit_amount: 2_900, recurring: { interval: 'month' } })
  await putPlan(service, 'starter', { stripe_price_id: price.id })

  return { ...helpers(service, stripe), service, stripe, price, settings }
}

function helpers(service: Service, stripe: StripeStandIn) {
  const to = `${service.origin}/api/webhooks/stripe`

  /** A customer, with calls that use its key. */
  async function newCustomer(email = 'ada@example.com') {
    const { customerId, apiKey } = await createCustomer(service, { email })
    const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
      service.call(method, path, { body, headers: { 'x-api-key': apiKey } })
    return {
      customerId,
      call,
      checkout: (body: Record<string, unknown> = {}) =>
        call('POST', '/api/subscriptions/checkout', { plan: 'starter', ...URLS, ...body }),
      /** From the request to the payment; no event is delivered. */
      subscribe: async (plan = 'starter'): Promise<string> => {
        const opened = await call('POST', '/api/subscriptions/checkout', { plan, ...URLS })
        assert.equal(opened.status, 201)
        stripe.payCheckout(opened.body.checkout_session_id)
        return (stripe.find(opened.body.checkout_session_id) as { subscription: string })
          .subscription
      },
      subscription: async () => {
        const answer = await call('GET', `/api/subscriptions/${customerId}`)
        assert.equal(answer.status, 200)
        return answer.body.subscription
      },
      plan: async () => (await service.asAdmin('GET', `/api/customers/${customerId}`)).body.plan,
    }
  }

  /** Delivers events, each answered 2xx, and waits until the jobs have processed them. */
  async function deliver(
    events: StripeEvent[] = [...stripe.events],
    options: Partial<Parameters<StripeStandIn['deliver']>[0]> = {},
  ): Promise<DeliverReport> {
    const report = await stripe.deliver({ to, events, ...options })
    assert.deepEqual(report.undelivered, [])
    await settled()
    return report
  }

  async function settled(): Promise<void> {
    const done = await eventually(async () => (await countEvents('pending')) === 0, SETTLE_MS_MAX)
    assert.ok(done, `the events are settled: ${JSON.stringify(await unsettled())}`)
  }

  function unsettled() {
    return asAdmin(
      service.database.adminUrl,
      (sql) => sql`
        select e.type, j.attempts, j.last_error, j.locked_at, j.run_at from stripe_events e
        left join graphile_worker._private_jobs j on j.key = 'stripe_event ' || e.id
        where e.status = 'pending' limit 10`,
    )
  }

  function countEvents(status: string): Promise<number> {
    return asAdmin(service.database.adminUrl, async (sql) => {
      const [row] = await sql`select count(*)::int as n from stripe_events where status = ${status}`
      return row?.['n']
    })
  }

  /** Makes the queue retry now what it would retry later. */
  async function retryNow(): Promise<void> {
    await asAdmin(
      service.database.adminUrl,
      (sql) => sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`,
    )
  }

  async function statuses(): Promise<Record<string, string>> {
    const rows = await asAdmin(
      service.database.adminUrl,
      (sql) =>
        sql<{ type: string; status: string; reason: string | null }[]>`
        select type, status, reason from stripe_events order by received_at, id`,
    )
    return Object.fromEntries(rows.map((row) => [row.type, row.reason ?? row.status]))
  }

  async function reasonOf(id: string): Promise<string | null> {
    const rows = await asAdmin(
      service.database.adminUrl,
      (sql) => sql`select reason from stripe_events where id = ${id}`,
    )
    return rows[0]?.['reason']
  }

  return { to, newCustomer, reasonOf, deliver, settled, countEvents, retryNow, statuses }
}
