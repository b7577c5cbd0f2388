import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { startBilling } from '../support/billing.ts'
import { createCustomer, me, putPlan } from '../support/customers.ts'
import { assertSound } from '../support/ledger.ts'
import { lock } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { findTexts } from '../support/search.ts'
import { type Service, startService } from '../support/service.ts'
import { closeAuditLog, query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'
import { hasPaidForUsage } from '../../src/usage/erasure.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const EMAIL = 'Canary.Person@example.com'

type Billing = Awaited<ReturnType<typeof startBilling>>

function erase(service: Service, customerId: string) {
  return service.asAdmin('DELETE', `/api/customers/${customerId}`)
}

/** A customer with a subscription, a licence of it and one by hand, and what Stripe knows. */
async function subscribedCustomer({ newCustomer, deliver, service, stripe }: Billing) {
  const customer = await newCustomer(EMAIL)
  const subscription = await customer.subscribe()
  await deliver()
  const byHand = await service.asAdmin('POST', '/api/licenses', {
    customer_id: customer.customerId,
    features: { seat: 'canary-feature' },
  })
  assert.equal(byHand.status, 201)
  const { customer: stripeCustomer } = stripe.find(subscription) as { customer: string }
  const licenseId: string = byHand.body.license.license_id
  return { ...customer, subscription, stripeCustomer, licenseId }
}

test('an erased customer is gone, and the answer says since when', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe } = billing
  const customer = await subscribedCustomer(billing)
  const { customerId, licenseId, stripeCustomer } = customer
  const path = `/api/customers/${customerId}`
  const [key] = (await service.asAdmin('GET', `${path}/api-keys`)).body.data
  const keyPath = `${path}/api-keys/${key.key_id}`

  const erased = await erase(service, customerId)
  assert.equal(erased.status, 200)
  assert.deepEqual(Object.keys(erased.body), ['customer_id', 'erased_at'])
  assert.equal(erased.body.customer_id, customerId)
  assert.match(erased.body.erased_at, TIME)

  await t.test('to whoever asks for it', async () => {
    assertRefused(await service.asAdmin('GET', path), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('GET', `${path}/export`), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('GET', `${path}/api-keys`), 'CUSTOMER_NOT_FOUND')
    assertRefused(
      await service.asAdmin('PATCH', path, { email: EMAIL, status: 'active' }),
      'CUSTOMER_NOT_FOUND',
    )
    assertRefused(await service.asAdmin('POST', `${path}/api-keys`, {}), 'CUSTOMER_NOT_FOUND')
    assertRefused(
      await service.asAdmin('POST', '/api/licenses', { customer_id: customerId }),
      'CUSTOMER_NOT_FOUND',
    )
    const ofKey = [
      await service.asAdmin('GET', `${keyPath}/calls`),
      await service.asAdmin('POST', `${keyPath}/rotate`, {}),
      await service.asAdmin('DELETE', keyPath),
    ]
    for (const answer of ofKey) assertRefused(answer, 'API_KEY_NOT_FOUND')
    assertRefused(
      await service.asAdmin('POST', `/api/licenses/${licenseId}/revoke`, {}),
      'LICENSE_NOT_FOUND',
    )
    for (const filter of ['', `?email=${encodeURIComponent(EMAIL)}`, '?status=suspended']) {
      const list = await service.asAdmin('GET', `/api/customers${filter}`)
      assert.deepEqual(list.body.data, [], filter)
    }
  })

  await t.test('its keys and licences are revoked', async () => {
    const refused = async () => (await customer.call('GET', '/api/me')).status === 401
    assert.ok(await eventually(refused, 1_000))
    const { token } = (await service.call('GET', '/api/licenses/revocations')).body
    const licenses = await query<{ id: string; status: string; token: string }[]>(
      service.database,
      'select id, status, token from licenses',
    )
    assert.equal(licenses.length, 2)
    assert.ok(licenses.every((license) => license.status === 'revoked' && license.token === ''))
    assert.deepEqual(decodeJwt(token)['jtis'], licenses.map(({ id }) => id).toSorted())
    assert.ok(licenses.some(({ id }) => id === licenseId))
  })

  await t.test('Stripe deletes its customer, and ends the subscription with it', async () => {
    const isDeleted = async () =>
      (stripe.find(stripeCustomer) as { deleted?: boolean }).deleted === true
    assert.ok(await eventually(isDeleted, 10_000))
    assert.equal((stripe.find(customer.subscription) as { status: string }).status, 'canceled')
  })

  await t.test('the audit log has what was done, once', async () => {
    const again = await erase(service, customerId)
    assertRefused(again, 'CUSTOMER_NOT_FOUND')
    const records = await query<{ event: string; n: number }[]>(
      service.database,
      `select event, count(*)::int as n from audit_records
       where subject = '${customerId}' and event ~ 'erased|revoked' group by event order by event`,
    )
    assert.deepEqual(
      records.map(({ event, n }) => [event, n]),
      [
        ['api_key.revoked', 1],
        ['customer.erased', 1],
        ['license.revoked', 2],
      ],
    )
  })
})

test('what Stripe says of an erased customer later leaves nothing behind', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe, deliver, countEvents } = billing
  const customer = await subscribedCustomer(billing)
  const before = stripe.events.length
  // Heard of only after the erasure, with the deletion itself and what it brings about.
  stripe.renew(customer.subscription)
  assert.equal((await erase(service, customer.customerId)).status, 200)
  const isDeleted = async () =>
    (stripe.find(customer.stripeCustomer) as { deleted?: boolean }).deleted === true
  assert.ok(await eventually(isDeleted, 10_000))
  const late = stripe.events.slice(before)
  assert.ok(late.some(({ type }) => type === 'customer.deleted'))
  assert.ok(JSON.stringify(late).includes(EMAIL))

  await deliver(late, { order: 'shuffled', seed: 3, copies: 2 })
  await deliver()
  assert.equal(await countEvents('parked'), 0)
  const texts = [EMAIL, customer.stripeCustomer, 'canary-feature']
  const noJobs = async () =>
    (await query(service.database, 'select 1 from graphile_worker._private_jobs')).length === 0
  assert.ok(await eventually(noJobs, 10_000))
  assert.deepEqual(await findTexts(service.database, texts), [])
  assert.deepEqual(await query(service.database, 'select id from subscriptions'), [])
})

test('a checkout that is paid after the erasure is undone at Stripe', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe, deliver, newCustomer } = billing
  const customer = await newCustomer(EMAIL)
  const opened = await customer.checkout()
  const id: string = opened.body.checkout_session_id
  // The link to Stripe's customer is lost, as if it had been made while the erasure was under way.
  await query(service.database, 'update customers set stripe_customer_id = null')
  assert.equal((await erase(service, customer.customerId)).status, 200)
  stripe.payCheckout(id)
  const { customer: stripeCustomer } = stripe.find(id) as { customer: string }
  await deliver()
  const isDeleted = async () =>
    (stripe.find(stripeCustomer) as { deleted?: boolean }).deleted === true
  assert.ok(await eventually(isDeleted, 10_000))
  await deliver()
  assert.deepEqual(await findTexts(service.database, [EMAIL, stripeCustomer]), [])
})

test('an event of somebody else with the same address can still be applied', async (t) => {
  const billing = await startBilling(t)
  const { service, newCustomer, deliver } = billing
  const [first, second] = [await newCustomer(EMAIL), await newCustomer(EMAIL)]
  await second.subscribe()
  await deliver()
  assert.equal((await erase(service, first.customerId)).status, 200)
  const [event] = await query<{ id: string }[]>(
    service.database,
    "select id from stripe_events where type = 'customer.subscription.created'",
  )
  await query(service.database, `update stripe_events set status = 'pending'`)
  await query(
    service.database,
    `select graphile_worker.add_job('apply_stripe_event', json_build_object('id', id))
     from stripe_events`,
  )
  await billing.settled()
  assert.equal(await billing.reasonOf(event?.id ?? ''), null)
  assert.equal((await second.subscription()).status, 'active')
})

test('without its audit record nothing is erased', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service, { email: EMAIL })
  const call = asCustomer(service, apiKey)
  await call('POST', '/api/usage/report', { metrics: { calls: 1 }, instance_id: 'canary-instance' })
  const rows = () =>
    query(
      service.database,
      `select (select json_agg(c) from customers c) as customers,
        (select json_agg(to_jsonb(k) - 'last_used_at') from api_keys k) as keys,
        (select json_agg(r) from usage_reports r) as reports`,
    )
  const before = await rows()
  await closeAuditLog(service.database)
  assertRefused(await erase(service, customerId), 'DATABASE_UNAVAILABLE')
  assertRefused(
    await service.asAdmin('GET', `/api/customers/${customerId}/export`),
    'DATABASE_UNAVAILABLE',
  )
  assert.deepEqual(await rows(), before)
  assert.equal((await me(service, apiKey)).status, 200)
})

test('what is on its way while a customer is erased is refused or erased with it', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service, { email: EMAIL })
  const call = asCustomer(service, apiKey)
  await call('GET', '/api/me')
  let isErased = false
  let accepted = 0
  /** Reports until it is refused. */
  const reporter = async (client: number) => {
    for (;;) {
      const wasErased = isErased
      const body = { metrics: { calls: 1 }, instance_id: `canary-instance-${client}` }
      const { status } = await call('POST', '/api/usage/report', body)
      if (status !== 201) return assert.ok(status === 401 || status === 503, String(status))
      assert.ok(!wasErased, 'nothing is accepted once it is erased')
      accepted++
    }
  }
  const issue = () =>
    service.asAdmin('POST', `/api/customers/${customerId}/api-keys`, { name: 'canary-key' })
  const clients = inParallel(8, 8, reporter)
  const keys = inParallel(4, 2, issue)
  assert.ok(await eventually(() => accepted > 50, 10_000))
  assert.equal((await erase(service, customerId)).status, 200)
  isErased = true
  await Promise.all([clients, keys])
  const texts = ['canary-instance', 'canary-key', EMAIL]
  assert.deepEqual(await findTexts(service.database, texts), [])
  const alive = 'select id from api_keys where revoked_at is null'
  assert.deepEqual(await query(service.database, alive), [])
})

test('an account that has paid for usage goes with its customer, with money only if told so', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const { customerId, apiKey } = await createCustomer(service, { email: EMAIL, plan: 'paid' })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 100 })
  const report = { metrics: { calls: 5 }, report_id: 'canary-report' }
  const reported = await asCustomer(service, apiKey)('POST', '/api/usage/report', report)
  assert.equal(reported.status, 201)

  assertRefused(await erase(service, customerId), 'ACCOUNT_NOT_EMPTY')
  assert.equal((await me(service, apiKey)).status, 200)
  const path = `/api/customers/${customerId}?force=true`
  assert.equal((await service.asAdmin('DELETE', path)).status, 200)
  assert.deepEqual(await findTexts(service.database, ['canary-report', EMAIL]), [])
  await assertSound(service.database)
})

test('whether an account has paid for usage is known without reading its transfers', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service, { email: EMAIL })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 100 })
  await service.asInternal('POST', '/deduct', { user_id: customerId, amount: 5 })
  const [account] = await query(service.database, 'select id from accounts where user_id = $1', [
    customerId,
  ])
  await lock(t, service, 'lock table transfers in access exclusive mode')
  const hasPaid = await service.app.db.transaction((tx) =>
    hasPaidForUsage(tx, BigInt(account?.['id'])),
  )
  assert.equal(hasPaid, false)
})

test('nobody is erased who is not there', async (t) => {
  const service = await startService(t)
  assertRefused(await erase(service, 'cust_0123456789abcdef'), 'CUSTOMER_NOT_FOUND')
  assertRefused(await erase(service, 'cust_0'), 'VALIDATION_FAILED')
})
