import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'drizzle-orm'
import { dueHours } from '../../src/usage/sealed-hours.ts'
import { hoursAgo, sellMetered } from '../support/metered.ts'
import { query } from '../support/tables.ts'

interface Plan {
  'Relation Name'?: string
  'Actual Loops': number
  Plans?: Plan[]
}

test('who pays is asked once for each customer, however many hours wait', async (t) => {
  const { service, customerId, report, told, sell, apply, send } = await sellMetered(t)
  const { customer } = sell()
  await apply()
  await query(
    service.database,
    `insert into usage_meter_hours (customer_id, event_name, at, value)
     select 'cust_' || lpad(n::text, 16, '0'), 'api_calls',
       date_trunc('hour', now(), 'UTC') - make_interval(hours => hour), 0.5
     from generate_series(1, 20) n, generate_series(1, 500) hour`,
  )
  await report(3)
  const rows = await service.app.db.execute<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    sql`explain (analyze, format json) ${dueHours()}`,
  )
  const root = rows[0]?.['QUERY PLAN'][0].Plan
  assert.ok(root)
  const loops = (plan: Plan): number =>
    Math.max(
      plan['Relation Name'] === 'customers' ? plan['Actual Loops'] : 0,
      ...(plan.Plans ?? []).map(loops),
    )
  assert.ok(loops(root) <= 21, `${loops(root)} times`)
  await send()
  assert.deepEqual(
    told().map(([payer, value]) => [payer, value]),
    [[customer, '3']],
  )
  const [left] = await query(
    service.database,
    'select count(*)::int, count(*) filter (where customer_id = $1)::int as paid from usage_meter_hours',
    [customerId],
  )
  assert.deepEqual({ ...left }, { count: 20 * 500, paid: 0 })
})

test('what has waited for a payer for too long is billed to nobody, and is a finding', async (t) => {
  const { service, customerId, report, correct, told, findings, found, apply, sell, send } =
    await sellMetered(t)
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { plan: 'starter' })
  const used = hoursAgo(40 * 24)
  await report(5, hoursAgo(36 * 24), 'a')
  await report(2, used, 'b')
  await report(4, hoursAgo(30 * 24), 'c')
  await send()
  for (let n = 0; n < 2; n++) await send()
  assert.deepEqual([told(), await found()], [[], ['unbilled_usage 7']])
  const [finding] = await findings()
  assert.deepEqual(finding.stripe_subscription_ids, [])
  assert.equal(finding.customer_id, customerId)
  assert.ok(Math.abs(Date.parse(finding.usage.used_at) - used.getTime()) < 3_600_000)

  assert.equal(await correct('b'), undefined)
  assert.deepEqual(await found(), ['unbilled_usage 5'])
  assert.equal(await correct('a'), undefined)
  assert.deepEqual(await found(), [])
  // What has not waited for as long is told once somebody pays.
  const { customer } = sell()
  await apply()
  await send()
  assert.deepEqual(
    told().map(([payer, value]) => [payer, value]),
    [[customer, '4']],
  )
})

test('such a finding is kept from the last that was added to it', async (t) => {
  const { service, customerId, report, found, send } = await sellMetered(t)
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { plan: 'starter' })
  await report(5, hoursAgo(36 * 24), 'a')
  for (let n = 0; n < 2; n++) await send()
  assert.deepEqual(await found(), ['unbilled_usage 5'])
  const old = "update usage_billing_findings set found_at = now() - interval '91 days'"
  await query(service.database, old)
  await report(2, hoursAgo(36 * 24), 'b')
  for (let n = 0; n < 2; n++) await send()
  assert.deepEqual(await found(), ['unbilled_usage 7'])
  const [kept] = await query(
    service.database,
    "select count(*)::int from usage_billing_findings where found_at > now() - interval '1 day'",
  )
  assert.equal(kept?.['count'], 1)
})
