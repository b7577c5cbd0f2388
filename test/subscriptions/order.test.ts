import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { asAdmin } from '../support/database.ts'
import { assertRefused } from '../support/refusals.ts'
import { type StripeEvent, asCopy, asOldShape } from '../support/stripe/index.ts'

const TYPES = [
  'checkout.session.completed',
  'customer.subscription.created',
  'customer.subscription.updated',
  'invoice.paid',
]

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, at) =>
    permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]),
  )
}

const signature = ({ status, plan, cancel_at_period_end }: Record<string, unknown>) =>
  `${String(status)} ${String(plan)} ${String(cancel_at_period_end)}`

test('every order of the first events ends in the same state', async (t) => {
  const { newCustomer, deliver, stripe } = await startBilling(t)
  const orders = permutations(TYPES)
  assert.equal(orders.length, 24)
  for (const [n, order] of orders.entries()) {
    // One at a time: keys are hashed one after the other, and a call that waits for too long is a 503.
    const customer = await newCustomer(`c${n}@example.com`)
    const before = stripe.events.length
    await customer.subscribe()
    const made = stripe.events.slice(before)
    assert.equal(new Set(made.map(({ created }) => created)).size, 1, 'all in one second')
    const inOrder = order.map((type) => made.find((event) => event.type === type)!)
    // One by one, so that each is applied before the next arrives.
    for (const event of inOrder) await deliver([event])
    assert.equal(signature(await customer.subscription()), 'active starter false', order.join())
    assert.equal(await customer.plan(), 'starter')
  }
})

test('in every order without Stripe too, once it is back', async (t) => {
  const { newCustomer, deliver, stripe, retryNow, settled, to } = await startBilling(t)
  for (const [n, order] of permutations(TYPES.slice(1)).entries()) {
    const customer = await newCustomer(`c${n}@example.com`)
    const before = stripe.events.length
    await customer.subscribe()
    const made = stripe.events.slice(before)
    const inOrder = order.map((type) => made.find((event) => event.type === type)!)
    stripe.faults.fail({ status: 503, times: 1_000, path: '/v1/subscriptions' })
    for (const event of inOrder) await stripe.deliver({ to, events: [event] })
    stripe.faults.clear()
    const retry = setInterval(() => void retryNow(), 300)
    await settled()
    clearInterval(retry)
    assert.equal(signature(await customer.subscription()), 'active starter false', order.join())
  }
  await deliver([])
})

test('a cancelled subscription never revives: late updates, copies and duplicates change nothing', async (t) => {
  const { newCustomer, deliver, stripe, statuses } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  stripe.renew(id)
  stripe.cancel(id)
  const events = [...stripe.events]
  const deleted = events.filter(({ type }) => type === 'customer.subscription.deleted')
  const others = events.filter(({ type }) => type !== 'customer.subscription.deleted')
  await deliver(deleted)
  await deliver(others)
  await deliver([...others, ...deleted], { copies: 2 })
  await deliver(others.map(asCopy))
  assert.equal(await ada.subscription(), null)
  assert.equal(await ada.plan(), null)
  assert.ok(!Object.values(await statuses()).includes('parked'))
})

test('an end is believed, whatever Stripe’s answer still shows', async (t) => {
  const { newCustomer, deliver, stripe, statuses } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  const active = stripe.find(id)!
  const before = stripe.events.length
  stripe.cancel(id)
  stripe.faults.stale(id, active)
  await deliver(stripe.events.slice(before))
  assert.equal(await ada.subscription(), null)
  assert.equal(await ada.plan(), null)
  assert.equal((await statuses())['customer.subscription.deleted'], 'applied')
})

test('a subscription’s life: renewal, failed payment, dunning, its end with the period', async (t) => {
  const { newCustomer, deliver, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  let from = 0
  const step = async (act: () => unknown) => {
    act()
    await deliver(stripe.events.slice(from), { order: 'shuffled', seed: from })
    from = stripe.events.length
    return ada.subscription()
  }
  const first = await step(() => undefined)
  stripe.clock.advance(40 * 86_400)
  const renewed = await step(() => stripe.renew(id))
  assert.ok(renewed.current_period_end > first.current_period_end)
  // Stripe is still trying to collect: access stays.
  assert.equal((await step(() => stripe.failPayment(id))).status, 'past_due')
  assert.equal(await ada.plan(), 'starter')
  assert.equal((await step(() => stripe.giveUp(id, 'unpaid'))).status, 'unpaid')
  assert.equal(await ada.plan(), null)
  assert.equal((await step(() => stripe.recover(id))).status, 'active')
  assert.equal(await ada.plan(), 'starter')
  const ending = await step(() => stripe.cancelAtPeriodEnd(id))
  assert.deepEqual([ending.status, ending.cancel_at_period_end], ['active', true])
  assert.equal(await ada.plan(), 'starter')
  assert.equal(await step(() => stripe.cancel(id)), null)
  assert.equal(await ada.plan(), null)
})

test('another price is another plan', async (t) => {
  const { newCustomer, deliver, stripe, service } = await startBilling(t)
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await service.asAdmin('PUT', '/api/plans/pro', {
    name: 'Pro',
    stripe_price_id: pro.id,
    features: {},
    limits: {},
  })
  const ada = await newCustomer()
  const id = await ada.subscribe()
  stripe.changePrice(id, pro.id)
  await deliver()
  assert.equal((await ada.subscription()).plan, 'pro')
  assert.equal(await ada.plan(), 'pro')
})

test('events in the shapes before basil are read as well', async (t) => {
  const { newCustomer, deliver, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  // So that the events themselves are what is read.
  stripe.faults.fail({ status: 404, times: 1_000, path: '/v1/subscriptions' })
  const old: StripeEvent[] = stripe.events.map((event) => asOldShape(event))
  await deliver(old)
  const expected = stripe.find(id) as { items: { data: { current_period_end: number }[] } }
  const { current_period_end: end } = await ada.subscription()
  assert.equal(Date.parse(end) / 1_000, expected.items.data[0]?.current_period_end)
})

test('a deleted Stripe customer ends the access; a new checkout makes another', async (t) => {
  const { newCustomer, deliver, stripe, service } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  await deliver()
  const read = () => service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  const { stripe_customer_id: first } = (await read()).body
  const before = stripe.events.length
  stripe.deleteCustomer(first)
  await deliver(stripe.events.slice(before), { order: 'reversed' })
  assert.equal((await read()).body.stripe_customer_id, null)
  assert.equal(await ada.subscription(), null)
  assert.equal(await ada.plan(), null)
  await ada.subscribe()
  assert.notEqual((await read()).body.stripe_customer_id, first)
})

test('a Stripe customer whose deletion nobody has told stands in no checkout’s way', async (t) => {
  const { newCustomer, deliver, stripe, service } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  const read = async () => (await service.asAdmin('GET', `/api/customers/${ada.customerId}`)).body
  const { stripe_customer_id: first } = await read()
  stripe.giveUp(id, 'unpaid')
  await deliver(stripe.events.slice(-1))
  const known = stripe.events.length
  stripe.deleteCustomer(first)
  const checkouts = await Promise.all(Array.from({ length: 5 }, () => ada.checkout()))
  assert.deepEqual(new Set(checkouts.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(checkouts.map(({ body }) => body.checkout_session_id)).size, 1)
  const { stripe_customer_id: second, stripe_customer_ids: all } = await read()
  assert.notEqual(second, first)
  assert.deepEqual(all, [second])
  assert.equal(await ada.subscription(), null, 'Stripe has cancelled it')

  stripe.deleteCustomer(second)
  const portal = { return_url: 'https://app.example.com/billing' }
  assert.equal((await ada.call('POST', '/api/subscriptions/portal', portal)).status, 201)
  const { stripe_customer_id: third } = await read()
  await deliver(stripe.events.slice(known))
  assert.deepEqual((await read()).stripe_customer_ids, [third])
})

test('a Stripe customer that another account has is not given up', async (t) => {
  const { newCustomer, service } = await startBilling(t)
  const ada = await newCustomer()
  await ada.checkout()
  const read = async () => (await service.asAdmin('GET', `/api/customers/${ada.customerId}`)).body
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`update customers set stripe_customer_id = 'cus_elsewhere'`,
  )
  assertRefused(await ada.checkout(), 'STRIPE_REFUSED')
  assert.equal((await read()).stripe_customer_id, 'cus_elsewhere')
})

test('a Stripe customer whose deletion is heard of first is never linked', async (t) => {
  const { newCustomer, deliver, statuses, stripe, service } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  const read = async () => (await service.asAdmin('GET', `/api/customers/${ada.customerId}`)).body
  const { stripe_customer_id: first } = await read()
  // As when the session was opened elsewhere: then the event of its completion makes the link.
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`update customers set stripe_customer_id = null`,
  )
  stripe.deleteCustomer(first)
  const deletion = stripe.events.filter(({ type }) => type === 'customer.deleted')
  await deliver(deletion)
  await deliver()
  assert.equal((await statuses())['customer.deleted'], 'applied')
  assert.equal((await read()).stripe_customer_id, null)
  await ada.subscribe()
  assert.notEqual((await read()).stripe_customer_id, first)
})
