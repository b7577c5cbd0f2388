import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'

test('the customer at Stripe is that of the subscription, however it was sold', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const ada = await newCustomer()
  const dashboard = stripe.addCustomer()
  stripe.startSubscription({
    customer: dashboard,
    items: [{ price: price.id }],
    metadata: { customer_id: ada.customerId },
  })
  await deliver()
  assert.equal(await ada.plan(), 'starter')
  const portal = { return_url: 'https://app.example.com/billing' }
  const customers = () =>
    stripe.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/customers')
  const portals = () => stripe.requests.filter(({ path }) => path === '/v1/billing_portal/sessions')
  assert.equal((await ada.call('POST', '/api/subscriptions/portal', portal)).status, 201)
  assert.equal(customers().length, 0, 'no second, empty customer is made')
  assert.equal(portals().at(-1)?.params['customer'], dashboard)

  // A Payment Link makes a Stripe customer of its own for one who has another.
  const eve = await newCustomer('eve@example.com')
  await eve.call('POST', '/api/subscriptions/portal', portal)
  assert.equal(customers().length, 1)
  const link = stripe.openPaymentLink(price.id, eve.customerId)
  stripe.payCheckout(link)
  await deliver()
  assert.equal(await eve.plan(), 'starter')
  const { body } = await service.asAdmin('GET', `/api/customers/${eve.customerId}`)
  assert.equal(body.stripe_customer_ids.length, 2)
  const { customer } = stripe.find(link) as { customer: string }
  await eve.call('POST', '/api/subscriptions/portal', portal)
  assert.equal(portals().at(-1)?.params['customer'], customer)

  const taken = await service.asAdmin('PATCH', `/api/customers/${ada.customerId}`, {
    stripe_customer_id: customer,
  })
  assertRefused(taken, 'STRIPE_CUSTOMER_TAKEN')
})

test('a Stripe customer that a subscription names is the customer’s, like any other', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const [ada, eve] = [await newCustomer(), await newCustomer('eve@example.com')]
  await ada.call('POST', '/api/subscriptions/portal', { return_url: URLS.success_url })
  const dashboard = stripe.addCustomer()
  const id = stripe.startSubscription({
    customer: dashboard,
    items: [{ price: price.id }],
    metadata: { customer_id: ada.customerId },
  })
  await deliver()
  const path = `/api/customers/${ada.customerId}`
  const { stripe_customer_ids: ids } = (await service.asAdmin('GET', path)).body
  assert.equal(ids.length, 2)
  assert.equal(ids[1], dashboard)
  const found = await service.asAdmin('GET', `/api/customers?stripe_id=${dashboard}`)
  assert.deepEqual(
    found.body.data.map((one: { customer_id: string }) => one.customer_id),
    [ada.customerId],
  )
  const taken = await service.asAdmin('PATCH', `/api/customers/${eve.customerId}`, {
    stripe_customer_id: dashboard,
  })
  assertRefused(taken, 'STRIPE_CUSTOMER_TAKEN')
  await service.asAdmin('PATCH', path, { email: 'ada.l@example.com' })
  const reached = () =>
    ids.every(
      (one: string) => (stripe.find(one) as { email: string }).email === 'ada.l@example.com',
    )
  assert.ok(await eventually(reached, 20_000))
  // Of one that is deleted, no late event makes it the customer's again.
  const seen = stripe.events.length
  stripe.deleteCustomer(dashboard)
  const gone = stripe.events.slice(seen)
  await deliver(gone.filter(({ type }) => type === 'customer.deleted'))
  await deliver(gone)
  assert.equal(stripe.find(id) !== undefined, true)
  const left = (await service.asAdmin('GET', path)).body.stripe_customer_ids
  assert.deepEqual(left, ids.slice(0, 1))
})

test('linking a Stripe customer reads its subscriptions', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const ada = await newCustomer()
  const dashboard = stripe.addCustomer()
  stripe.startSubscription({ customer: dashboard, items: [{ price: price.id }] })
  await deliver()
  assert.equal(await ada.plan(), null, 'nobody knows whose it is')
  const linked = await service.asAdmin('PATCH', `/api/customers/${ada.customerId}`, {
    stripe_customer_id: dashboard,
  })
  assert.equal(linked.status, 200)
  assert.ok(await eventually(async () => (await ada.plan()) === 'starter', 20_000))
})

test('a changed address or name reaches every Stripe customer', async (t) => {
  const { service, stripe, newCustomer } = await startBilling(t)
  const ada = await newCustomer()
  const path = `/api/customers/${ada.customerId}`
  const ids = [stripe.addCustomer(), stripe.addCustomer()]
  for (const stripe_customer_id of ids) {
    assert.equal((await service.asAdmin('PATCH', path, { stripe_customer_id })).status, 200)
  }
  assert.deepEqual((await service.asAdmin('GET', path)).body.stripe_customer_ids, ids)
  await service.asAdmin('PATCH', path, { email: 'new@example.com', company_name: 'New Ltd' })
  const isTold = () =>
    ids.every((id) => {
      const { email, name } = stripe.find(id) as { email: string; name: string }
      return email === 'new@example.com' && name === 'New Ltd'
    })
  assert.ok(await eventually(isTold, 10_000))

  // One is gone, and nobody has said so yet.
  stripe.deleteCustomer(ids[0]!)
  await service.asAdmin('PATCH', path, { email: 'newer@example.com' })
  const isReached = () => (stripe.find(ids[1]!) as { email: string }).email === 'newer@example.com'
  assert.ok(await eventually(isReached, 10_000))
})
