import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stripe } from 'stripe'
import { emitted, startWithSdk, typesOf } from './with-sdk.ts'

test('Checkout starts a subscription, in the shapes of the pinned version', async (t) => {
  const { stripe, sdk, subscribe } = await startWithSdk(t)
  const id = await subscribe()
  assert.deepEqual(typesOf(stripe.events), [
    'customer.created',
    'invoice.created',
    'customer.subscription.created',
    'invoice.finalized',
    'payment_intent.created',
    'payment_intent.succeeded',
    'charge.succeeded',
    'customer.subscription.updated',
    'invoice.paid',
    'invoice.payment_succeeded',
    'checkout.session.completed',
  ])
  const [created, updated] = stripe.events.filter(({ type }) => type.includes('subscription.'))
  assert.equal(created?.data.object['status'], 'incomplete')
  assert.equal(updated?.data.object['status'], 'active')
  assert.deepEqual(updated?.data.previous_attributes, { status: 'incomplete' })
  assert.equal(created?.created, updated?.created)

  const subscription = await sdk.subscriptions.retrieve(id, { expand: ['latest_invoice'] })
  const [item] = subscription.items.data
  assert.deepEqual(subscription.metadata, { of: 'the subscription' })
  assert.ok(item !== undefined && item.current_period_end > item.current_period_start)
  assert.equal(String(item.price.unit_amount_decimal), '2900')
  const invoice = subscription.latest_invoice as Stripe.Invoice
  assert.equal(invoice.amount_paid, 5_800)
  assert.equal(invoice.parent?.subscription_details?.subscription, id)
  const sessions = await sdk.checkout.sessions.list({ subscription: id })
  assert.deepEqual(sessions.data[0]?.metadata, { of: 'the session' })

  const [logged] = stripe.requests
  assert.equal(logged?.path, '/v1/customers')
  assert.equal(logged?.stripeVersion, '2026-10-28.endive')
  assert.equal(stripe.events[0]?.request.idempotency_key, logged?.idempotencyKey)
})

test('a subscription goes through its life', async (t) => {
  const { stripe, sdk, price, subscribe } = await startWithSdk(t)
  const { events } = stripe
  const id = await subscribe()
  const read = async () => {
    const { status, items } = await sdk.subscriptions.retrieve(id)
    return { status, end: items.data[0]?.current_period_end ?? 0, price: items.data[0]?.price.id }
  }
  const first = await read()
  assert.deepEqual(emitted(events, () => stripe.renew(id)).slice(-2), [
    'invoice.paid',
    'invoice.payment_succeeded',
  ])
  const second = await read()
  assert.ok(second.end > first.end)
  assert.deepEqual(emitted(events, () => stripe.failPayment(id)).slice(-2), [
    'invoice.payment_failed',
    'customer.subscription.updated',
  ])
  const third = await read()
  assert.ok(third.status === 'past_due' && third.end > second.end)
  stripe.failPayment(id)
  assert.equal((await read()).end, third.end, 'a second attempt is at the same invoice')
  stripe.giveUp(id, 'unpaid')
  assert.equal((await read()).status, 'unpaid')
  stripe.recover(id)
  assert.equal((await read()).status, 'active')

  const yearly = stripe.addPrice({ unit_amount: 29_000, recurring: { interval: 'year' } })
  stripe.changePrice(id, yearly.id)
  assert.equal((await read()).price, yearly.id)
  const [item] = (await sdk.subscriptions.retrieve(id)).items.data
  await sdk.subscriptions.update(id, {
    items: [{ id: item?.id ?? '', price: price.id }],
    cancel_at_period_end: true,
  })
  assert.equal((await read()).price, price.id)
  assert.deepEqual(
    emitted(events, () => stripe.renew(id)),
    ['customer.subscription.deleted'],
  )
  assert.equal((await read()).status, 'canceled')
  assert.deepEqual((await sdk.subscriptions.list()).data, [])
  assert.equal((await sdk.subscriptions.list({ status: 'all' })).data.length, 1)
  await assert.rejects(sdk.subscriptions.cancel(id), { code: 'resource_missing', statusCode: 404 })
})

test('a payment is made, refunded in parts, and disputed', async (t) => {
  const { stripe, sdk, topUp } = await startWithSdk(t)
  const session = await topUp()
  assert.deepEqual(
    emitted(stripe.events, () => stripe.payCheckout(session)),
    [
      'payment_intent.created',
      'payment_intent.succeeded',
      'charge.succeeded',
      'checkout.session.completed',
    ],
  )
  const { payment_intent: intent } = await sdk.checkout.sessions.retrieve(session, {
    expand: ['payment_intent.latest_charge'],
  })
  const { latest_charge: charge, metadata } = intent as Stripe.PaymentIntent
  const { id } = charge as Stripe.Charge
  assert.deepEqual(metadata, { user_id: 'ada' })

  stripe.refund(id, 500)
  stripe.refund(id, 250)
  const refunded = stripe.events.filter(({ type }) => type === 'charge.refunded')
  assert.deepEqual(
    refunded.map(({ data }) => data.object['amount_refunded']),
    [500, 750],
  )
  assert.equal((await sdk.refunds.list({ charge: id })).data[0]?.amount, 250)
  assert.throws(() => stripe.refund(id, 751))

  const dispute = stripe.dispute(id)
  stripe.closeDispute(dispute, 'won')
  assert.deepEqual(typesOf(stripe.events.slice(-4)), [
    'charge.dispute.created',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.closed',
    'charge.dispute.funds_reinstated',
  ])
  assert.equal((await sdk.disputes.list({ charge: id })).data[0]?.status, 'won')
  const inquiry = stripe.dispute(id, { isInquiry: true })
  assert.deepEqual(
    emitted(stripe.events, () => stripe.closeDispute(inquiry, 'warning_closed')),
    ['charge.dispute.closed'],
  )
})

test('money that comes later completes a session unpaid', async (t) => {
  const { stripe, sdk, topUp } = await startWithSdk(t)
  for (const [outcome, status] of [
    ['succeeded', 'paid'],
    ['failed', 'unpaid'],
  ] as const) {
    const id = await topUp()
    stripe.payCheckout(id, { async: true })
    const { payment_status, status: state } = await sdk.checkout.sessions.retrieve(id)
    assert.deepEqual([state, payment_status], ['complete', 'unpaid'])
    stripe.settleAsync(id, outcome)
    assert.equal(stripe.events.at(-1)?.type, `checkout.session.async_payment_${outcome}`)
    assert.equal((await sdk.checkout.sessions.retrieve(id)).payment_status, status)
    assert.throws(() => stripe.settleAsync(id, outcome))
  }
  const id = await topUp()
  await sdk.checkout.sessions.expire(id)
  assert.throws(() => stripe.payCheckout(id))
})
