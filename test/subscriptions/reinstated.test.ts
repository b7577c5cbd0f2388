import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followCustomer } from '../../src/subscriptions/follow.ts'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'

test('while Stripe is away, a reinstated customer has the licences of all subscriptions', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const other = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } }).id
  await putPlan(service, 'addon', { stripe_price_id: other })
  const ada = await newCustomer()
  const path = `/api/customers/${ada.customerId}`
  const customer = stripe.addCustomer()
  const metadata = { customer_id: ada.customerId }
  await service.asAdmin('PATCH', path, { status: 'suspended' })
  for (const one of [price.id, other]) {
    stripe.startSubscription({ customer, items: [{ price: one }], metadata })
  }
  await deliver()
  stripe.faults.fail({ status: 503, times: 1_000, path: '/v1/subscriptions' })
  await service.asAdmin('PATCH', path, { status: 'active' })
  await assert.rejects(followCustomer(service.app, ada.customerId))
  const { body } = await ada.call('GET', `/api/licenses/${ada.customerId}`)
  assert.deepEqual((body.data as { plan: string }[]).map(({ plan }) => plan).toSorted(), [
    'addon',
    'starter',
  ])
})
