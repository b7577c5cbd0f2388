import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { ADMIN_TOKEN, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

function path(customerId: string): string {
  return `/api/customers/${customerId}/export`
}

/** The answer as it arrives, its body not yet read. */
function download(service: Service, customerId: string): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  return fetch(service.origin + path(customerId), { headers })
}

function addReports(service: Service, customerId: string, count: number) {
  return query(
    service.database,
    `insert into usage_reports
       (customer_id, report_id, instance_id, reported_at, received_at, metrics, fingerprint)
     select '${customerId}', 'report-' || n, 'instance-7', now(), now(), '{"calls":1}', ''
     from generate_series(1, ${count}) n`,
  )
}

test('an export has everything that is held, and nothing that opens a door', async (t) => {
  const billing = await startBilling(t)
  const { service, newCustomer, deliver, stripe } = billing
  const other = await newCustomer('eve@example.com')
  const ada = await newCustomer('ada@example.com')
  const subscription = await ada.subscribe()
  await deliver()
  const changes = { company_name: 'Engines', metadata: { crm: 'A-17' } }
  await service.asAdmin('PATCH', `/api/customers/${ada.customerId}`, changes)
  const key = await service.asAdmin('POST', `/api/customers/${ada.customerId}/api-keys`, {
    name: 'laptop',
  })
  for (const call of [ada.call, other.call]) {
    const report = { metrics: { calls: 3 }, instance_id: 'i-7', report_id: 'r-1' }
    assert.equal((await call('POST', '/api/usage/report', report)).status, 201)
  }

  for (const { customerId } of [ada, other]) {
    await query(
      service.database,
      `insert into usage_meter_sums values ('${customerId}', 'calls', 2.5);
       insert into usage_meter_events (customer_id, event_name, value) values ('${customerId}', 'calls', 40);
       insert into usage_remainders values ('${customerId}', 'calls', 'USD/2', 1000, 7), ('${customerId}', 'gb', 'USD/2', 10, 0.5)`,
    )
  }

  const { status, headers, body } = await service.asAdmin('GET', path(ada.customerId))
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(headers.get('content-disposition'), `attachment; filename="${ada.customerId}.json"`)
  assert.equal(headers.get('cache-control'), 'no-store')
  const held = await service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  assert.deepEqual(body.customer, held.body)
  assert.deepEqual(
    body.api_keys.map(({ name }: { name: string }) => name),
    [null, 'laptop'],
  )
  assert.deepEqual(
    body.subscriptions.map((row: Record<string, string>) => row['stripe_subscription_id']),
    [subscription],
  )
  assert.equal(body.licenses.length, 1)
  assert.equal(body.usage_reports.length, 1)
  assert.equal(body.usage_reports[0].instance_id, 'i-7')
  assert.deepEqual(
    body.usage_totals.map(({ period, sum }: { period: string; sum: number }) => [period, sum]),
    [
      ['day', 3],
      ['hour', 3],
      ['month', 3],
    ],
  )
  assert.deepEqual(body.usage_meter_sums, [{ event_name: 'calls', value: '2.5' }])
  assert.deepEqual(body.usage_meter_events, [{ event_name: 'calls', value: '40', sent_at: null }])
  assert.deepEqual(body.usage_remainders, [
    { metric: 'calls', asset: 'USD/2', per: 1_000, remainder: '7' },
    { metric: 'gb', asset: 'USD/2', per: 10, remainder: '0.5' },
  ])
  const { customer } = stripe.find(subscription) as { customer: string }
  // The job that tells Stripe of a changed name brings about an event that is not delivered here.
  const events = stripe.events.filter(
    (event) => event.type !== 'customer.updated' && JSON.stringify(event).includes(customer),
  )
  assert.equal(body.stripe_events.length, events.length)
  const recorded = body.audit_records.map(({ event }: { event: string }) => event)
  assert.equal(recorded[0], 'customer.created')
  assert.equal(recorded.at(-1), 'customer.exported')

  const text = JSON.stringify(body)
  assert.ok(!text.includes('argon2') && !text.includes('eyJ'), 'neither a hash nor a token')
  assert.ok(!text.includes(other.customerId) && !text.includes('eve@'), 'nobody else')
  assert.ok(!text.includes(key.body.api_key))
})

test('the account that has paid for the usage is part of it', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 100 })
  const account = async () => (await service.asAdmin('GET', path(customerId))).body.account
  assert.equal(await account(), null, 'only named alike')
  await asCustomer(service, apiKey)('POST', '/api/usage/report', { metrics: { calls: 5 } })
  const alone = (await service.asInternal('GET', `/account/${customerId}/export`)).body
  const held = await account()
  assert.deepEqual(Object.keys(held), Object.keys(alone))
  assert.deepEqual(held.transfers, alone.transfers)
  assert.equal(held.account.balance, 90)
})

test('an export goes on for as long as there are rows', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  await addReports(service, customerId, 2_345)
  const { body } = await service.asAdmin('GET', path(customerId))
  const ids = body.usage_reports.map((report: { report_id: string }) => report.report_id)
  assert.equal(new Set(ids).size, 2_345)
  assert.equal(ids.length, 2_345)
})

test('an export that breaks off does not look like a whole one', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)

  await t.test('when the database fails on the way', async () => {
    await addReports(service, customerId, 100)
    await query(service.database, 'revoke select on usage_totals from strongroom_test')
    const answer = await download(service, customerId)
    assert.equal(answer.status, 200)
    await assert.rejects(answer.text())
    await query(service.database, 'grant select on usage_totals to strongroom_test')
    assert.equal((await service.asAdmin('GET', path(customerId))).status, 200)
  })

  await t.test('when the customer is erased on the way', async () => {
    await query(service.database, 'delete from usage_reports')
    // More than the buffers on the way hold: the rest waits for the reader.
    await addReports(service, customerId, 100_000)
    const answer = await download(service, customerId)
    assert.equal(answer.status, 200)
    const erased = await service.asAdmin('DELETE', `/api/customers/${customerId}`)
    assert.ok([200, 202].includes(erased.status))
    await assert.rejects(answer.text())
  })
})

test('nothing is exported of whom there is not', async (t) => {
  const service = await startService(t)
  assertRefused(await service.asAdmin('GET', path('cust_0123456789abcdef')), 'CUSTOMER_NOT_FOUND')
  assertRefused(await service.asAdmin('GET', path('cust_0')), 'VALIDATION_FAILED')
})
