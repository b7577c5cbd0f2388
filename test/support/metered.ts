import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { applyEvent } from '../../src/stripe/apply.ts'
import { sendMeterEvents } from '../../src/usage/meter-events.ts'
import { startBilling } from './billing.ts'
import { createCustomer, putPlan } from './customers.ts'
import { query } from './tables.ts'
import { asCustomer } from './usage.ts'

const METERED = { calls: { via: 'stripe', event_name: 'api_calls' } }
const HOUR_MS = 3_600_000

export const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS)
export const secondOf = (time: Date) => Math.floor(time.getTime() / 1_000)
export const hourOf = (time: Date) => Math.floor(time.getTime() / HOUR_MS) * 3_600

/** A metered plan to sell and a customer, with jobs that run when a test says so. */
export async function sellMetered(t: TestContext) {
  const billing = await startBilling(t, { RUN_JOBS: 'false' })
  const { service, stripe, price, to } = billing
  await putPlan(service, 'starter', { stripe_price_id: price.id, metered: METERED, rank: 10 })
  const { customerId, apiKey } = await createCustomer(service, { email: 'ada@example.com' })
  const api = asCustomer(service, apiKey)
  let applied = 0

  async function apply(): Promise<void> {
    const events = stripe.events.slice(applied)
    applied = stripe.events.length
    await stripe.deliver({ to, events })
    for (const { id } of events) await applyEvent(service.app, id, { attempt: 1, isLast: false })
  }
  async function report(calls: number, reportedAt?: Date, reportId?: string): Promise<void> {
    const reported = { report_id: reportId, reported_at: reportedAt?.toISOString() }
    const body = { metrics: { calls }, ...reported }
    assert.equal((await api('POST', '/api/usage/report', body)).status, 201)
  }
  /** @returns what the answer says of Stripe */
  async function correct(reportId: string): Promise<string | undefined> {
    const path = `/api/usage/${customerId}/corrections`
    const body = { report_id: reportId, reason: 'wrong' }
    const { status, body: answer } = await service.asAdmin('POST', path, body)
    assert.equal(status, 201, JSON.stringify(answer))
    return answer.stripe
  }
  const told = () =>
    stripe.meterEvents.map(({ timestamp, payload }) => [
      payload['stripe_customer_id'],
      payload['value'],
      timestamp,
    ])
  const findings = async () =>
    (await service.asAdmin('GET', '/api/subscriptions/findings')).body.data
  /** The kinds of findings, and of how much use they are. */
  const found = async (): Promise<string[]> =>
    (await findings()).map((one: { kind: string; usage: { value: string } }) =>
      [one.kind, one.usage.value].join(' '),
    )
  /** As if a subscription had begun then, and its present period. */
  const began = (id: string, created: Date, period = created) =>
    query(
      service.database,
      `update subscriptions set created_at = $2, items = jsonb_set(items, '{0,start}', to_jsonb($3::bigint))
       where id = $1`,
      [id, created.toISOString(), secondOf(period)],
    )
  /** As if it had always been as it is. */
  const forgetPast = () => query(service.database, 'delete from subscriptions_past')
  const sell = (customer = stripe.addCustomer(), priceId = price.id) => {
    const metadata = { customer_id: customerId }
    const id = stripe.startSubscription({ customer, items: [{ price: priceId }], metadata })
    return { id, customer }
  }
  const send = () => sendMeterEvents(service.app)
  const acts = { apply, report, correct, began, forgetPast, sell, send }
  return { ...billing, customerId, api, told, findings, found, ...acts }
}
