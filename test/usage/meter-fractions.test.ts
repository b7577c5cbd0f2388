import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cancelMeterEvents } from '../../src/usage/cancelled-events.ts'
import { query } from '../support/tables.ts'
import { hourOf, hoursAgo, sellMetered } from '../support/metered.ts'

test('fractions of before a subscription are not billed in it', async (t) => {
  const { service, customerId, stripe, apply, report, told, began, forgetPast, sell, send } =
    await sellMetered(t)
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { plan: 'starter' })
  for (const hours of [9, 8, 7, 6, 5]) await report(0.5, hoursAgo(hours))
  await send()
  assert.deepEqual(told(), [], 'nobody pays')
  const { id, customer } = sell()
  await apply()
  const { created } = stripe.find(id) as { created: number }
  await send()
  // Each in the hour in which it has become whole, which Stripe does not bill.
  const before = [
    [customer, '1', hourOf(hoursAgo(8))],
    [customer, '1', hourOf(hoursAgo(6))],
  ]
  assert.deepEqual(told(), before)
  assert.ok(told().every(([, , at]) => Number(at) < created))

  await began(id, hoursAgo(4))
  await forgetPast()
  await report(0.5, hoursAgo(3))
  await send()
  assert.deepEqual(told(), before, 'the half of before does not make it whole')
  await report(0.5, hoursAgo(2))
  await send()
  assert.deepEqual(told(), [...before, [customer, '1', hourOf(hoursAgo(2))]])
})

test('fractions that are told late are billed in the hours in which they become whole', async (t) => {
  const { apply, report, told, began, forgetPast, sell, send } = await sellMetered(t)
  const { id, customer } = sell()
  await apply()
  await began(id, hoursAgo(30 * 24), hoursAgo(0.5))
  await forgetPast()
  for (const hours of [6, 5, 4, 3, 2]) await report(0.7, hoursAgo(hours))
  await send()
  assert.deepEqual(
    told(),
    [5, 4, 2].map((hours) => [customer, '1', hourOf(hoursAgo(hours))]),
  )
})

test('a fraction that was told with others is taken back, and the others stay', async (t) => {
  const { service, stripe, apply, report, told, correct, began, forgetPast, sell, send } =
    await sellMetered(t)
  const { id } = sell()
  await apply()
  await began(id, hoursAgo(48))
  await forgetPast()
  const sum = () => told().reduce((total, [, value]) => total + Number(value), 0)
  const ids = [8, 7, 6, 5, 4, 3].map((hours) => ({ hours, reportId: `r-${hours}` }))
  for (const { hours, reportId } of ids) await report(0.5, hoursAgo(hours), reportId)
  await report(2.25, hoursAgo(3), 'more')
  await send()
  assert.equal(sum(), 5)
  for (const [reportId, left] of [
    ['r-8', 4],
    ['r-6', 4],
    ['more', 2],
    ['r-3', 1],
    ['r-7', 1],
    ['r-5', 0],
    ['r-4', 0],
  ] as const) {
    assert.equal(await correct(reportId), undefined, reportId)
    await send()
    assert.equal(sum(), left, reportId)
  }
  assert.equal(new Set(stripe.meterEvents).size, 0)
  const findings = await service.asAdmin('GET', '/api/subscriptions/findings')
  assert.deepEqual(findings.body.data, [])
  const parked = await query(service.database, 'select value::float8 from usage_meter_sums')
  assert.deepEqual([...parked], [{ value: 0 }])
})

test('a fraction that Stripe has had for a day is billed all the same, and that is a finding', async (t) => {
  const { service, apply, report, correct, began, forgetPast, sell, send } = await sellMetered(t)
  const { id } = sell()
  await apply()
  await began(id, hoursAgo(72))
  await forgetPast()
  await report(0.5, hoursAgo(30), 'a')
  await report(0.5, hoursAgo(29), 'b')
  await send()
  const age = `update usage_meter_events set sent_at = sent_at - interval '24 hours'`
  await query(service.database, age)
  // Others that came later don't stand for it.
  await report(0.5, hoursAgo(3))
  await report(0.75, hoursAgo(2))
  await send()
  assert.equal(await correct('a'), 'not_correctable')
})

test('a fraction that was put back is found in the units that it makes with later reports', async (t) => {
  const { service, apply, report, told, correct, findings, began, forgetPast, sell, send } =
    await sellMetered(t)
  const { id, customer } = sell()
  await apply()
  await began(id, hoursAgo(48))
  await forgetPast()
  await report(0.5, hoursAgo(6), 'a')
  await report(0.5, hoursAgo(3), 'b')
  await send()
  assert.deepEqual(told(), [[customer, '1', hourOf(hoursAgo(3))]])
  assert.equal(await correct('b'), undefined)
  await cancelMeterEvents(service.app, service.app.stripe())
  await report(2.75, hoursAgo(3))
  await send()
  assert.deepEqual(told(), [[customer, '3', hourOf(hoursAgo(3))]])
  assert.equal(await correct('a'), undefined)
  await send()
  assert.deepEqual(told(), [[customer, '2', hourOf(hoursAgo(3))]])
  assert.deepEqual(await findings(), [])
})
