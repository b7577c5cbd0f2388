import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { reconcile } from '../../src/subscriptions/reconcile.ts'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { fetchJwks, fetchRevocations, verdict } from '../support/licenses.ts'
import { query } from '../support/tables.ts'

const DAY_S = 86_400

interface Licence {
  license_id: string
  token: string
  quantity: number
  expires_at: string
}

/** A customer who gets invoices for an annual plan, and has 30 days to pay each. */
async function invoiced(
  t: TestContext,
  { daysAgo, plan = {} }: { daysAgo: number; plan?: Record<string, unknown> },
) {
  const billing = await startBilling(t)
  const { service, stripe, deliver, newCustomer } = billing
  const price = stripe.addPrice({ unit_amount: 90_000, recurring: { interval: 'year' } }).id
  await putPlan(service, 'annual', { stripe_price_id: price, ...plan })
  const ada = await newCustomer()
  stripe.clock.advance(-daysAgo * DAY_S)
  const start = stripe.clock.now()
  const id = stripe.startSubscription({
    customer: stripe.addCustomer(),
    items: [{ price, quantity: 5 }],
    metadata: { customer_id: ada.customerId },
    daysUntilDue: 30,
  })
  await deliver()
  const licences = async (): Promise<Licence[]> =>
    (await ada.call('GET', `/api/licenses/${ada.customerId}`)).body.data
  return { ...billing, ada, id, start, licences }
}

test('a first invoice that is never paid licenses no more than the grace, until it is paid', async (t) => {
  const { service, stripe, deliver, ada, id, licences } = await invoiced(t, { daysAgo: 31 })
  const jwks = await fetchJwks(service)
  const until = async () => {
    const { current_period_end: end } = await ada.subscription()
    return new Date(Date.parse(end) + 3 * DAY_S * 1_000).toISOString()
  }
  // While it is not due, it counts as paid: the money of a bank transfer takes its time.
  const [early] = await licences()
  assert.deepEqual([early?.quantity, early?.expires_at], [5, await until()])

  stripe.clock.advance(30 * DAY_S)
  stripe.overdue(id)
  await deliver()
  assert.equal((await ada.subscription()).status, 'past_due')
  assert.deepEqual(await licences(), [])
  const revocations = await fetchRevocations(service)
  assert.equal(verdict(early!.token, { jwks, revocations }), 'revoked')
  const { mended } = await reconcile(service.app, service.app.stripe())
  assert.deepEqual(mended, [])
  assert.deepEqual(await licences(), [])

  stripe.recover(id)
  await deliver()
  const [paid] = await licences()
  assert.deepEqual([paid?.quantity, paid?.expires_at], [5, await until()])
})

test('nor where another invoice has become the newest before it was due', async (t) => {
  const { stripe, deliver, ada, id, licences } = await invoiced(t, { daysAgo: 31 })
  stripe.clock.advance(DAY_S)
  stripe.setQuantityInvoiced(id, 6)
  await deliver()
  assert.deepEqual(
    (await licences()).map(({ quantity }) => quantity),
    [6],
  )
  stripe.clock.advance(29 * DAY_S)
  stripe.overdue(id)
  await deliver()
  assert.equal((await ada.subscription()).status, 'past_due')
  assert.deepEqual(await licences(), [])
})

test('a revoked licence is not replaced while nothing is paid', async (t) => {
  const { service, stripe, deliver, id, licences } = await invoiced(t, {
    daysAgo: 31,
    plan: { license_grace_days: 60 },
  })
  stripe.clock.advance(30 * DAY_S)
  stripe.overdue(id)
  await deliver()
  const [leaked] = await licences()
  assert.ok(leaked !== undefined)
  const revoked = await service.asAdmin('POST', `/api/licenses/${leaked.license_id}/revoke`, {})
  assert.equal(revoked.status, 200)
  await reconcile(service.app, service.app.stripe())
  await deliver()
  assert.deepEqual(await licences(), [])
  stripe.recover(id)
  await deliver()
  assert.equal((await licences()).length, 1)
})

test('whoever has paid nothing gets no grace with the next period either', async (t) => {
  const { stripe, deliver, id, licences } = await invoiced(t, { daysAgo: 366 })
  stripe.clock.advance(30 * DAY_S)
  stripe.overdue(id)
  await deliver()
  stripe.clock.advance(336 * DAY_S - 3_600)
  stripe.invoicePeriod(id)
  await deliver()
  assert.deepEqual(await licences(), [])
})

test('a later invoice that is overdue takes nothing of what was paid before', async (t) => {
  const { stripe, deliver, id, start, licences } = await invoiced(t, { daysAgo: 367 })
  stripe.recover(id)
  await deliver()
  stripe.clock.advance(365 * DAY_S)
  stripe.invoicePeriod(id)
  stripe.overdue(id)
  await deliver()
  const [left] = await licences()
  const paidUntil = start + 365 * DAY_S
  const grace = Date.parse(left!.expires_at) / 1_000 - paidUntil
  assert.ok(grace === 3 * DAY_S || grace === 4 * DAY_S, 'a year has a day more at times')
})

test('a payment that only the comparison has heard of counts once another invoice is overdue', async (t) => {
  const { service, stripe, deliver, ada, id, licences } = await invoiced(t, { daysAgo: 200 })
  const [paid] = await licences()
  const compare = () => reconcile(service.app, service.app.stripe())
  stripe.recover(id)
  const seen = stripe.events.length
  const news = () => stripe.events.slice(seen)
  assert.deepEqual((await compare()).mended, [])
  const [written] = await query(service.database, 'select xmin from subscriptions')
  stripe.clock.advance(3_600)
  await compare()
  assert.deepEqual(await query(service.database, 'select xmin from subscriptions'), [written])

  stripe.setQuantityInvoiced(id, 6)
  await deliver(news())
  assert.equal((await licences())[0]?.quantity, 6)
  stripe.clock.advance(30 * DAY_S)
  stripe.overdue(id)
  await deliver(news())
  assert.equal((await ada.subscription()).status, 'past_due')
  const left = (await licences()).map((one) => [one.quantity, one.expires_at])
  assert.deepEqual(left, [[5, paid!.expires_at]])
})
