import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { eventually } from '../support/processes.ts'
import { asBare } from '../support/stripe/index.ts'
import { query } from '../support/tables.ts'

const DAY_S = 86_400

/** A subscription that has been known for a minute. */
async function known(t: TestContext) {
  const billing = await startBilling(t)
  const { stripe, deliver, newCustomer } = billing
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  stripe.clock.advance(60)
  const taken = stripe.events.length
  const fresh = () => stripe.events.slice(taken)
  const read = async (customerId = ada.customerId) =>
    (await billing.service.asAdmin('GET', `/api/subscriptions/${customerId}`)).body.subscriptions

  /** Sends events while Stripe still shows objects as they were; they are applied once it shows all. */
  async function whileStale(
    events: Parameters<typeof deliver>[0],
    before: readonly object[],
    during: () => Promise<boolean>,
  ) {
    for (const object of before) stripe.faults.stale((object as { id: string }).id, object)
    const asked = stripe.requests.length
    const delivery = deliver(events)
    const isAsked = () => stripe.requests.slice(asked).some(({ path }) => path.endsWith(id))
    assert.ok(await eventually(isAsked, 20_000))
    assert.ok(await eventually(during, 20_000), 'what the event says is believed')
    stripe.faults.clear()
    const retry = setInterval(() => void billing.retryNow(), 300)
    await delivery.finally(() => clearInterval(retry))
    assert.ok(await during())
  }
  return { ...billing, ada, id, fresh, read, whileStale }
}

test('an event that does not say what was before is believed over an old answer', async (t) => {
  const { ada, id, stripe, fresh, read, whileStale } = await known(t)
  const active = stripe.find(id)!
  stripe.setPaused(id, true)
  const statusIs = (status: string) => async () => (await read())[0]?.status === status
  await whileStale(fresh(), [active], statusIs('paused'))
  assert.equal(await ada.plan(), null)

  stripe.clock.advance(60)
  const paused = stripe.find(id)!
  stripe.setPaused(id, false)
  await whileStale(fresh().slice(-1), [paused], statusIs('active'))
  assert.equal(await ada.plan(), 'starter')

  stripe.clock.advance(60)
  const before = stripe.find(id)!
  stripe.failPayment(id)
  stripe.giveUp(id, 'unpaid')
  await whileStale([asBare(fresh().at(-1)!)], [before], statusIs('unpaid'))
  assert.equal(await ada.plan(), null)
})

test('an old answer is one each time that it comes', async (t) => {
  const { id, stripe, deliver, retryNow, fresh, read } = await known(t)
  stripe.failPayment(id)
  stripe.clock.advance(60)
  const before = stripe.find(id)!
  const end = stripe.clock.now() + 9 * DAY_S
  stripe.cancelAt(id, end)
  stripe.faults.stale(id, before)
  const asked = stripe.requests.length
  const delivery = deliver([asBare(fresh().at(-1)!)])
  const retry = setInterval(() => void retryNow(), 300)
  const isAskedAgain = () =>
    stripe.requests.slice(asked).filter(({ path }) => path.endsWith(id)).length > 2
  const waits = await eventually(isAskedAgain, 20_000)
  stripe.faults.clear()
  await delivery.finally(() => clearInterval(retry))
  assert.ok(waits, 'the event waits for an answer that has what it tells')
  assert.equal((await read())[0].ends_at, new Date(end * 1_000).toISOString())
})

test('metadata that names our customer is believed over an old answer', async (t) => {
  const { service, stripe, deliver, newCustomer, price, to, retryNow } = await startBilling(t)
  const [ada, eve] = [await newCustomer('ada@example.com'), await newCustomer('eve@example.com')]
  const id = stripe.startSubscription({
    customer: stripe.addCustomer(),
    items: [{ price: price.id }],
  })
  await deliver()
  const owns = async (customerId: string) => {
    const { body } = await service.asAdmin('GET', `/api/subscriptions/${customerId}`)
    return body.subscriptions.length === 1
  }
  assert.ok(!(await owns(ada.customerId)), 'nobody has said whose it is')
  for (const owner of [ada, eve]) {
    stripe.clock.advance(60)
    const before = stripe.find(id)!
    const taken = stripe.events.length
    stripe.setMetadata(id, { customer_id: owner.customerId })
    stripe.faults.stale(id, before)
    await stripe.deliver({ to, events: stripe.events.slice(taken) })
    assert.ok(await eventually(() => owns(owner.customerId), 20_000))
    stripe.faults.clear()
    const retry = setInterval(() => void retryNow(), 300)
    await deliver([]).finally(() => clearInterval(retry))
    assert.ok(await owns(owner.customerId))
  }
  assert.ok(!(await owns(ada.customerId)))
  const licences = await service.asAdmin('GET', `/api/licenses/${ada.customerId}`)
  assert.deepEqual(licences.body.data, [])
})

test('another system’s id in the metadata does not hide ours in the checkout', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const ada = await newCustomer()
  const session = stripe.openPaymentLink(price.id, ada.customerId)
  stripe.payCheckout(session)
  const { subscription: id } = stripe.find(session) as { subscription: string }
  stripe.setMetadata(id, { customer_id: '42' })
  const foreign = stripe.events.map((event) => ({
    ...event,
    data: {
      ...event.data,
      object:
        event.data.object['object'] === 'checkout.session'
          ? { ...event.data.object, metadata: { customer_id: '42' } }
          : event.data.object,
    },
  }))
  await deliver(foreign)
  assert.equal((await ada.subscription())?.stripe_subscription_id, id)
  const { body } = await service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  assert.equal(body.stripe_customer_id, (stripe.find(id) as { customer: string }).customer)
})

test('an invoice that was paid stays paid, whatever an older answer shows', async (t) => {
  const { ada, id, stripe, deliver, fresh, service } = await known(t)
  const licence = async () =>
    (await service.asAdmin('GET', `/api/licenses/${ada.customerId}`)).body.data[0]
  const first = await licence()
  stripe.pauseCollection(id, 'keep_as_draft')
  stripe.clock.advance(31 * DAY_S)
  stripe.renewUnasked(id)
  stripe.clock.advance(60)
  stripe.pauseCollection(id, null)
  await deliver(fresh())
  assert.equal((await licence()).license_id, first.license_id, 'nobody has paid the draft')
  const { latest_invoice: invoice } = stripe.find(id) as { latest_invoice: string }
  const draft = stripe.find(invoice)!
  stripe.clock.advance(60)
  stripe.payDraft(id)
  stripe.clock.advance(1)
  stripe.faults.stale(invoice, draft)
  await deliver(fresh())
  const paid = await licence()
  assert.notEqual(paid.license_id, first.license_id)
  assert.ok(paid.expires_at > first.expires_at)
})

test('what is written off was not paid', async (t) => {
  const { ada, id, stripe, deliver, fresh, service } = await known(t)
  const licence = async () =>
    (await service.asAdmin('GET', `/api/licenses/${ada.customerId}`)).body.data[0]
  const first = await licence()
  stripe.clock.advance(31 * DAY_S)
  stripe.failPayment(id)
  await deliver(fresh())
  stripe.clock.advance(3_600)
  const open = stripe.find((stripe.find(id) as { latest_invoice: string }).latest_invoice)!
  stripe.writeOff(id)
  stripe.faults.stale((open as { id: string }).id, open)
  const asked = stripe.requests.length
  const delivery = deliver(fresh())
  // An answer that still shows the invoice open is an old one, as the subscription is active.
  const isAsked = () => stripe.requests.slice(asked).some(({ path }) => path.endsWith(id))
  assert.ok(await eventually(isAsked, 20_000))
  stripe.faults.clear()
  await delivery
  assert.equal((await ada.subscription()).status, 'active')
  assert.equal((await licence()).license_id, first.license_id)
  stripe.clock.advance(31 * DAY_S)
  stripe.renew(id)
  await deliver(fresh())
  assert.notEqual((await licence()).license_id, first.license_id)
})

test('a renewal that is paid while Stripe still shows the period before counts when an upgrade is owed', async (t) => {
  const { ada, id, stripe, deliver, fresh, service } = await known(t)
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await putPlan(service, 'pro', { stripe_price_id: pro.id })
  stripe.clock.advance(31 * DAY_S)
  const before = stripe.find(id)!
  stripe.renew(id)
  stripe.clock.advance(4)
  stripe.faults.stale(id, before)
  await deliver(fresh().filter(({ type }) => type === 'invoice.paid'))
  stripe.faults.clear()
  const [renewed] = (stripe.find(id) as Renewed).items.data
  stripe.upgradeUnpaid(id, pro.id)
  await deliver(fresh())
  assert.equal((await ada.subscription()).status, 'past_due')
  const { body } = await service.asAdmin('GET', `/api/licenses/${ada.customerId}`)
  const [licence] = body.data as { plan: string; expires_at: string }[]
  assert.equal(licence?.plan, 'starter')
  assert.ok(Date.parse(licence.expires_at) / 1_000 > renewed.current_period_end)
})

interface Renewed {
  items: { data: [{ current_period_end: number }] }
}

for (const { end, plan } of [
  { end: 'uncollectible', plan: 'starter' },
  { end: 'void', plan: 'starter' },
  { end: 'paid', plan: 'pro' },
] as const) {
  test(`an upgrade’s invoice that ended as ${end} counts as that, also if a later one is owed by then`, async (t) => {
    const { ada, id, stripe, deliver, fresh, service } = await known(t)
    const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
    await putPlan(service, 'pro', { stripe_price_id: pro.id })
    stripe.upgradeUnpaid(id, pro.id)
    stripe.clock.advance(60)
    if (end === 'paid') stripe.recover(id)
    else stripe.writeOff(id, end)
    stripe.clock.advance(31 * DAY_S)
    stripe.failPayment(id)
    await deliver(fresh())
    assert.equal((await ada.subscription()).status, 'past_due')
    assert.equal(await ada.plan(), plan)
  })
}

test('an item of ours counts behind ten of others', async (t) => {
  const { service, stripe, deliver, retryNow, price } = await startBilling(t)
  const { customerId } = await createCustomer(service, { email: 'ada@example.com' })
  const strange = Array.from({ length: 11 }, () =>
    stripe.addPrice({ unit_amount: 100, recurring: { interval: 'month' } }),
  )
  const id = stripe.startSubscription({
    customer: stripe.addCustomer(),
    items: [
      ...strange.map(({ id: other }) => ({ price: other })),
      { price: price.id, quantity: 3 },
    ],
    metadata: { customer_id: customerId },
  })
  await deliver()
  const read = async () =>
    (await service.asAdmin('GET', `/api/subscriptions/${customerId}`)).body.subscription
  assert.deepEqual((await read())?.plans, [{ plan: 'starter', quantity: 3 }])
  const rows = await query(
    service.database,
    'select jsonb_array_length(items) as n from subscriptions',
  )
  assert.deepEqual([...rows], [{ n: 12 }])
  // An old answer is one also where the event shows a part of what was, or of what is.
  const ours = (quantity: number) => [{ price: price.id, quantity }]
  const others = strange.map(({ id: other }) => ({ price: other }))
  for (const [quantity, items] of [
    [5, [...others, ...ours(5)]],
    [7, ours(7)],
    [9, [...others, ...ours(9)]],
  ] as const) {
    stripe.clock.advance(60)
    const before = stripe.find(id)!
    const taken = stripe.events.length
    stripe.setItems(id, items)
    stripe.faults.stale(id, before)
    const asked = stripe.requests.length
    const delivery = deliver(stripe.events.slice(taken))
    const isAsked = () =>
      stripe.requests.slice(asked).some(({ path }) => path === `/v1/subscriptions/${id}`)
    assert.ok(await eventually(isAsked, 20_000))
    stripe.clock.advance(5)
    stripe.faults.clear()
    stripe.clock.advance(6)
    const retry = setInterval(() => void retryNow(), 300)
    await delivery.finally(() => clearInterval(retry))
    assert.equal((await read())?.quantity, quantity)
  }
  stripe.cancel(id)
  await deliver()
  assert.equal(await read(), null)
})
