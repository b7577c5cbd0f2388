import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { fetchRevocations } from '../support/licenses.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'

const DAY_MS = 86_400_000
const WEEK_S = 7 * 86_400
/** More than are remembered. */
const PERIODS = 14

interface Licence {
  license_id: string
  plan: string
  expires_at: string
}

/** A customer with a subscription to the lesser of two plans. */
async function subscribed(t: TestContext) {
  const billing = await startBilling(t)
  const { service, stripe, deliver, newCustomer } = billing
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } }).id
  await putPlan(service, 'starter', { stripe_price_id: billing.price.id, rank: 10 })
  await putPlan(service, 'pro', { stripe_price_id: pro, rank: 20 })
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  const path = `/api/customers/${ada.customerId}`
  const licences = async (): Promise<Licence[]> =>
    (await ada.call('GET', `/api/licenses/${ada.customerId}`)).body.data
  const licence = async () => {
    const [one, ...others] = await licences()
    assert.deepEqual(others, [])
    return one!
  }
  const read = async () => (await service.asAdmin('GET', path)).body
  return { ...billing, ada, id, pro, path, licences, licence, read }
}

test('an upgrade that is not paid leaves the former terms until it is', async (t) => {
  const { ada, id, pro, stripe, deliver, licence } = await subscribed(t)
  const before = await licence()
  stripe.clock.advance(3_600)
  stripe.upgradeUnpaid(id, pro)
  await deliver()
  assert.equal((await ada.subscription()).status, 'past_due')
  const during = await licence()
  assert.deepEqual([during.plan, during.license_id], ['starter', before.license_id])
  assert.equal(await ada.plan(), 'starter')
  stripe.recover(id)
  await deliver()
  assert.equal((await licence()).plan, 'pro')
  assert.equal(await ada.plan(), 'pro')
})

test('an upgrade that is not paid leaves the former terms, whichever event comes first', async (t) => {
  const { ada, id, pro, stripe, deliver, licence } = await subscribed(t)
  const before = await licence()
  const seen = stripe.events.length
  stripe.clock.advance(3_600)
  stripe.renew(id)
  stripe.clock.advance(3_600)
  stripe.upgradeUnpaid(id, pro)
  for (const event of stripe.events.slice(seen).toReversed()) await deliver([event])
  assert.equal(await ada.plan(), 'starter')
  const during = await licence()
  assert.equal(during.plan, 'starter')
  assert.ok(during.expires_at > before.expires_at, 'the renewal was paid for')
})

test('a licence does not outlast what turns out not to be paid for', async (t) => {
  const { ada, id, stripe, deliver, licence, service } = await subscribed(t)
  const paid = await licence()
  stripe.clock.advance(30 * 86_400)
  const seen = stripe.events.length
  stripe.failPayment(id)
  const [draft] = stripe.events
    .slice(seen)
    .filter(({ type }) => type === 'customer.subscription.updated')
  // For an hour the new period looks like any other.
  stripe.faults.stale(id, draft!.data.object)
  await deliver([draft!])
  const early = await licence()
  assert.ok(early.expires_at > paid.expires_at)
  stripe.faults.clear()
  stripe.clock.advance(3_600)
  await deliver(stripe.events.slice(seen))
  assert.equal((await ada.subscription()).status, 'past_due')
  assert.equal((await licence()).expires_at, paid.expires_at)
  const list = (await fetchRevocations(service)).split('.')[1]!
  const { jtis } = JSON.parse(Buffer.from(list, 'base64url').toString())
  assert.ok(jtis.includes(early.license_id))
})

test('an answer from before the last one is not believed', async (t) => {
  const { ada, id, stripe, deliver, settled, retryNow } = await subscribed(t)
  const before = stripe.find(id)!
  stripe.clock.advance(3_600)
  const seen = stripe.events.length
  stripe.renew(id)
  const events = stripe.events.slice(seen)
  await deliver(events.filter(({ type }) => type === 'customer.subscription.updated'))
  const { current_period_end: end } = await ada.subscription()
  stripe.faults.stale(id, before)
  const asked = stripe.requests.length
  const paid = events.filter(({ type }) => type === 'invoice.paid')
  const delivery = deliver(paid)
  stripe.clock.advance(1)
  const isAnswered = () =>
    stripe.requests
      .slice(asked)
      .some(({ path, status }) => path === `/v1/subscriptions/${id}` && status === 200)
  assert.ok(await eventually(isAnswered, 20_000))
  assert.equal((await ada.subscription()).current_period_end, end)
  stripe.faults.clear()
  const retry = setInterval(() => void retryNow(), 300)
  await delivery.finally(() => clearInterval(retry))
  await settled()
  assert.equal((await ada.subscription()).current_period_end, end)
})

test('a renewal that is not paid ends with what was paid, and the grace', async (t) => {
  const { id, stripe, deliver, licence, ada } = await subscribed(t)
  const before = await licence()
  const paidUntil = Date.parse((await ada.subscription()).current_period_end)
  stripe.clock.advance(30 * 86_400)
  stripe.failPayment(id)
  await deliver()
  assert.equal((await licence()).license_id, before.license_id)
  assert.equal(Date.parse(before.expires_at) - paidUntil, 3 * DAY_MS)
})

for (const behavior of ['void', 'keep_as_draft'] as const) {
  test(`a pause of collection with ${behavior} licenses nothing beyond what is paid`, async (t) => {
    const { ada, id, stripe, deliver, licence } = await subscribed(t)
    const paid = await licence()
    stripe.pauseCollection(id, behavior)
    await deliver()
    assert.equal((await ada.subscription()).paused, true)
    for (let period = 0; period < 2; period++) {
      stripe.clock.advance(30 * 86_400)
      stripe.renewUnasked(id)
      await deliver()
      assert.equal((await licence()).license_id, paid.license_id)
    }
    stripe.clock.advance(86_400)
    stripe.pauseCollection(id, null)
    await deliver()
    assert.equal((await ada.subscription()).paused, false)
    assert.equal((await licence()).license_id, paid.license_id, 'this period was not asked for')
    stripe.clock.advance(29 * 86_400)
    stripe.renew(id)
    await deliver()
    assert.ok((await licence()).expires_at > paid.expires_at)
  })
}

for (const [what, daysUntilDue] of [
  ['nobody is asked to pay', undefined],
  ['nothing is ever paid', 3],
] as const) {
  test(`for however many periods ${what}, none brings another grace`, async (t) => {
    const { service, stripe, deliver, newCustomer } = await startBilling(t)
    const price = stripe.addPrice({ unit_amount: 900, recurring: { interval: 'week' } }).id
    await putPlan(service, 'weekly', { stripe_price_id: price })
    const ada = await newCustomer()
    stripe.clock.advance(-PERIODS * WEEK_S)
    const id = stripe.startSubscription({
      customer: stripe.addCustomer(),
      items: [{ price, quantity: 5 }],
      metadata: { customer_id: ada.customerId },
      ...(daysUntilDue !== undefined && { daysUntilDue }),
    })
    await deliver()
    if (daysUntilDue === undefined) stripe.pauseCollection(id, 'void')
    else stripe.overdue(id)
    let seen = 0
    for (let period = 0; period < PERIODS; period++) {
      stripe.clock.advance(WEEK_S)
      if (daysUntilDue === undefined) stripe.renewUnasked(id)
      else stripe.invoicePeriod(id)
      stripe.setItems(id, [{ price, quantity: 9 }])
      await deliver(stripe.events.slice(seen))
      seen = stripe.events.length
    }
    const { status, quantity, current_period_start: start } = await ada.subscription()
    assert.equal(status, daysUntilDue === undefined ? 'active' : 'past_due')
    assert.ok(Date.parse(start) > Date.now() - DAY_MS, 'the period has just begun')
    assert.equal(quantity, 5)
    assert.deepEqual((await ada.call('GET', `/api/licenses/${ada.customerId}`)).body.data, [])
  })
}

test('however many upgrades are not paid, what was paid for stays', async (t) => {
  const { id, pro, stripe, deliver, licence } = await subscribed(t)
  const before = await licence()
  for (let upgrade = 0; upgrade < PERIODS; upgrade++) {
    stripe.clock.advance(60)
    stripe.upgradeUnpaid(id, pro)
  }
  await deliver()
  assert.deepEqual(await licence(), before)
})

test('a subscription that ends on a day is licensed until that day, which is shown', async (t) => {
  const { ada, id, stripe, deliver, licence } = await subscribed(t)
  const end = Math.floor(stripe.clock.now()) + 5 * 86_400
  stripe.cancelAt(id, end)
  await deliver()
  const day = new Date(end * 1_000).toISOString()
  const { cancel_at, ends_at, cancel_at_period_end } = await ada.subscription()
  assert.deepEqual([cancel_at, ends_at, cancel_at_period_end], [day, day, false])
  assert.equal((await licence()).expires_at, day)
  stripe.cancelAt(id, null)
  await deliver()
  assert.ok((await licence()).expires_at > day)
  stripe.cancelAtPeriodEnd(id)
  await deliver()
  const ending = await ada.subscription()
  assert.equal(ending.ends_at, ending.current_period_end)
})

test('a suspended customer’s licences are on the list, and none is issued until they are back', async (t) => {
  const { ada, id, stripe, deliver, licences, service, path } = await subscribed(t)
  const [before] = await licences()
  const listed = async () => {
    const token = await fetchRevocations(service)
    return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).jtis as string[]
  }
  assert.deepEqual(await listed(), [])
  await service.asAdmin('PATCH', path, { status: 'suspended' })
  assert.deepEqual(await listed(), [before!.license_id])
  const byHand = await service.asAdmin('POST', '/api/licenses', { customer_id: ada.customerId })
  assertRefused(byHand, 'CUSTOMER_SUSPENDED')
  stripe.clock.advance(30 * 86_400)
  stripe.renew(id)
  await deliver()
  await service.asAdmin('PATCH', path, { status: 'active' })
  assert.deepEqual(await listed(), [])
  const renewed = async () => {
    const [one] = await licences()
    return one !== undefined && one.license_id !== before!.license_id
  }
  assert.ok(await eventually(renewed, 10_000), 'what was not issued meanwhile is')
})

test('the main subscription is that of the highest rank, then the newest', async (t) => {
  const { service, stripe, deliver, ada, id, pro, read } = await subscribed(t)
  stripe.clock.advance(60)
  const higher = stripe.startSubscription({
    customer: stripe.addCustomer(),
    items: [{ price: pro }],
    metadata: { customer_id: ada.customerId },
  })
  await deliver()
  assert.equal((await ada.subscription()).stripe_subscription_id, higher)
  stripe.clock.advance(60)
  stripe.failPayment(higher)
  stripe.giveUp(higher, 'unpaid')
  await deliver()
  const main = await ada.subscription()
  assert.deepEqual([main.stripe_subscription_id, main.status], [higher, 'unpaid'])
  assert.equal((await read()).subscription_status, 'unpaid')
  assert.equal(await ada.plan(), 'starter', 'which gives access')
  stripe.cancel(higher)
  await deliver()
  assert.equal((await ada.subscription()).stripe_subscription_id, id)
  const list = await service.asAdmin('GET', '/api/customers?subscription_status=active')
  assert.equal(list.body.data.length, 1)
})

test('where the renewal is owed, the period and the end shown are those of now', async (t) => {
  const { ada, id, stripe, deliver, licence } = await subscribed(t)
  const paid = await licence()
  stripe.clock.advance(31 * 86_400)
  stripe.failPayment(id)
  // As Stripe has it where an end is told by the flag alone.
  const { items } = stripe.find(id) as { items: { data: { current_period_end: number }[] } }
  const end = new Date(items.data[0]!.current_period_end * 1_000).toISOString()
  const flagged = { ...stripe.find(id)!, cancel_at_period_end: true, cancel_at: null }
  stripe.faults.stale(id, flagged)
  await deliver()
  const shown = await ada.subscription()
  assert.deepEqual([shown.status, shown.current_period_end, shown.ends_at], ['past_due', end, end])
  assert.equal(await ada.plan(), 'starter', 'it has not ended yet')
  assert.equal((await licence()).license_id, paid.license_id)
})
