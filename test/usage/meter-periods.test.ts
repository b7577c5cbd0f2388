import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putPlan } from '../support/customers.ts'
import { hourOf, hoursAgo, secondOf, sellMetered } from '../support/metered.ts'
import { query } from '../support/tables.ts'

test('while a renewal is owed, usage of the closed period goes to the open one, and is a finding', async (t) => {
  const { stripe, service, customerId, apply, report, told, findings, sell, send } =
    await sellMetered(t)
  stripe.clock.set(secondOf(hoursAgo(31 * 24 + 2)))
  const { id, customer } = sell()
  await apply()
  const { items } = stripe.find(id) as { items: { data: { current_period_end: number }[] } }
  const end = items.data[0]!.current_period_end
  stripe.clock.set(end)
  stripe.failPayment(id)
  await apply()
  stripe.clock.set(secondOf(new Date()))
  // The period ended two hours ago, and an invoice is final after one.
  const ago = (Date.now() / 1_000 - end) / 3_600
  const [shown] = await query(service.database, 'select status, held_items from subscriptions')
  assert.equal(shown?.['status'], 'past_due')
  assert.ok(shown?.['held_items'] !== null)
  assert.ok(ago > 1, `${ago} hours`)
  await report(5, new Date((end - 3_600) * 1_000), 'first')
  await send()
  assert.deepEqual(told(), [[customer, '5', end]])
  const late = async () =>
    (await findings()).map((one: { kind: string; usage: { value: string } }) => [
      one.kind,
      one.usage.value,
    ])
  assert.deepEqual(await late(), [['late_usage', '5']])
  await report(3, new Date((end - 7_200) * 1_000), 'second')
  assert.deepEqual(await late(), [['late_usage', '8']])
  for (const [reportId, left] of [
    ['first', [['late_usage', '3']]],
    ['second', []],
  ] as const) {
    const path = `/api/usage/${customerId}/corrections`
    const corrected = await service.asAdmin('POST', path, { report_id: reportId, reason: 'wrong' })
    assert.equal(corrected.status, 201)
    assert.deepEqual(await late(), left)
  }
})

test('usage behind the end of a period is of the next, though its renewal was not told yet', async (t) => {
  const { service, apply, report, told, sell, send } = await sellMetered(t)
  const { customer } = sell()
  await apply()
  const now = new Date()
  // In the middle of what is over of this hour.
  const end = Math.floor((hourOf(now) + now.getTime() / 1_000) / 2)
  await query(
    service.database,
    `update subscriptions set created_at = now() - interval '30 days', items = jsonb_set(
       jsonb_set(items, '{0,start}', to_jsonb($1::bigint)), '{0,end}', to_jsonb($2::bigint))`,
    [end - 30 * 86_400, end],
  )
  await report(3, new Date((end - 1) * 1_000))
  await report(5, now)
  await send()
  const byTime = told().toSorted((a, b) => Number(a[2]) - Number(b[2]))
  assert.deepEqual(byTime, [
    [customer, '3', hourOf(new Date((end - 1) * 1_000))],
    [customer, '5', end],
  ])
})

test('what was used to the last minute is told at once, to whom it was used by', async (t) => {
  const { stripe, service, apply, report, told, sell, send } = await sellMetered(t)
  const jobs = async () =>
    (
      await query(
        service.database,
        `select from graphile_worker._private_jobs where key = 'send_meter_events'`,
      )
    ).length
  stripe.clock.set(secondOf(new Date()) - 60)
  const first = sell()
  await apply()
  await report(7)
  assert.equal(await jobs(), 0)
  stripe.cancel(first.id)
  await apply()
  assert.equal(await jobs(), 1, 'at once, and not with the next minute')
  // Another is bought before anything is sent.
  stripe.clock.advance(30)
  const second = sell()
  await apply()
  await report(9)
  await send()
  assert.deepEqual(
    told()
      .map(([customer, value]) => `${customer} ${value}`)
      .toSorted(),
    [`${first.customer} 7`, `${second.customer} 9`].toSorted(),
  )
})

test('usage goes to the Stripe customer of the subscription that has the meter', async (t) => {
  const { stripe, service, apply, report, told, sell, send } = await sellMetered(t)
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } }).id
  await putPlan(service, 'pro', { stripe_price_id: pro, rank: 20 })
  sell(stripe.addCustomer(), pro)
  const { customer } = sell()
  await apply()
  await report(3)
  await report(0.5)
  await send()
  await report(0.5)
  await send()
  assert.deepEqual(
    told().map(([payer, value]) => [payer, value]),
    [
      [customer, '3'],
      [customer, '1'],
    ],
  )
})

test('nothing is told from before an ended subscription began', async (t) => {
  const { stripe, service, customerId, apply, report, told, began, forgetPast, sell, send } =
    await sellMetered(t)
  const { id, customer } = sell()
  await apply()
  stripe.cancel(id)
  await apply()
  await began(id, hoursAgo(3))
  await forgetPast()
  await query(service.database, `update subscriptions set ended_at = now() - interval '5 minutes'`)
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { plan: 'starter' })
  await query(service.database, 'delete from base_plans_past')
  await report(1, hoursAgo(8))
  await report(2, hoursAgo(1))
  await send()
  assert.deepEqual(told(), [[customer, '2', hourOf(hoursAgo(1))]])
})

test('after another subscription has begun, usage of the former is still the former’s', async (t) => {
  const { stripe, service, apply, report, told, findings, began, forgetPast, sell, send } =
    await sellMetered(t)
  const former = sell()
  await apply()
  stripe.cancel(former.id)
  await apply()
  const present = sell()
  await apply()
  await began(former.id, hoursAgo(30))
  await began(present.id, hoursAgo(1))
  await forgetPast()
  const ended = (minutes: number) =>
    query(
      service.database,
      `update subscriptions set ended_at = now() - make_interval(mins => $2) where id = $1`,
      [former.id, minutes],
    )
  await ended(30)
  await report(1, hoursAgo(3))
  await send()
  assert.deepEqual(told(), [[former.customer, '1', hourOf(hoursAgo(3))]])
  assert.deepEqual(await findings(), [], 'its last invoice is still a draft')
  await ended(100)
  await report(2, hoursAgo(4))
  const [late] = await findings()
  assert.deepEqual([late?.kind, late?.usage.value], ['late_usage', '2'])
  assert.deepEqual(late?.stripe_subscription_ids, [former.id])
})

test('whole units are told at once, however many hours hold fractions before them', async (t) => {
  const { service, told, send } = await sellMetered(t)
  await query(
    service.database,
    `insert into usage_meter_hours (customer_id, event_name, at, value, stripe_customer_id)
     select 'cust_' || lpad(n::text, 16, '0'), 'api_calls',
       date_trunc('hour', now() - interval '2 hours', 'UTC'), 0.5, 'cus_' || n
     from generate_series(1, 1200) n`,
  )
  await query(
    service.database,
    `insert into usage_meter_hours (customer_id, event_name, at, value, stripe_customer_id)
     values ('cust_zzzzzzzzzzzzzzzz', 'api_calls', date_trunc('hour', now(), 'UTC'), 3, 'cus_last')`,
  )
  await send()
  assert.deepEqual(
    told().map(([payer, value]) => [payer, value]),
    [['cus_last', '3']],
  )
  const left = await query(service.database, 'select from usage_meter_hours')
  assert.equal(left.length, 0)
})
