import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { STRIPE_KEY, URLS, startBilling } from '../support/billing.ts'
import { eventually } from '../support/processes.ts'
import { query } from '../support/tables.ts'

interface StoredEvent {
  id: string
  status: string
  payload: { type: string }
}

/** A shop of the operator's, which sells to Ada's Stripe customer for Eve too. */
async function shop(t: TestContext) {
  const billing = await startBilling(t)
  const { service, stripe, deliver, newCustomer, price, retryNow } = billing
  const [ada, eve] = [await newCustomer('a@example.com'), await newCustomer('e@example.com')]
  type Customer = typeof ada
  const adas = await ada.subscribe()
  const { customer } = stripe.find(adas) as { customer: string }
  const eves = stripe.startSubscription({
    customer,
    items: [{ price: price.id }],
    metadata: { customer_id: eve.customerId },
  })
  await deliver()
  assert.deepEqual([await ada.plan(), await eve.plan()], ['starter', 'starter'])

  /** The operator's session for a customer. @returns its id */
  const open = async ({ customerId }: Customer): Promise<string> => {
    const answer = await fetch(`${stripe.origin}/v1/checkout/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${STRIPE_KEY}` },
      body: new URLSearchParams({
        mode: 'subscription',
        customer,
        client_reference_id: customerId,
        'line_items[0][price]': price.id,
        'line_items[0][quantity]': '1',
        ...URLS,
      }),
    })
    return ((await answer.json()) as { id: string }).id
  }
  const statusOf = (id: string) => (stripe.find(id) as { status: string }).status
  const isDeleted = () => (stripe.find(customer) as { deleted?: boolean }).deleted === true
  const jobsDone = async () => {
    await retryNow()
    return (await query(service.database, 'select 1 from graphile_worker._private_jobs')).length < 1
  }
  const erase = async ({ customerId }: Customer) => {
    const erased = await service.asAdmin('DELETE', `/api/customers/${customerId}`)
    assert.equal(erased.status, 200)
    assert.ok(await eventually(jobsDone, 15_000))
  }
  /** The stored events of a subscription. */
  const eventsOf = (id: string) =>
    query<StoredEvent[]>(
      service.database,
      `select id, status, payload from stripe_events
       where people_in(payload) @> array['${id}'] order by id`,
    )
  const licences = async ({ call, customerId }: Customer): Promise<number> =>
    (await call('GET', `/api/licenses/${customerId}`)).body.data.length
  const more = { ada, eve, adas, eves, customer, open, statusOf, isDeleted, jobsDone, erase }
  return { ...billing, ...more, eventsOf, licences }
}

test('an erasure leaves the Stripe customer of another one alone, and what was sold to that one', async (t) => {
  const all = await shop(t)
  const { service, stripe, deliver, ada, eve, adas, eves, customer, eventsOf } = all
  stripe.cancelAtPeriodEnd(adas)
  await deliver()
  // One of Ada's events waits for an operator.
  const parked = (await eventsOf(adas)).find(
    ({ payload }) => payload.type === 'customer.subscription.updated',
  )
  await query(
    service.database,
    `update stripe_events set status = 'parked' where id = '${parked!.id}'`,
  )
  const before = await eventsOf(adas)
  await all.erase(eve)

  assert.equal(all.isDeleted(), false)
  assert.deepEqual([all.statusOf(adas), all.statusOf(eves)], ['active', 'canceled'])
  assert.deepEqual(await eventsOf(adas), before)
  const path = `/api/stripe/events/${parked!.id}`
  assert.equal((await service.asAdmin('POST', `${path}/replay`)).status, 202)
  await all.settled()
  assert.equal((await service.asAdmin('GET', path)).body.status, 'applied')

  // Of what Stripe says later, Ada's stays whole, and Eve's becomes nobody else's.
  stripe.cancelAtPeriodEnd(adas, false)
  stripe.renew(adas)
  await deliver()
  const sent = stripe.events.filter((event) => JSON.stringify(event).includes(adas))
  assert.deepEqual(
    new Map((await eventsOf(adas)).map(({ id, payload }) => [id, payload])),
    new Map(sent.map((event) => [event.id, JSON.parse(JSON.stringify(event))])),
  )
  const { body } = await service.asAdmin('GET', `/api/subscriptions/${ada.customerId}`)
  assert.deepEqual(
    body.subscriptions.map((one: Record<string, unknown>) => [
      one['stripe_subscription_id'],
      one['status'],
    ]),
    [[adas, 'active']],
  )
  assert.equal(await all.licences(ada), 1)
  const held = await service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  assert.deepEqual(held.body.stripe_customer_ids, [customer])
  const left = await query(
    service.database,
    `select id from subscriptions where id = '${eves}'
     union all select id::text from audit_records
     where subject = '${ada.customerId}' and metadata->>'subscription' = '${eves}'`,
  )
  assert.deepEqual(left, [])
})

test('what one customer is shown of Stripe’s events has nothing of another one’s', async (t) => {
  const { service, eve, adas, eves } = await shop(t)
  const exported = await service.asAdmin('GET', `/api/customers/${eve.customerId}/export`)
  assert.equal(exported.status, 200)
  assert.ok(exported.body.stripe_events.length > 0)
  const { body } = await service.asAdmin('GET', `/api/stripe/events?customer_id=${eve.customerId}`)
  const listed = body.data.map(({ event_id: id }: { event_id: string }) => id)
  assert.ok(listed.length > 0)
  const ofEve = await query<{ id: string }[]>(
    service.database,
    `select id from stripe_events where people_in(payload) && array['${eves}', '${eve.customerId}']`,
  )
  assert.deepEqual(listed.toSorted(), ofEve.map(({ id }) => id).toSorted())
  assert.ok(!JSON.stringify(exported.body.stripe_events).includes(adas))
})

test('a customer’s portal never shows the billing of another one', async (t) => {
  const { stripe, ada, eve, customer } = await shop(t)
  const opened = async ({ call }: typeof ada) => {
    const { status } = await call('POST', '/api/subscriptions/portal', {
      return_url: URLS.success_url,
    })
    assert.equal(status, 201)
    const portals = stripe.requests.filter(({ path }) => path === '/v1/billing_portal/sessions')
    return portals.at(-1)?.params['customer']
  }
  assert.equal(await opened(ada), customer)
  assert.notEqual(await opened(eve), customer)
})

test('a completed checkout leaves those open that are another customer’s', async (t) => {
  const { stripe, deliver, ada, eve, open, statusOf } = await shop(t)
  const [his, theirs, paid] = [await open(ada), await open(eve), await open(ada)]
  stripe.payCheckout(paid)
  await deliver()
  assert.deepEqual([his, theirs].map(statusOf), ['expired', 'open'])
})

test('what an erased customer buys on the Stripe customer of another one ends again', async (t) => {
  const { stripe, deliver, ada, eve, adas, open, erase, statusOf, isDeleted, jobsDone } =
    await shop(t)
  const late = await open(eve)
  await erase(eve)
  stripe.payCheckout(late)
  await deliver()
  const { subscription } = stripe.find(late) as { subscription: string }
  assert.ok(await eventually(() => statusOf(subscription) === 'canceled', 15_000))
  await deliver()
  assert.ok(await eventually(jobsDone, 15_000))
  assert.equal(isDeleted(), false)
  assert.equal((await ada.subscription()).stripe_subscription_id, adas)
})

test('a Stripe customer that is linked to nobody goes with the last who has a subscription on it', async (t) => {
  const all = await shop(t)
  const { service, ada, eve, adas, eves } = all
  await query(service.database, 'update customers set stripe_customer_id = null')
  await all.erase(eve)
  assert.equal(all.isDeleted(), false)
  assert.deepEqual([all.statusOf(adas), all.statusOf(eves)], ['active', 'canceled'])
  await all.erase(ada)
  assert.equal(all.isDeleted(), true)
})
