import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sendMeterEvents } from '../../src/usage/meter-events.ts'
import { startBilling } from '../support/billing.ts'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { eventually } from '../support/processes.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

const METERED = {
  calls: { via: 'stripe', event_name: 'api_calls' },
  'storage.gb': { via: 'stripe', event_name: 'storage' },
}
const PATH = '/v1/billing/meter_events'

async function start(t: TestContext) {
  // The jobs run when a test says so.
  const billing = await startBilling(t, { RUN_JOBS: 'false' })
  const { service, stripe } = billing
  await putPlan(service, 'metered', { metered: METERED })

  /** A customer that Stripe knows, unless it is said not to. */
  async function newCustomer(email = 'ada@example.com', stripeId: string | null = 'cus_ada') {
    const { customerId, apiKey } = await createCustomer(service, { email, plan: 'metered' })
    if (stripeId !== null) await link(customerId, stripeId)
    const api = asCustomer(service, apiKey)
    return {
      customerId,
      apiKey,
      report: async (metrics: Record<string, number>, rest: Record<string, unknown> = {}) => {
        for (let tries = 1; ; tries++) {
          const answer = await api('POST', '/api/usage/report', { metrics, ...rest })
          // A busy machine may take longer than an answer may: a copy tells.
          if (answer.status === 503 && rest['report_id'] !== undefined && tries < 5) continue
          assert.ok(answer.status <= 201, JSON.stringify(answer.body))
          break
        }
      },
    }
  }

  async function link(customerId: string, stripeId: string): Promise<void> {
    await query(service.database, 'update customers set stripe_customer_id = $1 where id = $2', [
      stripeId,
      customerId,
    ])
  }

  /** As if the last try lay so far back. */
  async function later(hours: number): Promise<void> {
    await query(
      service.database,
      `update usage_meter_events set sent_at = sent_at - make_interval(hours => $1),
        retry_at = retry_at - make_interval(hours => $1)`,
      [hours],
    )
  }

  const told = () =>
    stripe.meterEvents.map(({ event_name: name, payload }) =>
      [payload['stripe_customer_id'], name, payload['value']].join(' '),
    )
  const left = async () => [
    ...(await query(
      service.database,
      'select value::text, reason from usage_meter_events where accepted_at is null',
    )),
  ]
  const send = () => sendMeterEvents(service.app)
  const sum = (name: string) =>
    stripe.meterEvents
      .filter(({ event_name }) => event_name === name)
      .reduce((total, { payload }) => total + Number(payload['value']), 0)
  return { service, stripe, newCustomer, link, later, told, left, send, sum }
}

test('however many reports, Stripe is told the sum of a meter once', async (t) => {
  const { service, stripe, newCustomer, told, left, send } = await start(t)
  const ada = await newCustomer()
  const bob = await newCustomer('bob@example.com', 'cus_bob')
  for (let n = 0; n < 5; n++) await ada.report({ calls: 10, other: 3 }, { report_id: `r-${n}` })
  // A copy, one without a value to bill, and another customer's.
  await ada.report({ calls: 10, other: 3 }, { report_id: 'r-0' })
  await ada.report({ calls: 0 })
  await bob.report({ calls: 1, 'storage.gb': 2 })
  await send()
  const expected = ['cus_ada api_calls 50', 'cus_bob api_calls 1', 'cus_bob storage 2']
  assert.deepEqual(told().toSorted(), expected)
  assert.ok(
    stripe.meterEvents.every(({ identifier }) => /^strongroom_[0-9a-f-]{36}$/.test(identifier)),
  )
  assert.deepEqual(await left(), [])

  await send()
  assert.equal(told().length, 3)
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(metrics.body, /strongroom_usage_meter_events_total\{outcome="accepted"\} 3/)
})

test('Stripe takes whole numbers: a fraction is left for the next time', async (t) => {
  const { newCustomer, told, send } = await start(t)
  const ada = await newCustomer()
  const step = async (value: number) => {
    await ada.report({ calls: value })
    await send()
    return told().map((one) => one.split(' ')[2])
  }
  assert.deepEqual(await step(0.7), [])
  assert.deepEqual(await step(0.2), [])
  assert.deepEqual(await step(2.1), ['3'])
  assert.deepEqual(await step(1.5), ['3', '1'])
  assert.deepEqual(await step(0.5), ['3', '1', '1'])
})

test('what a customer uses before Stripe knows it waits until it does', async (t) => {
  const { newCustomer, link, told, send } = await start(t)
  const ada = await newCustomer('ada@example.com', null)
  await ada.report({ calls: 3 })
  await send()
  await ada.report({ calls: 4 })
  await send()
  assert.deepEqual(told(), [])
  await link(ada.customerId, 'cus_late')
  await send()
  assert.deepEqual(told(), ['cus_late api_calls 7'])
})

test('while Stripe is away, events wait, and count once whatever had reached it', async (t) => {
  const { stripe, newCustomer, later, left, send, sum } = await start(t)
  const ada = await newCustomer()
  for (const fault of [
    () => stripe.faults.fail({ path: PATH, status: 500 }),
    () => stripe.faults.fail({ path: PATH, status: 429 }),
    () => stripe.faults.fail({ path: PATH, status: 503, when: 'after' }),
    // The SDK itself tries a lost connection a second time.
    () => stripe.faults.reset({ path: PATH, times: 2 }),
    () => stripe.faults.reset({ path: PATH, times: 2, when: 'after' }),
  ]) {
    const before = sum('api_calls')
    await ada.report({ calls: 5 })
    fault()
    await send()
    assert.equal((await left()).length, 1)
    await ada.report({ calls: 6 })
    // The breaker, if it has opened, closes after some seconds.
    const gone = await eventually(async () => {
      await send()
      return (await left()).length === 0
    }, 30_000)
    assert.ok(gone)
    assert.equal(sum('api_calls') - before, 11)
  }
  await later(48)
  await send()
  assert.equal(sum('api_calls'), 55)
})

test('an event that Stripe refuses is tried again each hour, until it is seen to', async (t) => {
  const { service, stripe, newCustomer, later, told, left, send } = await start(t)
  const ada = await newCustomer()
  await ada.report({ calls: 5, 'storage.gb': 1 })
  stripe.faults.fail({ path: PATH, status: 404, times: 1 })
  await send()
  assert.equal(told().length, 1)
  const [refused] = await left()
  assert.match(refused?.['reason'], /./)
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(metrics.body, /strongroom_usage_meter_events_waiting\{reason="refused"\} 1/)
  await send()
  assert.equal(told().length, 1)
  await later(1)
  await send()
  assert.deepEqual(told().toSorted(), ['cus_ada api_calls 5', 'cus_ada storage 1'])
  assert.deepEqual(await left(), [])
})

test('an event is not sent again when Stripe may have it and no longer knows', async (t) => {
  const { service, stripe, newCustomer, later, told, left, send } = await start(t)
  const ada = await newCustomer()
  await ada.report({ calls: 5 })
  stripe.faults.reset({ path: PATH, times: 2, when: 'after' })
  await send()
  await later(24)
  stripe.clock.advance(86_400)
  await send()
  assert.equal(told().length, 1)
  assert.deepEqual(await left(), [{ value: '5', reason: 'outcome_unknown' }])
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(metrics.body, /strongroom_usage_meter_events_waiting\{reason="unknown"\} 1/)
})

test('reports from everywhere while two processes tell Stripe: every unit once', async (t) => {
  counts(t, {
    promise: '',
    what: 'Reports while two processes tell Stripe: every unit once',
    trials: scaled(10_000, 90),
  })
  const { service, stripe, newCustomer, send, sum } = await start(t)
  const replica = await startService(
    t,
    {
      STRIPE_SECRET_KEY: 'sk_test_of_the_stand_in_0123456789abcdef',
      STRIPE_API_BASE: stripe.origin,
    },
    service.database,
  )
  const customers = await Promise.all(
    [0, 1, 2].map((n) => newCustomer(`customer-${n}@example.com`, `cus_${n}`)),
  )
  const reports = scaled(10_000, 90)
  const load = { running: true }
  const telling = [service, replica].map(async ({ app }) => {
    while (load.running) await sendMeterEvents(app)
  })
  await inParallel(reports, 30, (n) =>
    customers[n % 3]!.report({ calls: 1, 'storage.gb': 0.25 }, { report_id: `r-${n}` }),
  )
  load.running = false
  await Promise.all(telling)
  await send()
  assert.equal(sum('api_calls'), reports)
  // A fraction of each customer waits, and where an hour has turned meanwhile, one of each hour.
  const kept = await query(
    service.database,
    `select value::float8 as value from usage_meter_hours union all
     select value::float8 from usage_meter_sums`,
  )
  assert.ok(kept.every(({ value }) => Number(value) < 1))
  assert.equal(
    kept.reduce((total, { value }) => total + Number(value), sum('storage')),
    reports / 4,
  )
})

test('without Stripe, nothing is lost', async (t) => {
  const service = await startService(t, {
    STRIPE_SECRET_KEY: undefined,
    STRIPE_WEBHOOK_SECRET: undefined,
  })
  await putPlan(service, 'metered', { metered: METERED })
  const { apiKey } = await createCustomer(service, { email: 'ada@example.com', plan: 'metered' })
  await asCustomer(service, apiKey)('POST', '/api/usage/report', { metrics: { calls: 5 } })
  await sendMeterEvents(service.app)
  const sums = await query(service.database, 'select value::text from usage_meter_hours')
  assert.deepEqual([...sums], [{ value: '5' }])
})

test('each report is billed in its own hour, and nothing from before the subscription', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  await putPlan(service, 'starter', { stripe_price_id: price.id, metered: METERED })
  const ada = await newCustomer()
  await ada.subscribe()
  await deliver()
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)
  // As if it had begun two days ago.
  await query(service.database, 'update subscriptions set created_at = $1', [
    hoursAgo(48).toISOString(),
  ])
  await query(
    service.database,
    `update subscriptions set items = jsonb_set(items, '{0,start}', to_jsonb($1::bigint))`,
    [Math.floor(hoursAgo(48).getTime() / 1_000)],
  )
  const report = async (calls: number, reported: Date) => {
    const body = { metrics: { calls }, reported_at: reported.toISOString() }
    assert.equal((await ada.call('POST', '/api/usage/report', body)).status, 201)
  }
  await report(1, hoursAgo(20 * 24))
  await report(2, hoursAgo(10 * 24))
  await report(4, hoursAgo(24))
  await report(8, hoursAgo(24))
  await report(16, hoursAgo(3))
  await sendMeterEvents(service.app)
  const hourOf = (time: Date) => Math.floor(time.getTime() / 3_600_000) * 3_600
  const told = stripe.meterEvents.map(({ timestamp, payload }) => [timestamp, payload['value']])
  assert.deepEqual(
    told.toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [hourOf(hoursAgo(24)), '12'],
      [hourOf(hoursAgo(3)), '16'],
    ],
  )
})

test('what was used before the end is stamped before it, whenever it is sent', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  await putPlan(service, 'starter', { stripe_price_id: price.id, metered: METERED })
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  const used = await ada.call('POST', '/api/usage/report', { metrics: { calls: 900 } })
  assert.equal(used.status, 201)
  stripe.cancel(id)
  await deliver()
  await sendMeterEvents(service.app)
  const { ended_at: endedAt } = stripe.find(id) as { ended_at: number }
  assert.equal(sumOf(stripe.meterEvents), 900)
  for (const { timestamp } of stripe.meterEvents) assert.ok(timestamp <= endedAt)
})

test('what is told after its invoice is final goes to the open period, and is a finding', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  await putPlan(service, 'starter', { stripe_price_id: price.id, metered: METERED })
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const secondOf = (time: Date) => Math.floor(time.getTime() / 1_000)
  const hourOf = (time: Date) => Math.floor(time.getTime() / 3_600_000) * 3_600
  /** As if the period had begun so many minutes ago, and the subscription 40 days. */
  const begin = (minutes: number) =>
    query(
      service.database,
      `update subscriptions set created_at = now() - interval '40 days', items =
        jsonb_set(jsonb_set(items, '{0,start}', to_jsonb($1::bigint)), '{0,end}', to_jsonb($2::bigint))`,
      [secondOf(ago(minutes)), secondOf(ago(minutes - 30 * 1_440))],
    )
  const told = async (calls: number, used: Date) => {
    const before = stripe.meterEvents.length
    const body = { metrics: { calls }, reported_at: used.toISOString() }
    assert.equal((await ada.call('POST', '/api/usage/report', body)).status, 201)
    await sendMeterEvents(service.app)
    assert.equal(stripe.meterEvents.length, before + 1)
    return stripe.meterEvents.at(-1)?.timestamp
  }
  const findings = async () =>
    (await service.asAdmin('GET', '/api/subscriptions/findings')).body.data

  // The invoice is a draft for an hour.
  await begin(30)
  const used = ago(200)
  assert.equal(await told(1, used), hourOf(used))
  assert.deepEqual(await findings(), [])

  await begin(90)
  const began = secondOf(ago(90))
  const late = ago(100)
  for (const calls of [2, 4]) {
    assert.ok(Math.abs(Number(await told(calls, late)) - began) <= 2)
  }
  assert.equal(await told(8, ago(10)), Math.max(hourOf(ago(10)), began))
  const [finding, ...others] = await findings()
  assert.deepEqual(others, [])
  const { finding_id, found_at, ...rest } = finding
  assert.match(finding_id, /^find_[0-9a-f]{16}$/)
  assert.ok(Date.parse(found_at) > 0)
  assert.deepEqual(rest, {
    kind: 'late_usage',
    customer_id: ada.customerId,
    stripe_subscription_ids: [id],
    usage: { event_name: 'api_calls', value: '6', used_at: late.toISOString() },
  })

  await t.test('after the end there is no open period, and that is one too', async () => {
    stripe.cancel(id)
    await deliver(stripe.events.slice(-1))
    await query(service.database, `update subscriptions set ended_at = now() - interval '2 hours'`)
    // Its plan has had the meter all along.
    await query(service.database, 'delete from plans_past')
    await query(
      service.database,
      'delete from subscriptions_past where until < (select max(until) from subscriptions_past)',
    )
    await query(
      service.database,
      `update subscriptions_past set until = now() - interval '2 hours'`,
    )
    assert.equal(await told(16, ago(200)), hourOf(ago(200)))
    const [newest] = await findings()
    assert.deepEqual([newest.kind, newest.usage.value], ['late_usage', '16'])
    assert.deepEqual(newest.stripe_subscription_ids, [id])
  })
})

function sumOf(events: readonly { payload: Record<string, string> }[]): number {
  return events.reduce((sum, { payload }) => sum + Number(payload['value']), 0)
}
