import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAIT_MS_MAX, startAutoTopUp } from '../support/auto-top-up.ts'
import { eventually } from '../support/processes.ts'
import type { StripeStandIn } from '../support/stripe/index.ts'
import { query } from '../support/tables.ts'

/** What a paid checkout has made at Stripe. */
function madeBy(stripe: StripeStandIn, sessionId: string) {
  const session = stripe.find(sessionId) as { customer: string; payment_intent: string }
  const payment = stripe.find(session.payment_intent) as { payment_method: string }
  return { customer: session.customer, method: payment.payment_method }
}

function isGone(stripe: StripeStandIn, customer: string): boolean {
  return (stripe.find(customer) as { deleted?: boolean }).deleted === true
}

/** Whether a stored event still names this. */
async function isNamed(
  { service }: Pick<Awaited<ReturnType<typeof startAutoTopUp>>, 'service'>,
  text: string,
): Promise<boolean> {
  const found = await query(
    service.database,
    `select 1 from stripe_events where payload::text like '%' || $1 || '%'`,
    [text],
  )
  return found.length > 0
}

test('after its customer was deleted at Stripe, another checkout saves a payment method', async (t) => {
  const billing = await startAutoTopUp(t)
  const { asked, put, pay, state, deduct, stripe, deliver, sessionId, checkout, balance } = billing
  await pay()
  await put()
  const { customer } = madeBy(stripe, sessionId)
  stripe.deleteCustomer(customer)
  // Its event has not come yet.
  const early = await checkout(2_000)
  await deliver()
  assert.equal((await state()).status, 'no_payment_method')
  assert.ok(await eventually(async () => !(await isNamed(billing, customer)), WAIT_MS_MAX))
  assert.equal((await deduct(600)).status, 200)

  stripe.payCheckout(early)
  await deliver()
  assert.equal((await state()).status, 'ready')
  assert.equal(await balance(), 2_400)
  await deduct(2_000)
  await asked(1)
  await deliver()
  assert.ok(await eventually(async () => (await balance()) === 2_400, WAIT_MS_MAX))
  // And the next one is with the customer that there is.
  const next = await checkout(3_000)
  assert.equal((stripe.find(next) as { customer: string }).customer, madeBy(stripe, early).customer)
})

test('a customer whose deletion is told before its checkout is not saved', async (t) => {
  const billing = await startAutoTopUp(t)
  const { put, state, stripe, deliver, sessionId, balance, deduct, intents } = billing
  stripe.payCheckout(sessionId)
  const { customer } = madeBy(stripe, sessionId)
  stripe.deleteCustomer(customer)
  const paid = stripe.events.filter(({ type }) => type !== 'customer.deleted')
  await deliver(stripe.events.filter(({ type }) => type === 'customer.deleted'))
  await deliver(paid)
  assert.equal((await put()).body.status, 'no_payment_method')
  assert.equal(await balance(), 1_000)
  await deduct(600)
  assert.deepEqual(await intents(), [])
  assert.equal((await state()).paused_reason, null)
  assert.ok(await eventually(async () => !(await isNamed(billing, customer)), WAIT_MS_MAX))
})

test('an intent that was not sent when its customer was deleted is cancelled, and no failure', async (t) => {
  const billing = await startAutoTopUp(t)
  const { put, pay, state, stripe, deliver, sessionId, service, intents } = billing
  await pay()
  await put()
  // Its job has yet to run.
  await query(
    service.database,
    `insert into auto_top_up_intents (account_id, amount, stripe_customer_id, payment_method_id)
     select account_id, 2000, stripe_customer_id, payment_method_id from saved_payment_methods`,
  )
  stripe.deleteCustomer(madeBy(stripe, sessionId).customer)
  await deliver()
  assert.deepEqual(
    (await intents()).map(({ status }) => status),
    ['cancelled'],
  )
  assert.equal((await state()).status, 'no_payment_method')
})

for (const order of ['given', 'reversed'] as const) {
  test(`of two checkouts that made customers the newer one stays (${order}), and nothing after an erasure`, async (t) => {
    const billing = await startAutoTopUp(t)
    const { put, state, stripe, deliver, sessionId, checkout, service, deduct, asked } = billing
    const other = await checkout(2_000)
    await put()
    stripe.payCheckout(sessionId)
    stripe.clock.advance(60)
    stripe.payCheckout(other)
    const [older, newer] = [madeBy(stripe, sessionId), madeBy(stripe, other)]
    assert.notEqual(older.customer, newer.customer)
    const events = order === 'given' ? [...stripe.events] : stripe.events.toReversed()
    for (const event of events) await deliver([event])
    assert.ok(await eventually(() => isGone(stripe, older.customer), WAIT_MS_MAX))
    const isForgotten = async () => !(await isNamed(billing, older.customer))
    assert.ok(await eventually(isForgotten, WAIT_MS_MAX))
    await deliver(stripe.events, { copies: 2 })
    assert.equal((await state()).status, 'ready')
    await deduct(2_600)
    await asked(1)
    const [intent] = await query<{ stripe_customer_id: string }[]>(
      service.database,
      'select stripe_customer_id from auto_top_up_intents',
    )
    assert.equal(intent?.stripe_customer_id, newer.customer)

    const erased = await service.asInternal('DELETE', '/account/ada?force=true')
    assert.equal(erased.status, 200)
    assert.ok(await eventually(() => isGone(stripe, newer.customer), WAIT_MS_MAX))
    for (const { customer, method } of [older, newer]) {
      const isDetached = () => (stripe.find(method) as { customer: unknown }).customer === null
      assert.ok(await eventually(isDetached, WAIT_MS_MAX))
      assert.ok(await eventually(async () => !(await isNamed(billing, customer)), WAIT_MS_MAX))
    }
  })
}

test('the customer of a payment that has failed for good is deleted at Stripe', async (t) => {
  const { state, put, stripe, deliver, sessionId } = await startAutoTopUp(t)
  await put()
  stripe.payCheckout(sessionId, { async: true })
  const { customer } = madeBy(stripe, sessionId)
  await deliver()
  assert.ok(!isGone(stripe, customer))
  stripe.settleAsync(sessionId, 'failed')
  await deliver()
  assert.ok(await eventually(() => isGone(stripe, customer), WAIT_MS_MAX))
  assert.equal((await state()).status, 'no_payment_method')
})

test('an old answer about a payment does not give up what it has saved', async (t) => {
  const { state, put, stripe, deliver, retryNow, sessionId } = await startAutoTopUp(t)
  await put()
  stripe.payCheckout(sessionId)
  const { payment_intent: id } = stripe.find(sessionId) as { payment_intent: string }
  const { customer } = madeBy(stripe, sessionId)
  const before = { status: 'requires_payment_method', payment_method: null, latest_charge: null }
  stripe.faults.stale(id, { ...stripe.find(id), ...before })
  const asked = () => stripe.requests.filter(({ path }) => path.endsWith(id)).length
  const delivery = deliver()
  assert.ok(await eventually(() => asked() > 0, WAIT_MS_MAX))
  stripe.faults.clear()
  const retry = setInterval(() => void retryNow(), 300)
  await delivery.finally(() => clearInterval(retry))
  assert.equal((await state()).status, 'ready')
  assert.equal(isGone(stripe, customer), false)
})

test('what Bancontact was paid with is charged later as the direct debit that Stripe made of it', async (t) => {
  const billing = await startAutoTopUp(t, 'ada', 'EUR/2')
  const { put, state, stripe, deliver, sessionId, deduct, asked, payments, balance } = billing
  await put()
  stripe.payCheckout(sessionId, { bancontact: true })
  await deliver()
  assert.equal((await state()).status, 'ready')
  await deduct(600)
  await asked(1)
  const [payment] = payments()
  assert.ok(payment)
  const { payment_method: method } = stripe.find(payment.id) as { payment_method: string }
  const { type, customer } = stripe.find(method) as { type: string; customer: string }
  assert.deepEqual([type, customer], ['sepa_debit', madeBy(stripe, sessionId).customer])
  stripe.arrive(payment.id)
  await deliver()
  assert.ok(await eventually(async () => (await balance()) === 2_400, WAIT_MS_MAX))
})

test('the Stripe customer of an account stays once a subscription was sold to it', async (t) => {
  const billing = await startAutoTopUp(t)
  const { service, stripe, deliver, sessionId, pay, newCustomer, price } = billing
  await pay()
  const { customer, method } = madeBy(stripe, sessionId)
  const eve = await newCustomer('eve@example.com')
  const metadata = { customer_id: eve.customerId }
  const id = stripe.startSubscription({ customer, items: [{ price: price.id }], metadata })
  await deliver()
  const erased = await service.asInternal('DELETE', '/account/ada?force=true')
  assert.equal(erased.status, 200)
  const isDetached = () => (stripe.find(method) as { customer: string | null }).customer === null
  assert.ok(await eventually(isDetached, WAIT_MS_MAX))
  const noJobs = async () =>
    (await query(service.database, 'select 1 from graphile_worker._private_jobs')).length === 0
  assert.ok(await eventually(noJobs, WAIT_MS_MAX))
  assert.equal(isGone(stripe, customer), false)
  assert.equal((stripe.find(id) as { status: string }).status, 'active')
  assert.ok(await isNamed(billing, customer))
})
