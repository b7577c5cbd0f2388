import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EVENT_TYPES } from '../../src/stripe/event-types.ts'
import { WALK_MAX } from '../../src/stripe/operate.ts'
import { CAPABILITIES } from '../../src/capabilities.ts'
import { URLS, startBilling } from '../support/billing.ts'
import { assertRefused } from '../support/refusals.ts'
import { query } from '../support/tables.ts'

const PATH = '/api/stripe/events'

test('operators list the inbox, read an event and replay it', async (t) => {
  const { service, stripe, deliver, settled, newCustomer } = await startBilling(t)
  const [ada, eve] = [await newCustomer(), await newCustomer('eve@example.com')]
  const id = await ada.subscribe()
  await eve.subscribe()
  await deliver()
  const list = async (filter = '') => {
    const { status, body } = await service.asAdmin('GET', `${PATH}?limit=200${filter}`)
    assert.equal(status, 200)
    return body.data as Record<string, string>[]
  }
  const all = await list()
  assert.equal(all.length, stripe.events.length)
  const applied = await list('&status=applied&type=customer.subscription.created')
  assert.deepEqual(
    applied.map(({ status }) => status),
    ['applied', 'applied'],
  )
  const hers = await list(`&customer_id=${ada.customerId}&type=customer.subscription.created`)
  assert.deepEqual(
    hers.map(({ object_id }) => object_id),
    [id],
  )
  assert.deepEqual(await list('&status=parked'), [])

  // Page by page, each once.
  const seen: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await service.asAdmin('GET', `${PATH}?limit=3${cursor && `&cursor=${cursor}`}`)
    seen.push(...(body.data as { event_id: string }[]).map(({ event_id }) => event_id))
    if (body.next_cursor === null) break
    cursor = body.next_cursor as string
  }
  assert.deepEqual(
    seen,
    all.map(({ event_id }) => event_id),
  )
  assertRefused(await service.asAdmin('GET', `${PATH}?cursor=x`), 'INVALID_CURSOR')
  assertRefused(await service.asAdmin('GET', `${PATH}?status=pending`), 'VALIDATION_FAILED')

  const [event] = hers
  const one = await service.asAdmin('GET', `${PATH}/${event!['event_id']}`)
  // One of them comes with what Stripe has sent.
  const { payload, ...rest } = one.body
  assert.deepEqual(rest, event)
  assert.deepEqual([payload.id, payload.data.object.id], [event!['event_id'], id])
  const replayed = await service.asAdmin('POST', `${PATH}/${event!['event_id']}/replay`)
  assert.equal(replayed.status, 202)
  await settled()
  assert.equal(
    (await service.asAdmin('GET', `${PATH}/${event!['event_id']}`)).body.status,
    'applied',
  )
  assertRefused(await service.asAdmin('GET', `${PATH}/evt_none`), 'NOT_FOUND')
  assertRefused(await service.asAdmin('POST', `${PATH}/evt_none/replay`), 'NOT_FOUND')
})

test('an event is shown without the secret of its payment', async (t) => {
  const { service, stripe, deliver } = await startBilling(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const body = { user_id: 'ada', amount: 500, ...URLS }
  const opened = await service.asInternal('POST', '/top_up/checkout', body)
  stripe.payCheckout(opened.body.checkout_session_id)
  await deliver()
  const event = stripe.events.find(({ type }) => type === 'payment_intent.succeeded')
  assert.ok(event && 'client_secret' in event.data.object)
  const shown = await service.asAdmin('GET', `${PATH}/${event.id}`)
  assert.equal(shown.body.payload.data.object.id, event.data.object['id'])
  assert.doesNotMatch(JSON.stringify(shown.body), /client_secret|_secret_/)
})

test('a page looks through so many events for a rare type, and says where to go on', async (t) => {
  const { service } = await startBilling(t, { RUN_JOBS: 'false' })
  await query(
    service.database,
    `insert into stripe_events (id, type, livemode, created_at, payload, received_at, status)
     select 'evt_' || n, case n when 1 then 'rare' else 'plan.created' end, false, now(), '{}',
       now() - interval '1 day' + n * interval '1 second', case when n < 4 then 'applied' else 'ignored' end
     from generate_series(1, ${WALK_MAX + 50}) n`,
  )
  const pages = async (filter: string) => {
    const found: string[][] = []
    for (let cursor = ''; ;) {
      const path = `${PATH}?limit=2&${filter}${cursor && `&cursor=${cursor}`}`
      const { status, body } = await service.asAdmin('GET', path)
      assert.equal(status, 200, JSON.stringify(body))
      found.push((body.data as { event_id: string }[]).map(({ event_id }) => event_id))
      if (body.next_cursor === null) return found
      cursor = body.next_cursor as string
    }
  }
  assert.deepEqual(await pages('type=rare'), [[], ['evt_1']])
  assert.deepEqual(await pages('type=never'), [[], []])
  assert.deepEqual(await pages('status=applied'), [[], ['evt_3', 'evt_2'], ['evt_1']])
  assert.deepEqual(await pages('status=parked&type=rare'), [[]])
})

test('two subscriptions to one plan are a finding, and a metric, while there are two', async (t) => {
  const { service, stripe, deliver, newCustomer, price } = await startBilling(t)
  const ada = await newCustomer()
  const first = await ada.subscribe()
  await deliver()
  const findings = async () =>
    (await service.asAdmin('GET', '/api/subscriptions/findings')).body.data as {
      finding_id: string
      kind: string
      customer_id: string
      stripe_subscription_ids: string[]
    }[]
  assert.deepEqual(await findings(), [])
  const { body } = await service.asAdmin('GET', `/api/customers/${ada.customerId}`)
  stripe.clock.advance(5)
  const second = stripe.startSubscription({
    customer: body.stripe_customer_id,
    items: [{ price: price.id }],
  })
  await deliver()
  const [finding, ...others] = await findings()
  assert.deepEqual(others, [])
  assert.match(finding!.finding_id, /^find_/)
  assert.deepEqual(
    [finding!.kind, finding!.customer_id, finding!.stripe_subscription_ids],
    ['duplicate_subscription', ada.customerId, [first, second]],
  )
  const metrics = await service.asAdmin('GET', '/metrics')
  assert.match(String(metrics.body), /^strongroom_subscriptions_duplicate 1$/m)
  assert.match(String(metrics.body), /^strongroom_subscriptions\{status="active"\} 2$/m)
  assert.match(String(metrics.body), /^strongroom_subscriptions_by_plan\{plan="starter"\} 2$/m)
  stripe.cancel(second)
  await deliver()
  assert.deepEqual(await findings(), [])
})

test('the flag of a charge-back goes when the balance is above its floor again', async (t) => {
  const { service, stripe, deliver } = await startBilling(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const opened = await service.asInternal('POST', '/top_up/checkout', {
    user_id: 'ada',
    amount: 500,
    ...URLS,
  })
  stripe.payCheckout(opened.body.checkout_session_id)
  await deliver()
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 500 })
  const { payment_intent } = stripe.find(opened.body.checkout_session_id) as {
    payment_intent: string
  }
  stripe.refund((stripe.find(payment_intent) as { latest_charge: string }).latest_charge)
  await deliver()
  const clear = () => service.asInternal('PATCH', '/account/ada', { clear_flags: ['charged_back'] })
  assertRefused(await clear(), 'BALANCE_BELOW_FLOOR')
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 500 })
  const cleared = await clear()
  assert.deepEqual([cleared.status, cleared.body.flags], [200, []])
  const wrong = { clear_flags: ['low_balance'] }
  assertRefused(await service.asInternal('PATCH', '/account/ada', wrong), 'VALIDATION_FAILED')
})

test('the guide lists every event that is applied', () => {
  const guide = readFileSync('src/docs/guides/webhooks.md', 'utf8')
  for (const type of EVENT_TYPES) assert.ok(guide.includes(`\n${type}\n`), type)
  const applied = EVENT_TYPES.filter((type) => !type.startsWith('payment_intent.'))
  const handled = CAPABILITIES.flatMap(({ stripeEvents = [] }) => stripeEvents)
  for (const type of applied)
    assert.ok(
      handled.some(([types]) => types.test(type)),
      type,
    )
})
