import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { verifyLedger } from '../../src/funds/verify.ts'
import { sendMeterEvents } from '../../src/usage/meter-events.ts'
import { assertAuditSound, settled } from '../support/audit.ts'
import { startBilling } from '../support/billing.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { sellMetered } from '../support/metered.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { assertNothingWritten, query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

async function customer(service: Service, plan: string) {
  const { customerId, apiKey } = await createCustomer(service, { email: 'ada@example.com', plan })
  const api = asCustomer(service, apiKey)
  const path = `/api/usage/${customerId}/corrections`
  return {
    customerId,
    apiKey,
    api,
    report: (report_id: string, metrics: Record<string, number>, rest = {}) =>
      api('POST', '/api/usage/report', { report_id, metrics, ...rest }),
    correct: (report_id: string, reason = 'by mistake') =>
      service.asAdmin('POST', path, { report_id, reason }),
    totals: async (bucket: string) => {
      const { body } = await api('GET', `/api/usage/${customerId}?bucket=${bucket}`)
      return body.data.map((row: Record<string, unknown>) => {
        const { metric, count, sum, min, max, last } = row
        return [metric, count, sum, min, max, last].join(' ')
      })
    },
    balance: async (): Promise<number> =>
      (await service.asInternal('GET', `/balance/${customerId}`)).body.balance,
  }
}

test('a report no longer counts in totals and limits, once, and is still known', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'free', { limits: { calls: 50 } })
  const ada = await customer(service, 'free')
  await ada.report('a', { calls: 20, users: 3 })
  await ada.report('b', { calls: 1_000, only: 1 })
  await ada.report('c', { calls: 10, users: 2 })
  const limit = async () => (await ada.report('a', { calls: 20, users: 3 })).body.limits
  assert.deepEqual(await limit(), [{ metric: 'calls', used: 1_030, limit: 50, exceeded: true }])
  const first = await ada.correct('b')
  assert.equal(first.status, 201, JSON.stringify(first.body))
  assert.deepEqual(Object.keys(first.body).toSorted(), ['correction_id', 'report_id'])
  assert.equal(first.body.report_id, 'b')

  for (const bucket of ['hour', 'day', 'month']) {
    assert.deepEqual(await ada.totals(bucket), ['calls 2 30 10 20 10', 'users 2 5 2 3 2'], bucket)
  }
  assert.deepEqual(await limit(), [{ metric: 'calls', used: 30, limit: 50, exceeded: false }])

  await t.test('told again, it is a repetition', async () => {
    const again = await ada.correct('b', 'another reason')
    assert.deepEqual([again.status, again.body], [200, first.body])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.equal((await ada.report('b', { calls: 1_000, only: 1 })).status, 200)
    assert.deepEqual(await ada.totals('day'), ['calls 2 30 10 20 10', 'users 2 5 2 3 2'])
  })

  await t.test('all at once, by two processes: once', async () => {
    const replica = await startService(t, {}, service.database)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? service : replica).asAdmin(
          'POST',
          `/api/usage/${ada.customerId}/corrections`,
          { report_id: 'a', reason: 'by mistake' },
        ),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(answers.filter(({ status }) => status === 200).length, 11)
    assert.equal(new Set(answers.map(({ body }) => body.correction_id)).size, 1)
    assert.deepEqual(await ada.totals('day'), ['calls 1 10 10 10 10', 'users 1 2 2 2 2'])
  })

  await t.test('the limit can be found exceeded again', async () => {
    const found = async () =>
      (await service.asAdmin('GET', '/api/usage/anomalies?kind=limit_exceeded')).body.data.length
    assert.equal(await found(), 0)
    await ada.report('d', { calls: 60 })
    assert.equal(await found(), 1)
  })

  await t.test('its names are the customer’s all the same', async () => {
    // A process that has not seen them looks them up.
    const names = async (name: string) => {
      const replica = await startService(t, {}, service.database)
      const report = { metrics: { [name]: 1 } }
      const { body } = await asCustomer(replica, ada.apiKey)('POST', '/api/usage/report', report)
      return body.remaining.metric_names
    }
    const before = await names('calls')
    assert.equal(await names('only'), before)
  })

  await t.test('it is on record, and what is personal of it is not', async () => {
    await settled(service)
    const { body } = await service.asAdmin('GET', '/api/audit?event=usage.corrected')
    const { subject, metadata } = body.data.at(-1)
    assert.deepEqual([subject, metadata.correction], [ada.customerId, first.body.correction_id])
    assert.deepEqual([metadata.report_id, metadata.reason], ['b', 'by mistake'])
    await assertAuditSound(service)
    const [row] = await query(
      service.database,
      "select metadata::text as text from audit_records where event = 'usage.corrected' limit 1",
    )
    assert.doesNotMatch(String(row?.['text']), /mistake/)
  })
})

test('what there is not to correct is refused, and changes nothing', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'free')
  const ada = await customer(service, 'free')
  await ada.report('a', { calls: 20 })
  const path = `/api/usage/${ada.customerId}/corrections`
  await assertNothingWritten(service.database, async () => {
    assertRefused(await ada.correct('b'), 'REPORT_NOT_FOUND')
    const nobody = '/api/usage/cust_0000000000000000/corrections'
    const body = { report_id: 'a', reason: 'x' }
    assertRefused(await service.asAdmin('POST', nobody, body), 'CUSTOMER_NOT_FOUND')
    for (const wrong of [{}, { report_id: 'a' }, { ...body, more: 1 }, { ...body, reason: '' }]) {
      assertRefused(await service.asAdmin('POST', path, wrong), 'VALIDATION_FAILED')
    }
    const ofCustomer = await ada.api('POST', path, body)
    assertRefused(ofCustomer, 'UNAUTHORIZED')
  })
})

const PRICES = {
  calls: { via: 'funds', asset: 'USD/2', price: 2 },
  tokens: { via: 'funds', asset: 'USD/2', price: 1, per: 10 },
}

async function paying(t: TestContext) {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: PRICES })
  const ada = await customer(service, 'paid')
  await service.asInternal('POST', '/account', { user_id: ada.customerId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: ada.customerId, amount: 1_000 })
  return { service, ada }
}

test('what was paid for it is given back, to the fraction', async (t) => {
  const { service, ada } = await paying(t)
  await ada.report('a', { calls: 100 })
  await putPlan(service, 'paid', { metered: { ...PRICES, calls: { ...PRICES.calls, price: 9 } } })
  assert.equal(await ada.balance(), 800)
  assert.equal((await ada.correct('a')).status, 201)
  assert.equal(await ada.balance(), 1_000)
  assert.equal((await ada.correct('a')).status, 200)
  assert.equal(await ada.balance(), 1_000)

  await t.test('the fractions of others stay paid for', async () => {
    await ada.report('half', { tokens: 5 })
    await ada.report('other-half', { tokens: 5 })
    assert.equal(await ada.balance(), 999)
    // The second has paid one unit for both; half of it is left to the next.
    await ada.correct('half')
    assert.equal(await ada.balance(), 999)
    await ada.report('third', { tokens: 5 })
    assert.equal(await ada.balance(), 999)
    await ada.report('fourth', { tokens: 10 })
    assert.equal(await ada.balance(), 998)
    for (const id of ['other-half', 'third', 'fourth']) await ada.correct(id)
    const [left] = await query(
      service.database,
      "select remainder::text from usage_remainders where metric = 'tokens'",
    )
    const owed = -Number(left?.['remainder']) / 10
    assert.equal((await ada.balance()) + owed, 1_000)
  })

  await t.test('what was refunded by hand is not given back again', async () => {
    const before = await ada.balance()
    await ada.report('b', { calls: 10 })
    const transfers = `/account/${ada.customerId}/transfers`
    const [{ transfer_id }] = (await service.asInternal('GET', transfers)).body.data
    await service.asInternal('POST', '/refund', { transfer_id, amount: 30 })
    assert.equal((await ada.correct('b')).status, 201)
    assert.equal(await ada.balance(), before)
    await ada.report('c', { calls: 10 })
    const [charge] = (await service.asInternal('GET', transfers)).body.data
    await service.asInternal('POST', '/refund', { transfer_id: charge.transfer_id })
    assert.equal((await ada.correct('c')).status, 201)
    assert.equal(await ada.balance(), before)
  })
  const { findings } = await asAdmin(service.database.adminUrl, verifyLedger)
  assert.deepEqual(findings, [])
})

test('a locked account keeps a correction from happening by half', async (t) => {
  const { service, ada } = await paying(t)
  await ada.report('a', { calls: 100 })
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql.begin(async (tx) => {
      await tx`select from accounts where user_id = ${ada.customerId} for update`
      assertRefused(await ada.correct('a'), 'ACCOUNT_BUSY')
    })
  })
  assert.deepEqual([await ada.balance(), (await ada.totals('day')).length], [800, 1])
  assert.equal((await ada.correct('a')).status, 201)
  assert.deepEqual([await ada.balance(), await ada.totals('day')], [1_000, []])
})

interface Finding {
  kind: string
  customer_id: string
  usage: { event_name: string; value: string }
}

const METERED = { calls: { via: 'stripe', event_name: 'api_calls' } }

async function billed(t: TestContext) {
  const { service, stripe } = await startBilling(t, { RUN_JOBS: 'false' })
  await putPlan(service, 'metered', { metered: METERED })
  const ada = await customer(service, 'metered')
  await query(service.database, 'update customers set stripe_customer_id = $1', ['cus_ada'])
  const send = () => sendMeterEvents(service.app)
  const sum = () =>
    stripe.meterEvents.reduce((total, { payload }) => total + Number(payload['value']), 0)
  const findings = async () =>
    (await service.asAdmin('GET', '/api/subscriptions/findings')).body.data.map(
      ({ kind, customer_id, usage }: Finding) => {
        assert.equal(customer_id, ada.customerId)
        return [kind, usage.event_name, usage.value].join(' ')
      },
    )
  return { service, stripe, ada, send, sum, findings }
}

test('at Stripe the hour’s event is cancelled, and sent again with the rest', async (t) => {
  const { stripe, ada, send, sum, findings } = await billed(t)
  await ada.report('a', { calls: 20 })
  await ada.report('b', { calls: 1_000 })
  await send()
  assert.equal(sum(), 1_020)
  const [before] = stripe.meterEvents
  const answer = await ada.correct('b')
  assert.deepEqual([answer.status, answer.body.stripe], [201, undefined])
  await send()
  assert.equal(sum(), 20)
  const [after] = stripe.meterEvents
  assert.notEqual(after?.identifier, before?.identifier)
  assert.equal(after?.timestamp, before?.timestamp)

  await t.test('what it was not told yet it is not told', async () => {
    await ada.report('c', { calls: 7.5 })
    await ada.correct('c')
    await ada.report('d', { calls: 1.25 })
    await send()
    await ada.correct('d')
    await send()
    assert.equal(sum(), 20)
  })

  await t.test('nor what is on its way, once it is known to be there', async () => {
    stripe.faults.reset({ path: '/v1/billing/meter_events', times: 2, when: 'after' })
    await ada.report('e', { calls: 5 })
    await send()
    await ada.correct('e')
    await send()
    await send()
    assert.equal(sum(), 20)
  })

  await t.test('nor what may be there, although a later attempt was not made', async () => {
    stripe.faults.reset({ path: '/v1/billing/meter_events', times: 2, when: 'after' })
    await ada.report('g', { calls: 5 })
    await send()
    stripe.faults.fail({ path: '/v1/billing/meter_events', status: 429 })
    await send()
    await ada.correct('g')
    await send()
    await send()
    assert.equal(sum(), 20)
  })

  await t.test('while Stripe is away it waits, and nothing counts twice', async () => {
    const adjustments = '/v1/billing/meter_event_adjustments'
    await ada.report('f', { calls: 3 })
    await send()
    await ada.correct('f')
    stripe.faults.fail({ path: adjustments, status: 503 })
    await send()
    assert.equal(sum(), 23)
    stripe.faults.reset({ path: adjustments, when: 'after' })
    await send()
    stripe.clock.advance(24 * 3_600 - 60)
    await send()
    assert.equal(sum(), 20)
  })
  assert.deepEqual(await findings(), [])
})

test('what Stripe has had for a day it goes on billing, and that is a finding', async (t) => {
  const { service, stripe, ada, send, sum, findings } = await billed(t)
  await ada.report('a', { calls: 20 })
  await ada.report('b', { calls: 1_000 })
  await send()
  await query(
    service.database,
    "update usage_meter_events set sent_at = sent_at - interval '24 hours'",
  )
  const late = await ada.correct('b')
  assert.deepEqual([late.status, late.body.stripe], [201, 'not_correctable'])
  assert.deepEqual(
    [(await ada.correct('b')).status, await ada.totals('day')],
    [200, ['calls 1 20 20 20 20']],
  )
  assert.equal((await ada.correct('b')).body.stripe, 'not_correctable')
  await send()
  assert.equal(sum(), 1_020)
  assert.deepEqual(await findings(), ['usage_not_correctable api_calls 1000'])

  await t.test('so is what Stripe refuses to cancel', async () => {
    await ada.report('c', { calls: 5 })
    await send()
    assert.equal((await ada.correct('c')).body.stripe, undefined)
    stripe.clock.advance(25 * 3_600)
    await send()
    assert.equal(sum(), 1_025)
    assert.deepEqual(await findings(), [
      'usage_not_correctable api_calls 5',
      'usage_not_correctable api_calls 1000',
    ])
  })
})

test('what two subscriptions bill by one meter is one finding when it can’t be corrected', async (t) => {
  const { service, sell, apply, api, send, correct, found, price, stripe } = await sellMetered(t)
  const other = stripe.addPrice({ unit_amount: 900, recurring: { interval: 'month' } }).id
  const metered = (metric: string) => ({ [metric]: { via: 'stripe', event_name: 'api_calls' } })
  await putPlan(service, 'starter', { stripe_price_id: price.id, metered: metered('calls') })
  await putPlan(service, 'extra', { stripe_price_id: other, metered: metered('users') })
  const { customer: payer } = sell()
  sell(payer, other)
  await apply()
  const body = { report_id: 'a', metrics: { calls: 2, users: 3 } }
  assert.equal((await api('POST', '/api/usage/report', body)).status, 201)
  await send()
  await query(
    service.database,
    "update usage_meter_events set sent_at = sent_at - interval '24 hours'",
  )
  assert.equal(await correct('a'), 'not_correctable')
  assert.deepEqual(await found(), ['usage_not_correctable 5'])
})
