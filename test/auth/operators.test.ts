import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused, sameForAll } from '../support/refusals.ts'
import { ADMIN_TOKEN, startService } from '../support/service.ts'
import { assertDenied, issue } from '../support/tokens.ts'
import { asCustomer } from '../support/usage.ts'

const NOBODY = 'cust_0000000000000000'
const RETURN = { return_url: 'https://app.example.com/billing' }

const reads = (customerId: string) => [
  `/api/subscriptions/${customerId}`,
  `/api/usage/${customerId}?metric=calls`,
  `/api/licenses/${customerId}`,
]

test('operators see what customers see', async (t) => {
  const { service, stripe, deliver, newCustomer } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  await deliver()
  await ada.call('POST', '/api/usage/report', { metrics: { calls: 7 } })

  await t.test('subscriptions, usage and licences, and no customer that there is not', async () => {
    for (const path of reads(ada.customerId)) {
      const own = await ada.call('GET', path)
      const shown = await service.asAdmin('GET', path)
      assert.deepEqual([shown.status, shown.body], [own.status, own.body])
      assert.equal(shown.headers.get('cache-control'), own.headers.get('cache-control'))
    }
    for (const path of reads(NOBODY)) {
      assertRefused(await service.asAdmin('GET', path), 'CUSTOMER_NOT_FOUND')
    }
  })

  await t.test('the entitlements are the customer’s alone', async () => {
    const path = `/api/licenses/${ada.customerId}/entitlements?feature=x`
    assertRefused(await service.asAdmin('GET', path), 'UNAUTHORIZED')
  })

  await t.test('pages of Stripe, for whom they name', async () => {
    const bob = await createCustomer(service, { email: 'bob@example.com' })
    const checkout = { plan: 'starter', ...URLS }
    const post = (page: string, body: object) =>
      service.asAdmin('POST', `/api/subscriptions/${page}`, body)
    const opened = await post('checkout', { customer_id: bob.customerId, ...checkout })
    assert.equal(opened.status, 201, JSON.stringify(opened.body))
    const session = stripe.find(opened.body.checkout_session_id) as Record<string, unknown>
    assert.equal(session['client_reference_id'], bob.customerId)
    const portal = await post('portal', { customer_id: ada.customerId, ...RETURN })
    assert.equal(portal.status, 201)

    for (const [page, body] of [
      ['checkout', checkout],
      ['portal', RETURN],
    ] as const) {
      const withoutOne = await post(page, body)
      assertRefused(withoutOne, 'VALIDATION_FAILED')
      assert.deepEqual(withoutOne.body.details, [
        { path: '/customer_id', message: 'is required of operators' },
      ])
      assertRefused(await post(page, { customer_id: NOBODY, ...body }), 'CUSTOMER_NOT_FOUND')
      const own = await ada.call('POST', `/api/subscriptions/${page}`, {
        customer_id: ada.customerId,
        ...body,
      })
      assertRefused(own, 'VALIDATION_FAILED')
      assert.equal(own.body.details[0].path, '/customer_id')
    }
  })
})

test('a credential that lacks something is refused before anyone asks whose it is', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter')
  const ada = await createCustomer(service)
  const none = await issue(service, { scope: 'admin', permissions: ['plans:write'] })
  const keys = `/api/customers/${ada.customerId}/api-keys`
  const { body } = await service.asAdmin('POST', keys, { scopes: ['usage:write'] })
  const scoped = asCustomer(service, body.api_key)
  for (const id of [ada.customerId, NOBODY]) {
    for (const path of reads(id)) {
      assertDenied(await none.call('GET', path), 'permission', path)
      assertDenied(await scoped('GET', path), 'permission', path)
    }
  }
  for (const page of ['checkout', 'portal']) {
    const path = `/api/subscriptions/${page}`
    assertDenied(await none.call('POST', path, {}), '`subscriptions:write`', path)
    assertDenied(await scoped('POST', path, {}), '`billing:write`', path)
  }

  await t.test('and a wrong one, or two, as any wrong key', async () => {
    const [path = ''] = reads(ada.customerId)
    const call = (headers: Record<string, string>) => service.call('GET', path, { headers })
    const admin = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const expected = sameForAll(await call({ 'x-api-key': 'cust_wrong' }))
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${ADMIN_TOKEN}` },
      { ...admin, 'x-api-key': ada.apiKey },
      { ...admin, 'x-api-key': 'cust_wrong' },
      { authorization: 'Bearer wrong', 'x-api-key': ada.apiKey },
    ]) {
      const answer = await call(headers)
      assertRefused(answer, 'UNAUTHORIZED')
      assert.deepEqual(sameForAll(answer), expected)
    }
  })
})

test('each credential is under the limit of its own scope', async (t) => {
  const service = await startService(t, { RATE_LIMIT_API: '2/15m', RATE_LIMIT_ADMIN: '4/1h' })
  const ada = await createCustomer(service)
  const [path = ''] = reads(ada.customerId)
  const statuses = async (call: () => Promise<{ status: number }>, count: number) => {
    const all: number[] = []
    for (let n = 0; n < count; n++) all.push((await call()).status)
    return all
  }
  const asAda = asCustomer(service, ada.apiKey)
  assert.deepEqual(await statuses(() => asAda('GET', path), 3), [200, 200, 429])
  // The customer was made by one call of four.
  assert.deepEqual(await statuses(() => service.asAdmin('GET', path), 4), [200, 200, 200, 429])
})
