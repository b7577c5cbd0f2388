import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Stripe } from 'stripe'
import { eventually } from '../processes.ts'
import { inParallel } from '../scale.ts'
import { KEY, URLS, startWithSdk, typesOf } from './with-sdk.ts'

test('what is wrong is refused in the shape of the errors', async (t) => {
  const { stripe, sdk, price, subscribe } = await startWithSdk(t)
  await assert.rejects(sdk.customers.retrieve('cus_none'), {
    type: 'StripeInvalidRequestError',
    code: 'resource_missing',
    param: 'id',
    statusCode: 404,
  })
  await assert.rejects(sdk.customers.create({ mail: 'a@example.com' } as object), {
    code: 'parameter_unknown',
    param: 'mail',
  })
  const line = { price: price.id, quantitty: 1 }
  await assert.rejects(
    sdk.checkout.sessions.create({ ...URLS, mode: 'subscription', line_items: [line] }),
    { code: 'parameter_unknown', param: 'line_items[0][quantitty]' },
  )
  await assert.rejects(
    sdk.checkout.sessions.create({ ...URLS, mode: 'payment', line_items: [{ price: price.id }] }),
    { message: /recurring price/ },
  )
  const { hostname: host, port } = new URL(stripe.origin)
  const stranger = new Stripe('sk_test_of_someone_else', { host, port, protocol: 'http' })
  await assert.rejects(stranger.customers.list(), { type: 'StripeAuthenticationError' })
  const basic = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`
  const listed = await fetch(`${stripe.origin}/v1/events`, { headers: { authorization: basic } })
  assert.equal(listed.status, 200)

  const { customer } = await sdk.subscriptions.retrieve(await subscribe())
  await sdk.customers.del(customer as string)
  assert.deepEqual(typesOf(stripe.events.slice(-2)), [
    'customer.subscription.deleted',
    'customer.deleted',
  ])
  assert.equal((await sdk.customers.retrieve(customer as string)).deleted, true)
  await assert.rejects(sdk.billingPortal.sessions.create({ customer: customer as string }), {
    param: 'customer',
    statusCode: 400,
  })
})

test('an idempotency key brings the first answer again', async (t) => {
  const { stripe, sdk, price } = await startWithSdk(t)
  const create = (email: string) => sdk.customers.create({ email }, { idempotencyKey: 'one' })
  const first = await create('ada@example.com')
  const again = await create('ada@example.com')
  assert.equal(again.id, first.id)
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true')
  assert.deepEqual(typesOf(stripe.events), ['customer.created'])
  await assert.rejects(create('bob@example.com'), {
    type: 'StripeIdempotencyError',
    statusCode: 400,
  })
  await assert.rejects(sdk.customers.update(first.id, {}, { idempotencyKey: 'one' }), {
    type: 'StripeIdempotencyError',
  })

  stripe.faults.delay(300, '/v1/customers')
  const both = [1, 2].map(() => sdk.customers.create({}, { idempotencyKey: 'two' }))
  const refusals = (await Promise.allSettled(both)).filter(({ status }) => status === 'rejected')
  assert.deepEqual(
    refusals.map((refusal) => 'reason' in refusal && refusal.reason.code),
    ['idempotency_key_in_use'],
  )
  stripe.faults.clear()

  stripe.faults.fail({ status: 500, path: '/v1/customers' })
  const broken = () => sdk.customers.create({}, { idempotencyKey: 'three' })
  await assert.rejects(broken(), { statusCode: 500 })
  await assert.rejects(broken(), { statusCode: 500 }, 'a 500 is remembered')
  stripe.clock.advance(24 * 3_600)
  await broken()
  const invalid = { idempotencyKey: 'four' }
  await assert.rejects(sdk.customers.create({ mail: '' } as object, invalid))
  await sdk.customers.create({ description: price.id }, invalid)
})

test('lists have pages, newest first', async (t) => {
  const { stripe, sdk } = await startWithSdk(t)
  for (let number = 0; number < 25; number++) {
    stripe.clock.advance(1)
    await sdk.customers.create({ name: `${number}`, metadata: { number } })
  }
  const all = await sdk.customers.list({ limit: 10 }).autoPagingToArray({ limit: 100 })
  assert.deepEqual(
    all.map(({ name }) => name),
    Array.from({ length: 25 }, (_, index) => `${24 - index}`),
  )
  const page = await sdk.customers.list({ limit: 2, ending_before: all[9]?.id ?? '' })
  assert.deepEqual([page.data.map(({ name }) => name), page.has_more], [['17', '16'], true])
  const recent = await sdk.events.list({ created: { gt: all[3]?.created ?? 0 } })
  assert.equal(recent.data.length, 3)
})

test('a meter takes an identifier once a day', async (t) => {
  const { stripe, sdk } = await startWithSdk(t)
  const report = () =>
    sdk.billing.meterEvents.create({
      event_name: 'requests',
      identifier: 'once',
      payload: { stripe_customer_id: 'cus_1', value: '25' },
    })
  await report()
  await assert.rejects(report(), {
    statusCode: 400,
    message: /already exists with identifier once/,
  })
  stripe.clock.advance(24 * 3_600)
  await report()
  assert.equal(stripe.meterEvents.length, 2)
})

test('faults strike as often and where they are told', async (t) => {
  const { stripe, sdk } = await startWithSdk(t)
  const { faults } = stripe
  const create = (idempotencyKey: string, timeout = 5_000) =>
    sdk.customers.create({}, { idempotencyKey, timeout })
  const customer = await create('first')

  faults.fail({ status: 429, path: '/v1/customers', times: 2 })
  await assert.rejects(create('limited'), { type: 'StripeRateLimitError' })
  await assert.rejects(create('limited'), { statusCode: 429 })
  await create('limited')

  const before = stripe.events.length
  faults.hang({ method: 'POST' })
  await assert.rejects(create('hung', 100), { type: 'StripeConnectionError' })
  assert.ok(await eventually(() => faults.hanging() === 0, 5_000), 'nobody waits for it')
  assert.equal(stripe.events.length, before)
  faults.hang({ when: 'after' })
  const released = create('hung')
  assert.ok(await eventually(() => faults.hanging() === 1, 5_000))
  faults.release()
  await released
  assert.equal(stripe.events.length, before + 1)

  // The SDK repeats a request once by itself when the connection is reset.
  faults.reset({ times: 2 })
  await assert.rejects(create('reset'), { type: 'StripeConnectionError' })
  faults.reset({ when: 'after' })
  const made = await create('lost')
  assert.equal(made.lastResponse.headers['idempotent-replayed'], 'true')
  assert.equal(stripe.events.length, before + 2)

  await sdk.customers.update(customer.id, { name: 'Ada' })
  faults.stale(customer.id, customer)
  const read = async () => (await sdk.customers.retrieve(customer.id)) as Stripe.Customer
  assert.equal((await read()).name, null)
  faults.clear()
  assert.equal((await read()).name, 'Ada')

  faults.delay(100, /customers/)
  const started = performance.now()
  await inParallel(4, 4, async () => void (await read()))
  assert.ok(performance.now() - started >= 99)
})
