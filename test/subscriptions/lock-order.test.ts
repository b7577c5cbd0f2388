import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import { unlinkStripeCustomer } from '../../src/subscriptions/stripe-customer.ts'
import { createCustomer } from '../support/customers.ts'
import { waitForLocks } from '../support/locks.ts'
import { startService } from '../support/service.ts'
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
  const { adminUrl } = service.database
  const other = postgres(adminUrl, { ...socketHost(adminUrl), max: 1, onnotice: () => undefined })
  t.after(() => other.end({ timeout: 1 }))
  await other.unsafe('begin')
  await other.unsafe(`select from customers where id = '${customerId}' for no key update`)
  const unlinking = unlinkStripeCustomer(service.app, 'cus_1', null, new Date())
  assert.ok(await waitForLocks(service.database))
  // As whoever takes in a subscription goes on; the other way round one of the two would be ended.
  await other.unsafe(`update subscriptions set quantity = 2 where id = 'sub_1'`)
  await other.unsafe('commit')
  assert.equal(await unlinking, true)
  const [row] = await query(service.database, 'select status, quantity from subscriptions')
  assert.deepEqual({ ...row }, { status: 'canceled', quantity: 2 })
})
