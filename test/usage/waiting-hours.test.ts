import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../src/database/index.ts'
import { eventsToCancel, forgetKept, unsentEvents } from '../../src/usage/cancelled-events.ts'
import { countOpenEvents } from '../../src/usage/metrics.ts'
import { dueHours } from '../../src/usage/sealed-hours.ts'
import { unbilledHours } from '../../src/usage/unbilled-hours.ts'
import { waitingCustomers } from '../../src/usage/waiting-customers.ts'
import { hoursAgo, sellMetered } from '../support/metered.ts'
import type { Service } from '../support/service.ts'
import { query } from '../support/tables.ts'

interface Plan {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** Hours that wait, of customers whose names come before those of all others. */
const wait = (service: Service, customers: number, hours: number) =>
  query(
    service.database,
    `insert into usage_meter_hours (customer_id, event_name, at, value)
     select 'cust_' || lpad(n::text, 16, '0'), 'api_calls',
       date_trunc('hour', now(), 'UTC') - make_interval(hours => hour), 0.5
     from generate_series(1, $1::int) n, generate_series(1, $2::int) hour`,
    [customers, hours],
  )

/** How many rows of a table a statement reads, and how often it looks into it. */
async function readsOf(db: Database, statement: SQL, table: string) {
  const rows = await db.execute<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    sql`explain (analyze, format json) ${statement}`,
  )
  const reads = { rows: 0, looks: 0 }
  const walk = (plan: Plan): void => {
    if (plan['Relation Name'] === table) {
      const seen = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)
      reads.rows += seen * plan['Actual Loops']
      reads.looks += plan['Actual Loops']
    }
    plan.Plans?.forEach(walk)
  }
  const root = rows[0]?.['QUERY PLAN'][0].Plan
  assert.ok(root)
  walk(root)
  return reads
}

test('of hours that wait for a payer, a run reads one of each customer', async (t) => {
  const { service, customerId, report, told, sell, apply, send } = await sellMetered(t)
  const { customer } = sell()
  await apply()
  await wait(service, 20, 500)
  await report(3)
  await query(service.database, 'analyze')
  const reads = (statement: SQL, table = 'usage_meter_hours') =>
    readsOf(service.app.db, statement, table)
  // What is due is found, and then locked.
  assert.equal((await reads(dueHours([]))).rows, 2)
  assert.equal((await reads(unbilledHours())).rows, 0)
  assert.ok((await reads(waitingCustomers(''))).rows <= 21)
  // Who pays is asked once for each.
  assert.ok((await reads(waitingCustomers(''), 'customers')).looks <= 20)
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

test('neither a run nor a scrape reads the events that Stripe has had for less than a day', async (t) => {
  const { service, report, correct, sell, apply, send, told } = await sellMetered(t)
  const { customer } = sell()
  await apply()
  await report(3, undefined, 'a')
  await report(4, undefined, 'b')
  await send()
  await query(
    service.database,
    `insert into usage_meter_events (customer_id, event_name, value, at, sent_at, accepted_at, retry_at)
     select 'cust_' || lpad(n::text, 16, '0'), 'api_calls', 1, now(), now(), now(), 'infinity'
     from generate_series(1, 5000) n`,
  )
  assert.equal(await correct('a'), undefined)
  await query(service.database, 'analyze')
  const reads = async (statement: SQL) =>
    (await readsOf(service.app.db, statement, 'usage_meter_events')).rows
  assert.ok((await reads(unsentEvents())) <= 1)
  assert.equal(await reads(eventsToCancel()), 1)
  assert.equal(await reads(forgetKept()), 0)
  assert.ok((await reads(countOpenEvents())) <= 1)
  await send()
  assert.deepEqual(
    told().map(([payer, value]) => [payer, value]),
    [[customer, '4']],
  )
})

test('customers who wait take turns in being asked about, and nobody else waits for them', async (t) => {
  const { service, customerId, report, told, sell, apply, send } = await sellMetered(t)
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { plan: 'starter' })
  await report(5, hoursAgo(3))
  await report(6, hoursAgo(2))
  const { customer } = sell()
  await apply()
  await report(2)
  await wait(service, 5_000, 1)
  await send()
  assert.deepEqual(
    told().map(([, value]) => value),
    ['2'],
  )
  await send()
  assert.deepEqual(
    told()
      .map(([payer, value]) => `${payer} ${value}`)
      .toSorted(),
    ['2', '5', '6'].map((value) => `${customer} ${value}`),
  )
  await send()
  const [left] = await query(service.database, 'select count(*)::int from usage_meter_hours')
  assert.equal(left?.['count'], 5_000)
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
