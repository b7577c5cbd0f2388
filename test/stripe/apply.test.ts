import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEvent } from '../../src/stripe/apply.ts'
import { URLS, startBilling } from '../support/billing.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { startService } from '../support/service.ts'
import type { StripeEvent } from '../support/stripe/index.ts'
import { stripeSignature } from '../support/stripe-events.ts'
import { query } from '../support/tables.ts'

const WEBHOOK_MS_MAX = 1_000

test('Stripe away, hanging or cut off: the webhook is answered at once, the state right later', async (t) => {
  const { newCustomer, stripe, to, retryNow, countEvents } = await startBilling(t)
  const faults = {
    fail: () => stripe.faults.fail({ status: 500, times: 1_000, method: 'GET' }),
    hang: () => stripe.faults.hang({ times: 1_000, method: 'GET' }),
    reset: () => stripe.faults.reset({ times: 1_000, method: 'GET' }),
  }
  for (const [name, strike] of Object.entries(faults)) {
    const customer = await newCustomer(`${name}@example.com`)
    const from = stripe.events.length
    await customer.subscribe()
    strike()
    const report = await stripe.deliver({ to, events: stripe.events.slice(from) })
    assert.deepEqual(report.undelivered, [])
    assert.ok(Math.max(...report.latenciesMs) < WEBHOOK_MS_MAX, name)
    assert.ok((await countEvents('pending')) > 0, name)
    stripe.faults.clear()
    const done = await eventually(async () => {
      await retryNow()
      return (await countEvents('pending')) === 0
    }, 30_000)
    assert.ok(done, name)
    assert.equal((await customer.subscription()).status, 'active', name)
  }
})

test('old answers of Stripe overwrite nothing, and are asked for again', async (t) => {
  const { newCustomer, stripe, to, retryNow, settled } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await stripe.deliver({ to })
  await settled()
  const from = stripe.events.length
  stripe.clock.set(Math.floor(Date.now() / 1_000))
  stripe.faults.stale(id)
  stripe.failPayment(id)
  await stripe.deliver({ to, events: stripe.events.slice(from) })
  const isPastDue = async () => (await ada.subscription()).status === 'past_due'
  assert.ok(await eventually(isPastDue, 5_000), 'the event is believed')
  await retryNow()
  assert.ok(await isPastDue())
  stripe.faults.clear()
  const retry = setInterval(() => void retryNow(), 200)
  await settled()
  clearInterval(retry)
  assert.ok(await isPastDue())
})

test('a slow answer that is older than what came meanwhile is asked for again', async (t) => {
  const { newCustomer, stripe, to, settled } = await startBilling(t)
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await stripe.deliver({ to })
  await settled()
  // The first fetch is answered late, with the state of its beginning.
  const from = stripe.events.length
  stripe.renew(id)
  stripe.faults.delay(1_500, `/v1/subscriptions/${id}`)
  const [renewal] = stripe.events.slice(from).filter(({ type }) => type === 'invoice.paid')
  await stripe.deliver({ to, events: [renewal!] })
  stripe.cancel(id)
  const [end] = stripe.events.slice(-1)
  await stripe.deliver({ to, events: [end!] })
  stripe.faults.clear()
  await settled()
  assert.equal(await ada.subscription(), null)
})

test('events wait while Stripe refuses the API key, and are applied when it is right again', async (t) => {
  const { newCustomer, stripe, to, service, retryNow, settled, countEvents } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  stripe.faults.fail({ status: 401, times: 10_000 })
  await stripe.deliver({ to })
  const attempts = async () => {
    const [row] = await query<{ most: number }[]>(
      service.database,
      'select coalesce(max(attempts), 0)::int as most from graphile_worker._private_jobs',
    )
    return row?.most ?? 0
  }
  const isTried = async () => {
    await retryNow()
    return (await attempts()) >= 8 || (await countEvents('parked')) > 0
  }
  assert.ok(await eventually(isTried, 30_000))
  assert.equal(await countEvents('parked'), 0)
  assert.ok((await countEvents('pending')) > 0)
  stripe.faults.clear()
  const retry = setInterval(() => void retryNow(), 200)
  await settled()
  clearInterval(retry)
  assert.equal((await ada.subscription()).status, 'active')
})

test('an event has all its tries after an outage that took as many', async (t) => {
  const { stripe, to, settings, service, newCustomer, countEvents } = await startBilling(t, {
    RUN_JOBS: 'false',
  })
  await (await newCustomer()).subscribe()
  const poison = { ...structuredClone(stripe.events.at(-1)!), id: 'evt_poison' }
  const unreadable = { type: 'invoice.paid', data: { object: { id: 'in_1', subscription: 5 } } }
  const secret = settings.STRIPE_WEBHOOK_SECRET
  assert.equal(await send(to, secret, { ...poison, ...unreadable }), 200)
  const apply = (attempt: number) =>
    applyEvent(service.app, 'evt_poison', { attempt, isLast: false })
  for (const attempt of [11, 12, 13, 14]) await assert.rejects(apply(attempt))
  assert.equal(await countEvents('parked'), 0)
  await apply(15)
  assert.equal(await countEvents('parked'), 1)
  // A replay begins anew.
  const replayed = await service.asAdmin('POST', '/api/stripe/events/evt_poison/replay')
  assert.equal(replayed.status, 202)
  await assert.rejects(apply(1))
  assert.equal(await countEvents('parked'), 0)
})

/** Signs and sends text as it is. */
async function send(to: string, secret: string, event: Record<string, unknown>): Promise<number> {
  const body = JSON.stringify(event)
  const headers = { 'stripe-signature': stripeSignature(body, { secret }) }
  return (await fetch(to, { method: 'POST', body, headers })).status
}

test('a poisoned event is parked after its tries, blocks no other, and can be replayed', async (t) => {
  const { newCustomer, stripe, to, settings, service, deliver, retryNow, countEvents, reasonOf } =
    await startBilling(t)
  const secret = settings.STRIPE_WEBHOOK_SECRET
  const ada = await newCustomer()
  await ada.subscribe()
  const poison = { ...structuredClone(stripe.events.at(-1)!), id: 'evt_poison' } as StripeEvent
  Object.assign(poison, {
    type: 'invoice.paid',
    data: { object: { id: 'in_1', status: 'open', subscription: 5 } },
  })
  assert.equal(await send(to, secret, { ...poison }), 200)
  await stripe.deliver({ to })
  assert.ok(await eventually(async () => (await ada.subscription()) !== null, 5_000))
  const parked = await eventually(async () => {
    await retryNow()
    return (await countEvents('parked')) === 1
  }, 20_000)
  assert.ok(parked)
  assert.equal(await reasonOf('evt_poison'), 'unreadable invoice')
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(metrics.body, /^strongroom_stripe_events_parked 1$/m)
  assert.match(
    metrics.body,
    /^strongroom_stripe_events_total\{type="invoice.paid",status="parked"\} 1$/m,
  )

  // Mended, as a new release would read it.
  await asAdmin(
    service.database.adminUrl,
    (sql) =>
      sql`update stripe_events set payload = payload #- '{data,object,subscription}' where id = 'evt_poison'`,
  )
  await replay(service.database.url, 'evt_poison')
  await deliver([])
  assert.equal(await countEvents('parked'), 0)
  assert.equal(await reasonOf('evt_poison'), 'no subscription')
})

async function replay(url: string, id: string): Promise<void> {
  const { command } = await import('../support/service-process.ts')
  const env = { DATABASE_URL: url, NODE_ENV: 'test' }
  const listed = command(['events', 'list', '--status', 'parked'], env)
  assert.equal(listed.status, 0, listed.stderr)
  assert.match(
    listed.stdout,
    new RegExp(`${id}  invoice.paid  parked  (cus_\\\\w+|-)  unreadable invoice\\n$`),
  )
  const replayed = command(['events', 'replay', id], env)
  assert.deepEqual([replayed.status, replayed.stdout], [0, `Replaying ${id}.\n`])
  const none = command(['events', 'replay', 'evt_none'], env)
  assert.deepEqual([none.status, none.stderr], [1, 'No event evt_none\n'])
  assert.equal(command(['events', 'list', '--status', 'lost'], env).status, 2)
}

test('the other mode is kept and not applied; unknown types and thin events are kept', async (t) => {
  const { newCustomer, stripe, to, settings, settled, statuses } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  const secret = settings.STRIPE_WEBHOOK_SECRET
  for (const event of stripe.events)
    assert.equal(await send(to, secret, { ...event, livemode: true }), 200)
  const thin = {
    id: 'evt_thin',
    object: 'v2.core.event',
    type: 'v1.billing.meter.error_report',
    created: '2026-11-24T00:00:00Z',
    livemode: false,
  }
  assert.equal(await send(to, secret, thin), 200)
  assert.equal(await send(to, secret, { ...thin, id: 'evt_2', type: 'invoice.paid' }), 200)
  await settled()
  assert.equal(await ada.subscription(), null)
  const {
    'v1.billing.meter.error_report': unknown,
    'invoice.paid': _,
    ...others
  } = await statuses()
  assert.equal(unknown, 'event type not handled')
  assert.deepEqual(new Set(Object.values(others)), new Set(['other mode']))
})

test('what a connected account’s events say is kept and not applied', async (t) => {
  const { service, newCustomer, stripe, to, settings, settled, countEvents, statuses } =
    await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  await service.asInternal('POST', '/account', { user_id: 'eve', tier: 'pro' })
  const topUp = { user_id: 'eve', amount: 1_000, ...URLS }
  const opened = await service.asInternal('POST', '/top_up/checkout', topUp)
  stripe.payCheckout(opened.body.checkout_session_id)
  const secret = settings.STRIPE_WEBHOOK_SECRET
  for (const event of stripe.events) {
    assert.equal(await send(to, secret, { ...event, account: 'acct_1NG8Du2eZvKYlo2C' }), 200)
  }
  await settled()
  assert.equal(await ada.subscription(), null)
  assert.equal((await service.asInternal('GET', '/balance/eve')).body.balance, 0)
  assert.equal(await countEvents('ignored'), stripe.events.length)
  assert.deepEqual(new Set(Object.values(await statuses())), new Set(['other account']))
})

test('the circuit opens while Stripe is away, refuses at once, and closes again', async (t) => {
  const { newCustomer, stripe, service } = await startBilling(t)
  const ada = await newCustomer()
  stripe.faults.fail({ status: 503, times: 1_000 })
  const answers = []
  for (let n = 0; n < 8; n++) answers.push(await ada.checkout({ quantity: n + 1 }))
  for (const { status, body, headers } of answers) {
    assert.deepEqual([status, body.code], [503, 'STRIPE_UNAVAILABLE'])
    assert.equal(headers.get('retry-after'), '1')
  }
  const metrics = async () => (await service.asAdmin('GET', '/metrics')).body as string
  assert.match(await metrics(), /^strongroom_stripe_circuit_open 1$/m)
  const sent = stripe.requests.length
  await ada.checkout()
  assert.equal(stripe.requests.length, sent, 'Stripe is not asked')
  stripe.faults.clear()
  const works = await eventually(async () => (await ada.checkout()).status === 201, 10_000)
  assert.ok(works)
  assert.match(await metrics(), /^strongroom_stripe_circuit_open 0$/m)
})

test('without Stripe’s keys the service runs, and what needs Stripe says so', async (t) => {
  const settings = { STRIPE_SECRET_KEY: undefined, STRIPE_WEBHOOK_SECRET: undefined }
  const origin = 'https://app.example.com'
  const urls = { success_url: `${origin}/a`, cancel_url: `${origin}/b` }
  const body = { user_id: 'ada', amount: 500, ...urls }
  for (const CHECKOUT_ORIGINS of [undefined, origin]) {
    const service = await startService(t, { ...settings, CHECKOUT_ORIGINS, RUN_JOBS: 'true' })
    assert.equal((await service.call('GET', '/health')).status, 200)
    await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
    const answer = await service.asInternal('POST', '/top_up/checkout', body)
    assert.deepEqual([answer.status, answer.body.code], [503, 'STRIPE_NOT_CONFIGURED'])
  }
})

test('a refusal for too many calls, or for one under way, opens no circuit', async (t) => {
  const { newCustomer, stripe, service } = await startBilling(t)
  const ada = await newCustomer()
  for (const status of [429, 409]) {
    stripe.faults.fail({ status, times: 1_000 })
    for (let n = 0; n < 8; n++) {
      const { body } = await ada.checkout({ quantity: n + 1 })
      assert.equal(body.code, 'STRIPE_UNAVAILABLE')
    }
    const metrics = (await service.asAdmin('GET', '/metrics')).body as string
    assert.match(metrics, /^strongroom_stripe_circuit_open 0$/m, String(status))
    stripe.faults.clear()
    assert.equal((await ada.checkout({ quantity: status })).status, 201)
  }
})
