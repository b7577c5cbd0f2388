import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { refresh } from '../../src/subscriptions/refresh.ts'
import { resync } from '../../src/subscriptions/service.ts'
import { STRIPE_KEY, URLS, startBilling } from '../support/billing.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { query } from '../support/tables.ts'

/** Two customers, of whom the first has a subscription at Stripe or will have one. */
async function two(t: TestContext) {
  const billing = await startBilling(t)
  const { service, newCustomer } = billing
  const [ada, eve] = [await newCustomer('a@example.com'), await newCustomer('e@example.com')]
  type Customer = typeof ada
  const licensed = async ({ call, customerId }: Customer): Promise<string[]> => {
    const { body } = await call('GET', `/api/licenses/${customerId}`)
    return body.data.map((one: { license_id: string }) => one.license_id)
  }
  /** What is recorded of subscriptions to a customer, oldest first. */
  const told = ({ customerId }: Customer) =>
    query<{ plan: string | null; status: string }[]>(
      service.database,
      `select metadata->>'plan' as plan, metadata->>'status' as status from audit_records
       where event = 'subscription.updated' and subject = '${customerId}' order by id`,
    )
  return { ...billing, ada, eve, licensed, told }
}

test('a checkout that names the owner later is told to both customers', async (t) => {
  const { stripe, deliver, service, price, ada, eve, licensed, told } = await two(t)
  const stripe_customer_id = stripe.addCustomer()
  await service.asAdmin('PATCH', `/api/customers/${ada.customerId}`, { stripe_customer_id })
  // A shop of the operator's, which sells to one Stripe customer for several of our customers.
  const answer = await fetch(`${stripe.origin}/v1/checkout/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STRIPE_KEY}` },
    body: new URLSearchParams({
      mode: 'subscription',
      customer: stripe_customer_id,
      client_reference_id: eve.customerId,
      'line_items[0][price]': price.id,
      'line_items[0][quantity]': '1',
      ...URLS,
    }),
  })
  const { id } = (await answer.json()) as { id: string }
  const seen = stripe.events.length
  stripe.payCheckout(id)
  const events = stripe.events.slice(seen)
  const isLate = ({ type }: { type: string }) => type === 'checkout.session.completed'
  await deliver(events.filter((event) => !isLate(event)))
  assert.deepEqual([await ada.plan(), await eve.plan()], ['starter', null])
  await deliver(events.filter(isLate))
  assert.deepEqual([await ada.plan(), await eve.plan()], [null, 'starter'])

  assert.deepEqual({ ...(await told(eve)).at(-1) }, { plan: 'starter', status: 'active' })
  assert.deepEqual({ ...(await told(ada)).at(-1) }, { plan: null, status: 'active' })
  assert.deepEqual(await licensed(ada), [])
  assert.equal((await licensed(eve)).length, 1)
})

test('a licence that was revoked of one customer keeps none from the next owner', async (t) => {
  const { stripe, deliver, service, ada, eve, licensed } = await two(t)
  const id = await ada.subscribe()
  await deliver()
  const [leaked] = await licensed(ada)
  await service.asAdmin('POST', `/api/licenses/${leaked!}/revoke`, {})
  stripe.clock.advance(60)
  stripe.setMetadata(id, { customer_id: eve.customerId })
  await deliver()
  const [issued, ...others] = await licensed(eve)
  assert.ok(issued !== undefined && others.length === 0)
  const [record] = await query(
    service.database,
    `select metadata->>'replaces' as replaces from audit_records
     where event = 'license.issued' order by id desc limit 1`,
  )
  assert.equal(record?.['replaces'], null)
})

test('who compares licences while the owner changes issues none to the former one', async (t) => {
  const { stripe, deliver, service, ada, eve, licensed } = await two(t)
  const { app, database } = service
  const id = await ada.subscribe()
  await deliver()
  stripe.clock.advance(60)
  stripe.setMetadata(id, { customer_id: eve.customerId })
  // The change waits here, after the former owner's licence has ended.
  const { release } = await lock(t, service, 'lock table audit_records in share mode')
  const changing = refresh(app, app.stripe(), id)
  assert.ok(await waitForLocks(database))
  const comparing = resync(app, id)
  assert.ok(await waitForLocks(database, 2))
  await release()
  assert.equal(await changing, 'take')
  assert.equal(await comparing, false)
  assert.deepEqual(await licensed(ada), [])
  assert.equal((await licensed(eve)).length, 1)
})

test('a plan that the version before took for a customer’s own leaves with its subscription', async (t) => {
  const { stripe, deliver, service, ada, eve } = await two(t)
  const id = await ada.subscribe()
  await deliver()
  await query(
    service.database,
    `update customers set base_plan = null, base_plan_known = false, plan = 'starter'
     where id = '${ada.customerId}'`,
  )
  stripe.clock.advance(60)
  stripe.setMetadata(id, { customer_id: eve.customerId })
  await deliver()
  assert.deepEqual([await ada.plan(), await eve.plan()], [null, 'starter'])
})
