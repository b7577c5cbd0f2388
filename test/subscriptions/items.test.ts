import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { commandBeside } from '../support/service-process.ts'
import { query } from '../support/tables.ts'

interface Licence {
  license_id: string
  plan: string
  quantity: number
  limits: Record<string, number>
  expires_at: string
  token: string
}

type Billing = Awaited<ReturnType<typeof startBilling>>

/** The plan in each record of a customer's subscription, oldest first. */
async function toldOf({ database }: Billing['service'], { customerId }: { customerId: string }) {
  const rows = await query<{ plan: string | null }[]>(
    database,
    `select metadata->>'plan' as plan from audit_records
     where event = 'subscription.updated' and subject = '${customerId}' order by id`,
  )
  return rows.map(({ plan }) => plan)
}

/** A billing service with three plans, of which the add-on counts least, and prices of none. */
async function shop(t: TestContext) {
  const billing = await startBilling(t)
  const { service, stripe } = billing
  const monthly = () => stripe.addPrice({ unit_amount: 500, recurring: { interval: 'month' } }).id
  const prices = {
    starter: billing.price.id,
    pro: monthly(),
    addon: monthly(),
    strange: monthly(),
  }
  await putPlan(service, 'starter', {
    stripe_price_id: prices.starter,
    rank: 10,
    limits: { calls: 100, seats: 5 },
  })
  await putPlan(service, 'pro', { stripe_price_id: prices.pro, rank: 20, limits: { calls: 1_000 } })
  await putPlan(service, 'addon', { stripe_price_id: prices.addon, limits: { exports: 3 } })

  async function newBuyer(email = 'ada@example.com') {
    const customer = await billing.newCustomer(email)
    const path = `/api/customers/${customer.customerId}`
    const read = async () => (await service.asAdmin('GET', path)).body
    const all = async () =>
      (await customer.call('GET', `/api/subscriptions/${customer.customerId}`)).body
    const licences = async () => {
      const { body } = await customer.call('GET', `/api/licenses/${customer.customerId}`)
      return body.data as Licence[]
    }
    const licensed = async () => (await licences()).map(({ plan }) => plan).toSorted()
    /** The limits that a report is held against. */
    const limits = async () => {
      const metrics = { calls: 0, seats: 0, exports: 0 }
      const { body } = await customer.call('POST', '/api/usage/report', { metrics })
      return Object.fromEntries(
        (body.limits as { metric: string; limit: number }[]).map(({ metric, limit }) => [
          metric,
          limit,
        ]),
      )
    }
    return { ...customer, path, read, all, licences, licensed, limits }
  }
  return { ...billing, prices, newBuyer }
}

test('a plan counts wherever its item stands, with the period and quantity of that item', async (t) => {
  const { newBuyer, stripe, prices, deliver } = await shop(t)
  const ada = await newBuyer()
  const id = await ada.subscribe()
  await deliver()
  stripe.setItems(id, [{ price: prices.strange }, { price: prices.starter, quantity: 5 }])
  await deliver()
  const { subscription } = await ada.all()
  assert.deepEqual([subscription.plan, subscription.quantity], ['starter', 5])
  assert.deepEqual(subscription.plans, [{ plan: 'starter', quantity: 5 }])
  const [licence, ...others] = await ada.licences()
  assert.deepEqual([licence?.plan, licence?.quantity, others], ['starter', 5, []])
  const claims = JSON.parse(Buffer.from(licence!.token.split('.')[1]!, 'base64url').toString())
  assert.equal(claims.quantity, 5)

  // An upgrade behind a stranger's item, and then the renewal.
  stripe.setItems(id, [{ price: prices.strange }, { price: prices.pro, quantity: 8 }])
  await deliver()
  assert.equal(await ada.plan(), 'pro')
  assert.deepEqual(await ada.licensed(), ['pro'])
  stripe.renew(id)
  await deliver()
  assert.deepEqual(
    (await ada.licences()).map(({ plan, quantity }) => [plan, quantity]),
    [['pro', 8]],
  )
})

test('a former price still means the plan, until another plan names it', async (t) => {
  const { newBuyer, stripe, prices, deliver, service } = await shop(t)
  const ada = await newBuyer()
  const id = await ada.subscribe()
  await deliver()
  const second = stripe.addPrice({ unit_amount: 900, recurring: { interval: 'month' } }).id
  const plan = { name: 'Starter', features: {}, limits: {} }
  const put = await service.asAdmin('PUT', '/api/plans/starter', {
    ...plan,
    stripe_price_ids: [second],
  })
  assert.deepEqual(
    [put.body.stripe_price_ids, put.body.former_stripe_price_ids],
    [[second], [prices.starter]],
  )
  stripe.renew(id)
  await deliver()
  assert.equal((await ada.all()).subscription.plan, 'starter')
  const [licence] = await ada.licences()
  assert.ok(
    Date.parse(licence!.expires_at) > Date.parse((await ada.all()).subscription.current_period_end),
  )

  const taken = await service.asAdmin('PUT', '/api/plans/pro', {
    ...plan,
    stripe_price_ids: [second],
  })
  assertRefused(taken, 'PRICE_TAKEN')
  const both = { ...plan, stripe_price_ids: [second], stripe_price_id: second }
  assertRefused(await service.asAdmin('PUT', '/api/plans/pro', both), 'VALIDATION_FAILED')
  const none = { ...plan, stripe_price_ids: ['price_of_nothing'] }
  assertRefused(await service.asAdmin('PUT', '/api/plans/pro', none), 'PRICE_UNKNOWN')
  // While Stripe is away it may exist; once Stripe says that it does not, the same PUT is refused.
  stripe.faults.fail({ status: 503, times: 9, path: '/v1/prices' })
  const unsure = { ...none, name: 'Unsure' }
  assert.equal((await service.asAdmin('PUT', '/api/plans/unsure', unsure)).status, 200)
  stripe.faults.clear()
  const asked = async () =>
    (await service.asAdmin('PUT', '/api/plans/unsure', unsure)).body.code === 'PRICE_UNKNOWN'
  assert.ok(await eventually(asked, 20_000), 'once the circuit breaker has closed')

  // A row that the version before has written does not say what was recorded.
  await asAdmin(service.database.adminUrl, (sql) => sql`update subscriptions set told = null`)
  // The price moves to another plan: everywhere at once, and its licence follows by a job.
  const moved = await service.asAdmin('PUT', '/api/plans/pro', {
    ...plan,
    rank: 20,
    limits: { calls: 7 },
    stripe_price_ids: [prices.pro, prices.starter],
  })
  assert.equal(moved.body.subscriptions_to_update, 1)
  assert.equal(await ada.plan(), 'pro')
  assert.equal((await ada.all()).subscription.plan, 'pro')
  assert.deepEqual(await ada.limits(), { calls: 7 })
  assert.ok(await eventually(async () => (await ada.licensed()).join() === 'pro', 10_000))
  assert.deepEqual([...new Set(await toldOf(service, ada))], ['starter', 'pro'])
})

test('a plan that is defined after its subscriptions is theirs at once', async (t) => {
  const { newBuyer, stripe, prices, deliver, service } = await shop(t)
  const ada = await newBuyer()
  const { stripe_customer_id: none } = await ada.read()
  assert.equal(none, null)
  const cus = stripe.addCustomer()
  stripe.startSubscription({
    customer: cus,
    items: [{ price: prices.strange, quantity: 4 }],
    metadata: { customer_id: ada.customerId },
  })
  await deliver()
  const before = await ada.all()
  assert.equal(before.subscription, null)
  assert.deepEqual(
    (before.subscriptions as { plan: null; status: string }[]).map((one) => [one.plan, one.status]),
    [[null, 'active']],
  )
  assert.equal(await ada.plan(), null)
  const put = await service.asAdmin('PUT', '/api/plans/late', {
    name: 'Late',
    features: {},
    limits: {},
    stripe_price_ids: [prices.strange],
  })
  assert.equal(put.body.subscriptions_to_update, 1)
  assert.equal(await ada.plan(), 'late')
  assert.ok(await eventually(async () => (await ada.licensed()).join() === 'late', 10_000))
  const [licence] = await ada.licences()
  assert.equal(licence?.quantity, 4)
  assert.deepEqual([...new Set(await toldOf(service, ada))], [null, 'late'])
})

test('a subscription to something else counts for nothing', async (t) => {
  const { newBuyer, stripe, prices, deliver, service } = await shop(t)
  const ada = await newBuyer()
  const id = await ada.subscribe()
  await deliver()
  const { stripe_customer_id: customer } = await ada.read()
  stripe.clock.advance(5)
  stripe.startSubscription({ customer, items: [{ price: prices.strange }] })
  await deliver()
  assert.equal((await ada.all()).subscription.stripe_subscription_id, id)
  assert.equal((await ada.all()).subscriptions.length, 2)
  assert.equal((await service.asInternal('GET', '/stats/subscription_count')).body.stripe_active, 1)
  stripe.cancel(id)
  await deliver()
  assert.equal(await ada.plan(), null)
  assert.equal((await ada.all()).subscription, null)
  assert.equal((await ada.checkout()).status, 201)
})

test('all plans that are held count, and the base plan comes back', async (t) => {
  const { newBuyer, stripe, prices, deliver, service } = await shop(t)
  await putPlan(service, 'free', { rank: 5, limits: { calls: 10, exports: 1 } })
  const ada = await newBuyer()
  await service.asAdmin('PATCH', ada.path, { plan: 'free' })
  assert.deepEqual((await ada.read()).plans, ['free'])
  assert.deepEqual(await ada.limits(), { calls: 10, exports: 1 })
  const id = await ada.subscribe()
  await deliver()
  const { stripe_customer_id: customer } = await ada.read()
  stripe.clock.advance(5)
  const addon = stripe.startSubscription({
    customer,
    items: [{ price: prices.addon, quantity: 2 }],
  })
  await deliver()
  const held = await ada.read()
  assert.deepEqual([held.plan, held.base_plan], ['starter', 'free'])
  assert.deepEqual(held.plans, ['starter', 'free', 'addon'])
  assert.equal((await ada.all()).subscription.stripe_subscription_id, id)
  // The base plan counts for nothing beside a plan of a higher rank.
  assert.deepEqual(await ada.limits(), { calls: 100, seats: 5, exports: 3 })
  assert.deepEqual(await ada.licensed(), ['addon', 'starter'])
  stripe.changePrice(id, prices.pro)
  await deliver()
  assert.deepEqual(await ada.limits(), { calls: 1_000, exports: 3 })
  const listed = await service.asAdmin('GET', '/api/customers?plan=pro&subscription_status=active')
  assert.deepEqual(
    (listed.body.data as { customer_id: string }[]).map((one) => one.customer_id),
    [ada.customerId],
  )

  stripe.cancel(id)
  stripe.cancel(addon)
  await deliver()
  const left = await ada.read()
  assert.deepEqual([left.plan, left.plans, left.subscription_status], ['free', ['free'], null])
  assert.deepEqual(await ada.limits(), { calls: 10, exports: 1 })
})

/** `strongroom subscriptions reconcile` for this service. */
function reconciler({ service, settings }: Pick<Billing, 'service' | 'settings'>) {
  const env = {
    ...settings,
    DATABASE_URL: service.database.url,
    NODE_ENV: 'test',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
  }
  return (...options: string[]) => commandBeside(['subscriptions', 'reconcile', ...options], env)
}

test('reconcile compares licences with plans too', async (t) => {
  const billing = await shop(t)
  const { newBuyer, stripe, deliver, service } = billing
  const reconcile = reconciler(billing)
  const ada = await newBuyer()
  const id = await ada.subscribe()
  await deliver()
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`update licenses set status = 'ended', revoked_at = now()`,
  )
  assert.deepEqual(await ada.licensed(), [])
  const found = await reconcile('--as', 'grace')
  assert.deepEqual([found.status, found.output], [1, `Mended ${id}: its licences\n`])
  assert.deepEqual(await ada.licensed(), ['starter'])
  const [issued] = await query(
    service.database,
    `select actor from audit_records where event = 'license.issued' order by id desc limit 1`,
  )
  assert.equal(issued?.['actor'], 'cli:grace')
  assert.equal((await reconcile()).status, 0)
  assert.ok(stripe.find(id))
})

test('features and limits of a plan wait for the next licence, whatever else happens', async (t) => {
  const billing = await shop(t)
  const { newBuyer, stripe, deliver, service, prices } = billing
  const reconcile = reconciler(billing)
  const ada = await newBuyer()
  const id = await ada.subscribe()
  await deliver()
  const [first] = await ada.licences()
  const grant = (calls: number) =>
    putPlan(service, 'starter', { stripe_price_id: prices.starter, rank: 10, limits: { calls } })
  await grant(50)
  assert.equal((await reconcile()).status, 0)
  stripe.clock.advance(60)
  stripe.setMetadata(id, { note: 'of the same period' })
  await deliver()
  assert.deepEqual(await ada.licences(), [first])

  stripe.clock.advance(60)
  stripe.setItems(id, [{ price: prices.starter, quantity: 2 }])
  await deliver()
  const [second, ...others] = await ada.licences()
  assert.deepEqual([second?.quantity, second?.limits, others], [2, { calls: 50 }, []])

  // One that an operator has revoked does not come back with another grant.
  await service.asAdmin('POST', `/api/licenses/${second!.license_id}/revoke`, {})
  await grant(60)
  assert.equal((await reconcile()).status, 0)
  assert.deepEqual(await ada.licences(), [])
  stripe.clock.advance(30 * 86_400)
  stripe.renew(id)
  await deliver()
  assert.deepEqual((await ada.licences())[0]?.limits, { calls: 60 })
})

test('a row of the version before means the same', async (t) => {
  const { newBuyer, stripe, prices, deliver, service } = await shop(t)
  await putPlan(service, 'free', { rank: 5 })
  const [ada, eve] = [await newBuyer(), await newBuyer('eve@example.com')]
  const id = await ada.subscribe()
  await deliver()
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`delete from plan_prices`
    await sql`update subscriptions set items = null, settled = '[]', latest_invoice = null`
    await sql`update customers set base_plan = null, base_plan_known = false, plan = 'starter'
      where id = ${ada.customerId}`
    await sql`update customers set base_plan = null, base_plan_known = false, plan = 'free'
      where id = ${eve.customerId}`
  })
  const [one, other] = [await ada.read(), await eve.read()]
  assert.deepEqual([one.plans, one.base_plan], [['starter'], null])
  assert.deepEqual([other.plans, other.base_plan], [['free'], 'free'])
  assert.equal((await ada.all()).subscription.plan, 'starter')
  assert.deepEqual((await service.asAdmin('GET', '/api/plans/starter')).body.stripe_price_ids, [
    prices.starter,
  ])
  stripe.cancel(id)
  await deliver()
  assert.equal((await ada.read()).plan, null, 'the plan that a subscription had brought is gone')
})
