import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf } from '../../src/payments/auto-top-up/failure.ts'
import { withoutPersonalData } from '../../src/stripe/personal-content.ts'
import { SETTINGS, WAIT_MS_MAX, startAutoTopUp } from '../support/auto-top-up.ts'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { asCopy } from '../support/stripe/index.ts'

test('a fall below the threshold is one payment and one credit', async (t) => {
  const { asked, put, pay, state, deduct, balance, payments, until, stripe, deliver } =
    await startAutoTopUp(t)
  const set = await put()
  assert.equal(set.status, 200)
  assert.deepEqual(
    [set.body.status, set.body.paused_reason, set.body.enabled],
    ['no_payment_method', null, true],
  )
  await pay()
  assert.equal((await state()).status, 'ready')
  assert.equal((await deduct(500)).status, 200)
  assert.equal(payments().length, 0, 'at the threshold, not below')
  assert.equal((await deduct(1)).status, 200)
  await asked(1)
  assert.equal((await deduct(100)).status, 200)
  await deliver(stripe.events, { copies: 3, order: 'shuffled', seed: 5 })
  await deliver(stripe.events.map(asCopy))
  await until('succeeded')
  assert.equal(await balance(), 399 + 2_000)
  assert.equal(payments().length, 1)
})

test('events from which personal data is gone say all that is needed', async (t) => {
  const { asked, put, state, deduct, balance, until, stripe, deliver, pay } =
    await startAutoTopUp(t)
  const bare = () => withoutPersonalData(stripe.events, new Set<string>())
  await pay(bare)
  assert.equal((await put()).body.status, 'ready', 'the card is saved')
  await deduct(501)
  await asked(1)
  await deliver(bare())
  await until('succeeded')
  assert.equal(await balance(), 499 + 2_000)
  await deduct(2_000)
  await asked(2)
  await deliver(bare())
  await until('succeeded', 2)
  assert.equal((await state()).status, 'ready')
})

test('charges at once leave one intent, and each refusal too is a reason for one', async (t) => {
  const { asked, put, pay, deduct, balance, payments, until, deliver, intents } =
    await startAutoTopUp(t)
  await pay()
  await put()
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => deduct(20)))
  assert.equal(outcomes.filter(({ status }) => status === 200).length, 50)
  await asked(1)
  assert.equal(payments().length, 1)
  await deliver()
  await until('succeeded')
  assert.equal(await balance(), 2_000)
  assert.equal((await intents()).length, 1)
  assertRefused(await deduct(2_001), 'INSUFFICIENT_FUNDS')
  assert.equal((await intents()).length, 1, 'not below')
  await put({ threshold: 2_000 })
  assertRefused(await deduct(2_001), 'INSUFFICIENT_FUNDS')
  assert.equal((await intents()).length, 1, 'at the threshold')
})

test('the answer is lost, the job dies, the event comes first: one payment for each intent', async (t) => {
  const { put, pay, deduct, balance, payments, until, stripe, deliver } = await startAutoTopUp(t)
  await pay()
  await put()
  stripe.faults.reset({ path: '/v1/payment_intents', method: 'POST', when: 'after' })
  stripe.faults.fail({ path: '/v1/payment_intents', method: 'POST', status: 503, times: 2 })
  await deduct(600)
  assert.ok(await eventually(() => payments().length > 0, WAIT_MS_MAX))
  await deliver()
  await until('succeeded')
  assert.equal(payments().length, 1)
  assert.equal(await balance(), 2_400)
})

test('caps count intents; what they refuse pauses until it is enabled again', async (t) => {
  const { asked, put, pay, state, deduct, payments, until, deliver, intents, balance, told } =
    await startAutoTopUp(t)
  await pay()
  await put({ threshold: 1_000, amount: 300, daily_max: 700 })
  // Each credit leaves it below the threshold, so the next follows by itself.
  await deduct(900)
  await asked(1)
  await deliver()
  await asked(2)
  await deliver()
  await until('succeeded', 2)
  assert.equal(await balance(), 700)
  const { status, paused_reason } = await state()
  assert.deepEqual([status, paused_reason], ['paused', 'daily_max'])
  const ended = (await told(3)).map(({ type, data }) => [type, data['amount'], data['reason']])
  const paid = ['auto_top_up.succeeded', 300, undefined]
  assert.deepEqual(
    new Set(ended.map(String)),
    new Set([paid, ['auto_top_up.paused', 300, 'daily_max']].map(String)),
  )
  assert.equal(ended.filter(([type]) => type === paid[0]).length, 2)
  await deduct(1)
  assert.equal((await intents()).length, 2)
  const lifted = await put({ threshold: 1_000, amount: 300, daily_max: 900, monthly_max: 899 })
  assert.deepEqual([lifted.body.status, lifted.body.paused_reason], ['paused', 'monthly_max'])
  assert.equal((await put({ threshold: 1_000, amount: 300, daily_max: 900 })).body.status, 'ready')
  await asked(3)
  assert.equal(payments().length, 3)
})

test('a decline is tried again at the next charge, and pauses when it is the third', async (t) => {
  const { asked, put, pay, state, deduct, payments, until, deliver, stripe, balance } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'insufficient_funds')
  for (let failures = 1; failures <= 3; failures++) {
    await deduct(failures === 1 ? 600 : 1)
    await until('failed', failures)
    await deliver()
    const expected = failures === 3 ? ['paused', 'payments_failed'] : ['ready', null]
    const { status, paused_reason } = await state()
    assert.deepEqual([status, paused_reason], expected)
    assert.equal(payments().length, failures)
  }
  await deduct(1)
  assert.equal(payments().length, 3)
  stripe.declineCharges(method, null)
  assert.equal((await put()).body.paused_reason, 'daily_max', 'what failed counts')
  await put({ daily_max: 8_000 })
  await asked(4)
  await deliver()
  await until('succeeded')
  assert.equal(await balance(), 1_000 - 603 + 2_000)
})

test('a decline that needs the user pauses at once', async (t) => {
  const { put, pay, state, deduct, until, deliver, stripe, intents, told, payments } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'authentication_required')
  await deduct(600)
  await until('failed')
  await deliver()
  const { status, paused_reason } = await state()
  assert.deepEqual([status, paused_reason], ['paused', 'authentication_required'])
  await deduct(1)
  assert.deepEqual(
    (await intents()).map(({ failure }) => failure),
    ['authentication_required'],
  )
  const [failed, paused, ...more] = await told(2)
  assert.equal(more.length, 0)
  assert.deepEqual(failed, {
    ...failed,
    type: 'auto_top_up.failed',
    data: {
      user_id: 'ada',
      asset: 'USD/2',
      amount: 2_000,
      code: 'authentication_required',
      needs_user: true,
      payment_intent_id: payments()[0]?.id,
      action_url: null,
    },
  })
  assert.deepEqual(paused?.type, 'auto_top_up.paused')
  assert.deepEqual(
    [paused.data['reason'], paused.data['user_id']],
    ['authentication_required', 'ada'],
  )
})

test('where Stripe names a page for what the user has to do, it is told', () => {
  const url = 'https://hooks.stripe.com/redirect/authenticate/src_1'
  const payment_intent = { next_action: { redirect_to_url: { url } } }
  assert.deepEqual(failureOf({ code: 'authentication_required', payment_intent }), {
    code: 'authentication_required',
    needsUser: true,
    actionUrl: url,
  })
  assert.equal(failureOf({ decline_code: 'insufficient_funds' }).actionUrl, null)
})

test('frozen and charged-back accounts leave no intent; erasure detaches the payment method', async (t) => {
  const { put, pay, deduct, service, stripe, intents, deliver, path } = await startAutoTopUp(t)
  const method = await pay()
  await put()
  const charge = stripe.events.find(({ type }) => type === 'charge.succeeded')?.data.object['id']
  stripe.refund(String(charge), 100)
  await deliver()
  await deduct(600)
  assert.deepEqual(await intents(), [])
  const cleared = { clear_flags: ['charged_back'], status: 'frozen' }
  assert.equal((await service.asInternal('PATCH', '/account/ada', cleared)).status, 200)
  assert.equal((await put()).status, 200)
  assertRefused(await deduct(1), 'ACCOUNT_FROZEN')
  assert.deepEqual(await intents(), [])
  const erased = await service.asInternal('DELETE', '/account/ada?force=true')
  assert.equal(erased.status, 200)
  const isDetached = () => (stripe.find(method) as { customer: unknown }).customer === null
  assert.ok(await eventually(isDetached, WAIT_MS_MAX))
  assertRefused(await service.asInternal('GET', path), 'ACCOUNT_NOT_FOUND')
})

test('an intent whose outcome is unknown after 23 h is looked for, and never sent again', async (t) => {
  const { asked, put, pay, state, deduct, until, stripe, payments, service, deliver } =
    await startAutoTopUp(t)
  await pay()
  await put()
  for (const [when, expected] of [
    ['before', 'parked'],
    ['after', 'succeeded'],
  ] as const) {
    stripe.faults.reset({ path: '/v1/payment_intents', method: 'POST', when, times: 2 })
    await deduct(when === 'before' ? 600 : 1)
    await until('sent')
    if (when === 'after') await asked(1)
    await asAdmin(service.database.url, async (sql) => {
      await sql`update auto_top_up_intents set sent_at = now() - interval '24 hours' where status = 'sent'`
    })
    if (expected === 'succeeded') await deliver()
    await until(expected)
    assert.equal(payments().length, when === 'before' ? 0 : 1)
    const paused = when === 'before' ? 'outcome_unknown' : null
    assert.equal((await state()).paused_reason, paused)
    if (when === 'before') await put({ threshold: 0 })
    if (when === 'before') await put({ threshold: 400 })
  }
})

test('what is set is checked, and only by a token that may', async (t) => {
  const { put, path, service } = await startAutoTopUp(t)
  assertRefused(await service.asInternal('GET', path), 'AUTO_TOP_UP_NOT_FOUND')
  const none = '/account/none/auto_top_up'
  assertRefused(await service.asInternal('GET', none), 'ACCOUNT_NOT_FOUND')
  assertRefused(await service.asInternal('PUT', none, SETTINGS), 'ACCOUNT_NOT_FOUND')
  for (const bad of [
    { amount: 0 },
    { amount: 1.5 },
    { threshold: -1 },
    { daily_max: '5' },
    { enabled: 1 },
    { enabled: undefined },
    { amount: 100_000_000_000 },
    { more: true },
  ]) {
    assertRefused(await put(bad), 'VALIDATION_FAILED', JSON.stringify(bad))
  }
  await service.asInternal('POST', '/account', { user_id: 'gold', tier: 'pro', asset: 'GOLD/3' })
  const gold = await service.asInternal('PUT', '/account/gold/auto_top_up', SETTINGS)
  assertRefused(gold, 'ASSET_NOT_PAYABLE')
  assert.equal((await service.call('PUT', path, { body: SETTINGS })).status, 403)
})

test('no money comes of a payment that only looks like an intent’s', async (t) => {
  const { asked, put, pay, deduct, stripe, deliver, balance } = await startAutoTopUp(t)
  await pay()
  await put()
  await deduct(600)
  await asked(1)
  const succeeded = stripe.events.findLast(({ type }) => type === 'payment_intent.succeeded')
  assert.ok(succeeded)
  const stranger = structuredClone(succeeded)
  stranger.id = 'evt_stranger'
  stranger.data.object['id'] = 'pi_stranger'
  stranger.data.object['metadata'] = {
    purpose: 'auto_top_up',
    intent: crypto.randomUUID(),
    account: 'acct_1',
  }
  await deliver([stranger])
  assert.equal(await balance(), 400)
  await deliver([succeeded])
  assert.equal(await balance(), 2_400)
})
