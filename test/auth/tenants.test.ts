import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { collectRoutes } from '../support/routes.ts'
import { type Answer, startService } from '../support/service.ts'
import { assertNothingWritten } from '../support/tables.ts'

const routes = collectRoutes()

/** An answer but for what differs from request to request. */
function rest({ status, headers, body }: Answer): unknown {
  const all = [...headers].filter(([name]) => !/^(date|x-request-id|ratelimit-)/.test(name))
  return { status, headers: all, body: { ...body, request_id: 'any' } }
}

test('no customer route tells another customer from none', async (t) => {
  const tried = counts(t, {
    promise: '10',
    what: 'A customer’s route, with the own, a foreign and an unknown id',
    trials: 0,
  })
  const service = await startService(t)
  await putPlan(service, 'starter')
  const ada = await createCustomer(service, { email: 'ada@example.com', plan: 'starter' })
  const bob = await createCustomer(service, { email: 'bob@example.com', plan: 'starter' })
  for (const { customerId } of [ada, bob]) {
    await service.asAdmin('POST', '/api/licenses', { customer_id: customerId })
  }
  const own = routes().filter(
    ({ method, url, scope }) =>
      scope === 'customer' && url.includes(':customer_id') && method !== 'HEAD',
  )
  assert.ok(own.length >= 3)
  tried.trials = 3 * own.length
  for (const { method, url } of own) {
    await t.test(`${method} ${url}`, () =>
      assertNothingWritten(service.database, async () => {
        const query = url.endsWith('/entitlements') ? '?feature=anything' : ''
        const as = (customerId: string) =>
          service.call(method, url.replace(':customer_id', customerId) + query, {
            headers: { 'x-api-key': ada.apiKey },
          })
        assert.equal((await as(ada.customerId)).status, 200)
        const foreign = await as(bob.customerId)
        assertRefused(foreign, 'CUSTOMER_NOT_FOUND')
        assert.deepEqual(rest(await as('cust_0000000000000000')), rest(foreign))
        assert.doesNotMatch(JSON.stringify(foreign.body), new RegExp(bob.customerId))
      }),
    )
  }
})
