import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { asCopy } from '../support/stripe/index.ts'

test('from the checkout through its payment to the subscription', async (t) => {
  const { newCustomer, deliver, service, stripe, price } = await startBilling(t)
  const ada = await newCustomer()
  assert.equal(await ada.subscription(), null)

  const opened = await ada.checkout({ quantity: 3 })
  assert.equal(opened.status, 201)
  const { checkout_session_id: id, url } = opened.body
  assert.match(url, /^https:\/\/checkout\.stripe\.com\//)
  stripe.payCheckout(id)
  await deliver()

  const subscription = await ada.subscription()
  const { current_period_start: start, current_period_end: end, ...rest } = subscription
  assert.deepEqual(rest, {
    plan: 'starter',
    plans: [{ plan: 'starter', quantity: 3 }],
    status: 'active',
    quantity: 3,
    cancel_at: null,
    cancel_at_period_end: false,
    paused: false,
    ends_at: null,
    stripe_subscription_id: (stripe.find(id) as { subscription: string }).subscription,
  })
  assert.ok(Date.parse(start) < Date.parse(end))
  assert.equal(await ada.plan(), 'starter')
  const customer = await service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  assert.match(customer.body.stripe_customer_id, /^cus_/)

  const [made] = stripe.requests.filter(({ path }) => path === '/v1/checkout/sessions')
  assert.equal(made?.stripeVersion, '2026-10-28.endive')
  const { metadata, subscription_data, line_items } = made?.params ?? {}
  assert.deepEqual(metadata, { customer_id: ada.customerId, plan: 'starter' })
  assert.deepEqual(subscription_data, { metadata })
  assert.deepEqual(line_items, [{ price: price.id, quantity: '3' }])
  assertRefused(await ada.checkout(), 'ALREADY_SUBSCRIBED')
})

test('a double click makes one session and one Stripe customer, and 20 at once too', async (t) => {
  const { newCustomer, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const answers = await Promise.all(Array.from({ length: 20 }, () => ada.checkout()))
  for (const answer of answers) {
    if (answer.status !== 503) assert.equal(answer.status, 201)
  }
  const sessions = answers.filter(({ status }) => status === 201).map(({ body }) => body)
  assert.ok(sessions.length > 0)
  assert.equal(new Set(sessions.map((body) => body.checkout_session_id)).size, 1)
  const made = stripe.requests.filter(
    ({ method, path, isReplay, status }) =>
      method === 'POST' && path === '/v1/customers' && status === 200 && !isReplay,
  )
  assert.equal(made.length, 1)
  assert.notEqual(
    (await ada.checkout({ quantity: 2 })).body.checkout_session_id,
    sessions[0].checkout_session_id,
  )
})

test('who has ended a subscription can start another, with the same request', async (t) => {
  const { newCustomer, deliver, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const first = await ada.subscribe()
  await deliver()
  stripe.cancel(first)
  await deliver()
  assert.equal(await ada.subscription(), null)
  assert.equal(await ada.plan(), null)
  const second = await ada.subscribe()
  assert.notEqual(second, first)
  await deliver()
  assert.equal((await ada.subscription()).stripe_subscription_id, second)
})

test('the portal is opened for the customer, with or without a subscription', async (t) => {
  const { newCustomer, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const body = { return_url: 'https://app.example.com/billing' }
  const opened = await ada.call('POST', '/api/subscriptions/portal', body)
  assert.equal(opened.status, 201)
  assert.match(opened.body.url, /^https:\/\/billing\.stripe\.com\//)
  assert.equal(stripe.requests.filter(({ path }) => path === '/v1/customers').length, 1)
})

test('what can not be checked out is refused, and Stripe never asked', async (t) => {
  const { newCustomer, service, stripe } = await startBilling(t)
  await putPlan(service, 'free')
  const ada = await newCustomer()
  assertRefused(await ada.checkout({ plan: 'free' }), 'PLAN_NOT_SOLD')
  assertRefused(await ada.checkout({ plan: 'unknown' }), 'VALIDATION_FAILED')
  for (const quantity of [0, -1, 1.5, '1', null, 100_001]) {
    assertRefused(await ada.checkout({ quantity }), 'VALIDATION_FAILED')
  }
  assert.deepEqual(
    stripe.requests.filter(({ path }) => !path.startsWith('/v1/prices/')),
    [],
  )
})

test('a customer reads no other’s subscription', async (t) => {
  const { newCustomer } = await startBilling(t)
  const [ada, eve] = [await newCustomer(), await newCustomer('eve@example.com')]
  const foreign = await eve.call('GET', `/api/subscriptions/${ada.customerId}`)
  const unknown = await eve.call('GET', '/api/subscriptions/cust_0000000000000000')
  assertRefused(foreign, 'CUSTOMER_NOT_FOUND')
  assert.deepEqual({ ...foreign.body, request_id: '' }, { ...unknown.body, request_id: '' })
})

test('a plan’s checkout has the options that the plan says', async (t) => {
  const { service, stripe, newCustomer, price } = await startBilling(t)
  const ada = await newCustomer('ada@bücher.example')
  const sessions = () =>
    stripe.requests.filter(
      ({ method, path }) => method === 'POST' && path === '/v1/checkout/sessions',
    )
  const open = async (checkout: object | null) => {
    await putPlan(service, 'starter', { stripe_price_id: price.id, checkout })
    const { status, body } = await ada.checkout()
    assert.equal(status, 201, JSON.stringify(body))
    return sessions().at(-1)!.params
  }
  const plain = await open(null)
  for (const name of ['allow_promotion_codes', 'automatic_tax', 'tax_id_collection']) {
    assert.equal(plain[name], undefined)
  }
  const all = {
    trial_days: 14,
    allow_promotion_codes: true,
    automatic_tax: true,
    tax_id_collection: true,
  }
  const { subscription_data: data, ...params } = await open(all)
  assert.equal((data as Record<string, unknown>)['trial_period_days'], '14')
  assert.equal(params['allow_promotion_codes'], 'true')
  assert.deepEqual(params['automatic_tax'], { enabled: 'true' })
  assert.deepEqual(params['tax_id_collection'], { enabled: 'true' })
  assert.deepEqual(params['customer_update'], { address: 'auto', name: 'auto' })
  const off = await open({ allow_promotion_codes: false, automatic_tax: false })
  assert.deepEqual([off['allow_promotion_codes'], off['automatic_tax']], [undefined, undefined])
  const [made] = stripe.requests.filter(({ path }) => path === '/v1/customers')
  assert.equal(made!.params['email'], 'ada@xn--bcher-kva.example')
  for (const checkout of [
    { trial_days: 0 },
    { trial_days: 731 },
    { automatic_tax: 'true' },
    { other: true },
  ]) {
    const plan = { name: 'x', features: {}, limits: {}, checkout }
    assertRefused(await service.asAdmin('PUT', '/api/plans/x', plan), 'VALIDATION_FAILED')
  }
})

for (const [what, path] of [
  ['a session', '/v1/checkout/sessions'],
  ['a customer', '/v1/customers'],
] as const) {
  test(`an error that Stripe remembers of making ${what} is not the answer for a day`, async (t) => {
    const { newCustomer, stripe } = await startBilling(t)
    const ada = await newCustomer()
    stripe.faults.fail({ status: 500, method: 'POST', path })
    assertRefused(await ada.checkout(), 'STRIPE_UNAVAILABLE')
    const answers = [await ada.checkout(), ...(await Promise.all([ada.checkout(), ada.checkout()]))]
    const ids = answers.map(({ status, body }) => {
      assert.equal(status, 201, JSON.stringify(body))
      return body.checkout_session_id
    })
    assert.equal(new Set(ids).size, 1, 'a double click makes one session')
  })
}

test('errors that Stripe remembers do not count as errors of now', async (t) => {
  const { newCustomer, service, stripe } = await startBilling(t)
  const ada = await newCustomer()
  stripe.faults.fail({ status: 500, method: 'POST', path: '/v1/checkout/sessions', times: 1_000 })
  for (let count = 0; count < 4; count++) {
    assertRefused(await ada.checkout(), 'STRIPE_UNAVAILABLE')
  }
  stripe.faults.clear()
  assert.equal((await ada.checkout()).status, 201, 'the circuit breaker is closed')
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(String(metrics.body), /^strongroom_stripe_circuit_open 0$/m)
})

test('a refusal that Stripe remembers ends when its cause is mended', async (t) => {
  const { newCustomer, service, stripe, price } = await startBilling(t)
  const ada = await newCustomer()
  const gone = stripe.addPrice({ unit_amount: 1, recurring: { interval: 'month' }, active: false })
  await putPlan(service, 'starter', { stripe_price_ids: [gone.id, price.id] })
  for (let count = 0; count < 3; count++) assertRefused(await ada.checkout(), 'STRIPE_REFUSED')
  stripe.activatePrice(gone.id)
  const [one, other] = [await ada.checkout(), await ada.checkout()]
  assert.deepEqual([one.status, other.status], [201, 201])
  assert.equal(one.body.checkout_session_id, other.body.checkout_session_id)
})

test('the portal opens after an error that Stripe remembers', async (t) => {
  const { newCustomer, stripe } = await startBilling(t)
  const ada = await newCustomer()
  const open = () => ada.call('POST', '/api/subscriptions/portal', { return_url: URLS.success_url })
  stripe.faults.fail({ status: 500, method: 'POST', path: '/v1/billing_portal/sessions' })
  assertRefused(await open(), 'STRIPE_UNAVAILABLE')
  assert.equal((await open()).status, 201)
})

test('a plan whose first price is metered is sold without a quantity', async (t) => {
  const { newCustomer, deliver, service, stripe } = await startBilling(t)
  const recurring = { interval: 'month', usage_type: 'metered' } as const
  const metered = stripe.addPrice({ unit_amount: 2, recurring })
  await putPlan(service, 'payg', {
    stripe_price_id: metered.id,
    metered: { calls: { via: 'stripe', event_name: 'api_calls' } },
  })
  const ada = await newCustomer()
  assertRefused(await ada.checkout({ plan: 'payg', quantity: 2 }), 'VALIDATION_FAILED')
  const asked = stripe.requests.length
  const opened = await ada.checkout({ plan: 'payg' })
  assert.equal(opened.status, 201, JSON.stringify(opened.body))
  const calls = stripe.requests.slice(asked).map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(calls, ['POST /v1/checkout/sessions'], 'what the price is, is known by now')
  const again = await ada.checkout({ plan: 'payg', quantity: 1 })
  assert.equal(again.body.checkout_session_id, opened.body.checkout_session_id)
  stripe.payCheckout(opened.body.checkout_session_id)
  await deliver()
  const { plan, quantity } = await ada.subscription()
  assert.deepEqual([plan, quantity], ['payg', 1])
  const { body } = await ada.call('GET', `/api/licenses/${ada.customerId}`)
  assert.deepEqual([body.data.length, body.data[0].quantity], [1, 1])
})

test('of two checkouts the other expires when one is paid', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const other = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } }).id
  await putPlan(service, 'starter', { stripe_price_id: price.id })
  await putPlan(service, 'pro', { stripe_price_id: other })
  const ada = await newCustomer()
  const first = (await ada.checkout()).body.checkout_session_id
  const second = (await ada.checkout({ plan: 'pro' })).body.checkout_session_id
  stripe.payCheckout(first)
  await deliver()
  assert.equal((stripe.find(second) as { status: string }).status, 'expired')
  assert.throws(() => stripe.payCheckout(second))
})

test('a checkout that was opened after the paid one stays, whatever comes of that', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const other = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } }).id
  await putPlan(service, 'starter', { stripe_price_id: price.id })
  await putPlan(service, 'pro', { stripe_price_id: other })
  const ada = await newCustomer()
  stripe.payCheckout((await ada.checkout()).body.checkout_session_id)
  await deliver()
  const { stripe_subscription_id: id } = await ada.subscription()
  stripe.cancel(id)
  await deliver()
  stripe.clock.advance(86_400)
  const retry = (await ada.checkout({ plan: 'pro' })).body.checkout_session_id
  const statusOf = () => (stripe.find(retry) as { status: string }).status
  const completed = stripe.events.find(({ type }) => type === 'checkout.session.completed')!
  await deliver([asCopy(completed)])
  assert.equal(statusOf(), 'open', 'a copy')
  const now = stripe.clock.now()
  await deliver([
    { ...asCopy(completed), type: 'checkout.session.async_payment_failed', created: now },
  ])
  assert.equal(statusOf(), 'open', 'a slow payment that has failed')
})
