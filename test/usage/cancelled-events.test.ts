import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { asAdmin } from '../support/database.ts'
import { waitForLocks } from '../support/locks.ts'
import { sellMetered } from '../support/metered.ts'
import { query } from '../support/tables.ts'

const ADJUSTMENTS = '/v1/billing/meter_event_adjustments'

/** An hour of which 1,030 were told, and of which 20 are to be taken back. */
async function start(t: TestContext) {
  const metered = await sellMetered(t)
  const { service, stripe, report, correct, sell, apply, send } = metered
  sell()
  await apply()
  await report(980)
  await report(20, undefined, 'wrong')
  await report(30, undefined, 'too')
  await send()
  const sum = () =>
    stripe.meterEvents.reduce((total, { payload }) => total + Number(payload['value']), 0)
  assert.equal(sum(), 1_030)
  assert.equal(await correct('wrong'), undefined)
  const waiting = async (reason: string) => {
    const { body } = await service.asAdmin('GET', '/metrics')
    const name = `strongroom_usage_meter_events_waiting\\{reason="${reason}"\\}`
    return Number(new RegExp(`${name} (\\d+)`).exec(body)?.[1])
  }
  return { ...metered, sum, waiting }
}

test('an answer that was lost is asked for again, however much later', async (t) => {
  const { stripe, sum, found, send } = await start(t)
  // The SDK itself tries a lost connection a second time.
  stripe.faults.reset({ path: ADJUSTMENTS, times: 2, when: 'after' })
  await send()
  assert.equal(sum(), 0)
  const { now } = Date
  t.mock.method(Date, 'now', () => now() + 601_000)
  await send()
  assert.deepEqual([sum(), await found()], [1_010, []])
})

test('after a fault of Stripe’s own a refusal tells nothing, and an operator must see to it', async (t) => {
  const { stripe, sum, found, waiting, send } = await start(t)
  stripe.faults.fail({ path: ADJUSTMENTS, status: 500, when: 'after' })
  await send()
  // The same key would get the same answer.
  for (let n = 0; n < 3; n++) await send()
  assert.deepEqual([sum(), await found(), await waiting('unknown')], [0, [], 1])
})

test('a fault of Stripe’s own that cancelled nothing is made up for', async (t) => {
  const { stripe, sum, found, send } = await start(t)
  stripe.faults.fail({ path: ADJUSTMENTS, status: 500 })
  await send()
  assert.equal(sum(), 1_030)
  for (let n = 0; n < 2; n++) await send()
  assert.deepEqual([sum(), await found()], [1_010, []])
})

test('a refusal of our key is none of the call, and keeps no other usage waiting', async (t) => {
  const { stripe, report, sum, found, waiting, send } = await start(t)
  for (const status of [401, 403]) {
    stripe.faults.fail({ path: ADJUSTMENTS, status })
    await report(5)
    await send()
    assert.equal(await waiting('refused'), 1)
  }
  assert.deepEqual([sum(), await found()], [1_040, []])
  await send()
  assert.deepEqual([sum(), await found()], [1_020, []])
})

test('what Stripe does not cancel of an event adds up to one finding', async (t) => {
  const { service, stripe, correct, sum, found, send } = await start(t)
  stripe.faults.fail({ path: ADJUSTMENTS, status: 400 })
  await send()
  assert.deepEqual(await found(), ['usage_not_correctable 20'])
  const age = "update usage_billing_findings set found_at = now() - interval '91 days'"
  await query(service.database, age)
  assert.equal(await correct('too'), undefined)
  stripe.faults.fail({ path: ADJUSTMENTS, status: 400 })
  await send()
  assert.deepEqual([sum(), await found()], [1_030, ['usage_not_correctable 50']])
  // It is kept from the last that was added.
  const [old] = await query(
    service.database,
    "select count(*)::int from usage_billing_findings where found_at < now() - interval '1 day'",
  )
  assert.equal(old?.['count'], 0)
})

test('a correction while the job puts another back finds the rest', async (t) => {
  const { service, correct, sum, found, send } = await start(t)
  await asAdmin(service.database.adminUrl, async (admin) => {
    const correcting = await admin.begin(async (tx) => {
      // As the job does it.
      await tx`
        insert into usage_meter_hours (customer_id, event_name, at, value, stripe_customer_id)
        select customer_id, event_name, at, 0, stripe_customer_id from usage_meter_events
        on conflict (customer_id, event_name, at) do update set value = usage_meter_hours.value`
      await tx`
        with gone as (delete from usage_meter_events returning *)
        update usage_meter_hours h set value = h.value + gone.value - gone.taken_back
        from gone where h.at = gone.at`
      const running = correct('too')
      assert.ok(await waitForLocks(service.database))
      return { running }
    })
    assert.equal(await correcting.running, undefined)
  })
  await send()
  // The one that Stripe had is gone without its leave here.
  assert.deepEqual([sum(), await found()], [1_030 + 980, []])
})
