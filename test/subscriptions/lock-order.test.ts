import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import { unlinkStripeCustomer } from '../../src/subscriptions/stripe-customer.ts'
import { createCustomer } from '../support/customers.ts'
import { waitForLocks } from '../support/locks.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

test('whoever hears of a deleted Stripe customer locks customers before subscriptions, as all do', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  await query(
    service.database,
    `insert into subscriptions (id, customer_id, stripe_customer_id, status, quantity,
       cancel_at_period_end, created_at)
     values ('sub_1', '${customerId}', 'cus_1', 'active', 1, false, now())`,
  )
  const other = await holding(t, service, customerId)
  const unlinking = unlinkStripeCustomer(service.app, 'cus_1', null, new Date())
  assert.ok(await waitForLocks(service.database))
  // As whoever takes in a subscription goes on; the other way round one of the two would be ended.
  await other.unsafe(`update subscriptions set quantity = 2 where id = 'sub_1'`)
  await other.unsafe('commit')
  assert.equal(await unlinking, true)
  const [row] = await query(service.database, 'select status, quantity from subscriptions')
  assert.deepEqual({ ...row }, { status: 'canceled', quantity: 2 })
})

test('the link of a deleted Stripe customer is removed only after its customer is locked', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  await query(
    service.database,
    `update customers set stripe_customer_id = 'cus_1';
     insert into stripe_customers (id, customer_id) values ('cus_2', '${customerId}')`,
  )
  const other = await holding(t, service, customerId)
  const unlinking = unlinkStripeCustomer(service.app, 'cus_2', null, new Date())
  assert.ok(await waitForLocks(service.database))
  // As with the deletion of the first one, whose place the next one takes.
  await other.unsafe(`delete from stripe_customers where id = 'cus_2'`)
  await other.unsafe(`update customers set stripe_customer_id = 'cus_2'`)
  await other.unsafe('commit')
  assert.equal(await unlinking, true)
  const [row] = await query(
    service.database,
    `select stripe_customer_id as first, (select count(*)::int from stripe_customers) as more
     from customers`,
  )
  assert.deepEqual({ ...row }, { first: null, more: 0 })
})

/** Another transaction that has locked a customer. */
async function holding(t: TestContext, { database }: Service, customerId: string) {
  const { adminUrl } = database
  const other = postgres(adminUrl, { ...socketHost(adminUrl), max: 1, onnotice: () => undefined })
  t.after(() => other.end({ timeout: 1 }))
  await other.unsafe('begin')
  await other.unsafe(`select from customers where id = '${customerId}' for no key update`)
  return other
}
