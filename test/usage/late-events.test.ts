import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hourOf, hoursAgo, secondOf, sellMetered } from '../support/metered.ts'
import { query } from '../support/tables.ts'

const EVENTS = '/v1/billing/meter_events'

/** A customer whose period began half an hour ago, so that the invoice of the one before is a draft. */
async function start(t: TestContext) {
  const metered = await sellMetered(t)
  const { id, customer } = metered.sell()
  await metered.apply()
  await metered.began(id, hoursAgo(40 * 24), hoursAgo(0.5))
  await metered.forgetPast()
  const database = metered.service.database
  /** As if the last try lay so far back. */
  const later = (minutes: number) =>
    query(
      database,
      'update usage_meter_events set retry_at = retry_at - make_interval(mins => $1)',
      [minutes],
    )
  /** As if the period had begun so long ago; Stripe’s times are whole seconds. */
  const periodBegan = async (hours: number): Promise<number> => {
    const began = hoursAgo(hours)
    await metered.began(id, hoursAgo(40 * 24), began)
    await metered.forgetPast()
    return secondOf(began)
  }
  return { ...metered, id, customer, later, periodBegan }
}

test('an event that Stripe gets when its invoice is final is billed in the open period', async (t) => {
  const { stripe, id, customer, report, correct, told, findings, found, periodBegan, send } =
    await start(t)
  const used = hoursAgo(3.4)
  await report(7, used, 'a')
  await report(2, used, 'b')
  stripe.faults.fail({ path: EVENTS, status: 503 })
  await send()
  assert.deepEqual([told(), await found()], [[], []])
  const began = await periodBegan(1.5)
  await send()
  assert.deepEqual(told(), [[customer, '9', began]])
  const [finding, ...others] = await findings()
  assert.deepEqual(others, [])
  assert.equal(finding.kind, 'late_usage')
  assert.deepEqual(finding.stripe_subscription_ids, [id])
  assert.equal(finding.usage.value, '9')
  assert.equal(Date.parse(finding.usage.used_at) / 1_000, hourOf(used))

  await t.test('and can be corrected, with its finding', async () => {
    assert.equal(await correct('a'), undefined)
    await send()
    assert.deepEqual(told(), [[customer, '2', began]])
    assert.deepEqual(await found(), ['late_usage 2'])
    assert.equal(await correct('b'), undefined)
    await send()
    assert.deepEqual([told(), await found()], [[], []])
  })
})

test('an event that was there in time is not found to be late', async (t) => {
  const { stripe, customer, report, told, found, periodBegan, send } = await start(t)
  const used = hoursAgo(3.4)
  await report(7, used)
  stripe.faults.reset({ path: EVENTS, times: 2, when: 'after' })
  await send()
  await periodBegan(1.5)
  await send()
  assert.deepEqual(told(), [[customer, '7', hourOf(used)]])
  assert.deepEqual(await found(), [])
})

test('a late event whose answer was lost is one finding', async (t) => {
  const { stripe, customer, report, told, found, periodBegan, send } = await start(t)
  await report(7, hoursAgo(3.4))
  stripe.faults.fail({ path: EVENTS, status: 503 })
  await send()
  const began = await periodBegan(1.5)
  stripe.faults.reset({ path: EVENTS, times: 2, when: 'after' })
  await send()
  assert.deepEqual(await found(), [])
  for (let n = 0; n < 2; n++) await send()
  assert.deepEqual([told(), await found()], [[[customer, '7', began]], ['late_usage 7']])
})

test('what waits when its subscription has ended is a finding, and is never another’s', async (t) => {
  const { stripe, service, id, customer, report, told, found, apply, forgetPast, sell, send } =
    await start(t)
  const used = hoursAgo(3.4)
  await report(7, used)
  stripe.faults.fail({ path: EVENTS, status: 503 })
  await send()
  stripe.cancel(id)
  await apply()
  sell(customer)
  await apply()
  await query(
    service.database,
    `update subscriptions set ended_at = now() - interval '2 hours' where id = $1`,
    [id],
  )
  await forgetPast()
  await send()
  assert.deepEqual(told(), [[customer, '7', hourOf(used)]])
  assert.deepEqual(await found(), ['late_usage 7'])
})

test('what Stripe refuses while the invoice is a draft is tried again soon', async (t) => {
  const { stripe, customer, report, told, later, send } = await start(t)
  const used = hoursAgo(3.4)
  await report(7, used)
  stripe.faults.fail({ path: EVENTS, status: 404 })
  await send()
  await send()
  assert.deepEqual(told(), [])
  await later(5)
  await send()
  assert.deepEqual(told(), [[customer, '7', hourOf(used)]])
})

test('an hour of a long period can be corrected, though Stripe takes no time so old', async (t) => {
  const { id, customer, report, correct, told, began, forgetPast, send } = await start(t)
  await began(id, hoursAgo(60 * 24))
  await forgetPast()
  await report(5, hoursAgo(50 * 24), 'a')
  await report(3, hoursAgo(50 * 24), 'b')
  await send()
  const [[payer, value, at] = [], ...others] = told()
  assert.deepEqual([payer, value, others], [customer, '8', []])
  assert.ok(Math.abs(Number(at) - secondOf(hoursAgo(34 * 24))) < 60)
  assert.equal(await correct('a'), undefined)
  await send()
  assert.deepEqual(
    told().map(([, left]) => left),
    ['3'],
  )
})
