import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facts } from '../../src/doctor/check.ts'
import { TURN_CLASS } from '../../src/funds/turns.ts'
import { checkPayments } from '../../src/payments/auto-top-up/charge.ts'
import { checkAutoTopUps } from '../../src/payments/auto-top-up/check.ts'
import { startAutoTopUp, WAIT_MS_MAX } from '../support/auto-top-up.ts'
import { asAdmin } from '../support/database.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { query } from '../support/tables.ts'

const PAYMENTS = { path: '/v1/payment_intents', method: 'POST' } as const

for (const status of [401, 403]) {
  test(`a secret key that Stripe refuses with ${status} is no failed payment: it is asked again`, async (t) => {
    const { asked, put, pay, deduct, balance, payments, until, stripe, deliver, state, intents } =
      await startAutoTopUp(t)
    await pay()
    await put()
    // The answer to the first is lost, and the key is another one until it has been tried again.
    stripe.faults.reset({ ...PAYMENTS, when: 'after' })
    stripe.faults.fail({ ...PAYMENTS, status, times: 2 })
    await deduct(600)
    await asked(1)
    const attempts = () => stripe.requests.filter(({ path }) => path === PAYMENTS.path).length
    assert.ok(await eventually(() => attempts() >= 4, WAIT_MS_MAX))
    await deduct(1)
    await deliver()
    await until('succeeded')
    assert.deepEqual([payments().length, await balance()], [1, 2_399])
    assert.equal((await intents()).length, 1)
    assert.equal((await state()).status, 'ready')
  })
}

test('a payment that waits for its user is cancelled before another takes its place', async (t) => {
  const { asked, put, pay, deduct, payments, until, stripe, deliver, balance } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'authentication_required')
  await deduct(600)
  await until('failed')
  stripe.declineCharges(method, null)
  assert.equal((await put()).body.status, 'ready')
  await asked(2)
  await deliver()
  await until('succeeded')
  const [first] = payments()
  assert.equal((stripe.find(first?.id ?? '') as { status: string }).status, 'canceled')
  assert.equal(await balance(), 2_400)
})

test('what the user has paid after all counts, and is not paid again', async (t) => {
  const { put, pay, deduct, payments, until, stripe, deliver, balance, intents } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'authentication_required')
  await deduct(600)
  await until('failed')
  stripe.declineCharges(method, null)
  stripe.authenticate(payments()[0]?.id ?? '')
  // Before its event has come.
  assert.equal((await put()).body.status, 'ready')
  await until('cancelled')
  await until('succeeded')
  await deliver()
  assert.deepEqual([payments().length, await balance()], [1, 2_400])
  assert.deepEqual(
    (await intents()).map(({ status }) => status),
    ['succeeded', 'cancelled'],
  )
})

test('an intent that was never a payment counts in no cap', async (t) => {
  const { put, pay, deduct, payments, until, stripe, deliver, intents, state, asked } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'authentication_required')
  await deduct(600)
  await until('failed')
  stripe.declineCharges(method, null)
  stripe.authenticate(payments()[0]?.id ?? '')
  // The first was paid after all, so that nothing is asked for the second; the third is within the cap.
  await put({ threshold: 5_000, daily_max: 4_000 })
  await until('cancelled')
  await asked(2)
  await deliver()
  await until('succeeded', 2)
  assert.deepEqual(
    (await intents()).map(({ status }) => status),
    ['succeeded', 'cancelled', 'succeeded'],
  )
  assert.equal((await state()).paused_reason, 'daily_max', 'of the fourth')
})

test('what ends a payment waits for its account’s turn, and locks nothing meanwhile', async (t) => {
  const { put, pay, deduct, until, stripe, service } = await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'insufficient_funds')
  stripe.faults.hang(PAYMENTS)
  await deduct(600)
  assert.ok(await eventually(() => stripe.faults.hanging() === 1, WAIT_MS_MAX))
  const account = "from accounts where user_id = 'ada'"
  const turn = await lock(
    t,
    service,
    `select pg_advisory_xact_lock(${TURN_CLASS}, hashint8(id)) ${account}`,
  )
  stripe.faults.release()
  assert.ok(await waitForLocks(service.database), 'it waits')
  const free = await query(service.database, `select 1 ${account} for update skip locked`)
  assert.equal(free.length, 1)
  await turn.release()
  await until('failed')
})

test('the doctor warns of a payment whose outcome is unknown until it is enabled again', async (t) => {
  const { put, pay, deduct, until, stripe, service, state } = await startAutoTopUp(t)
  await pay()
  await put()
  const examined = () =>
    asAdmin(service.database.adminUrl, (sql) => checkAutoTopUps({} as Facts, sql))
  assert.deepEqual(
    (await examined()).map(({ status }) => status),
    ['pass'],
  )
  stripe.faults.reset({ ...PAYMENTS, times: 2 })
  await deduct(600)
  await until('sent')
  await query(
    service.database,
    `update auto_top_up_intents set sent_at = now() - interval '24 hours'`,
  )
  await until('parked')
  assert.equal((await state()).paused_reason, 'outcome_unknown')
  const [warned] = await examined()
  assert.equal(warned?.status, 'warning')
  assert.match(warned.reason, /^1 payment /)
  // As its advice says.
  await put({ threshold: 0 })
  assert.deepEqual(
    (await examined()).map(({ status }) => status),
    ['pass'],
  )
})

test('money that comes after its payment was given up is credited once', async (t) => {
  const { asked, put, pay, deduct, payments, until, stripe, deliver, balance, service } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'insufficient_funds')
  await deduct(600)
  await until('failed')
  await deliver()
  stripe.authenticate(payments()[0]?.id ?? '')
  await deliver(stripe.events, { copies: 2 })
  await until('succeeded')
  assert.equal(await balance(), 2_400)
  stripe.declineCharges(method, null)
  await deduct(2_000)
  await asked(2)
  await query(
    service.database,
    "update auto_top_up_intents set status = 'parked' where status = 'sent'",
  )
  await deliver(stripe.events, { copies: 2 })
  await until('succeeded', 2)
  assert.equal(await balance(), 2_400)
})

test('an account that is frozen while its payment is on the way gets the money, and asks for no more', async (t) => {
  const { asked, put, pay, deduct, until, deliver, balance, service, intents } =
    await startAutoTopUp(t)
  await pay()
  await put({ threshold: 5_000 })
  await asked(1)
  await deduct(600)
  await service.asInternal('PATCH', '/account/ada', { status: 'frozen' })
  await deliver()
  await until('succeeded')
  assert.equal(await balance(), 2_400)
  assert.equal((await intents()).length, 1)
})

test('of an erased user nothing is asked for, though an answer was lost', async (t) => {
  const { put, pay, deduct, until, stripe, payments, service } = await startAutoTopUp(t)
  await pay()
  await put()
  // Of the SDK, which asks twice at once.
  stripe.faults.reset({ ...PAYMENTS, times: 2 })
  await deduct(600)
  const asked = () => stripe.requests.filter(({ path }) => path === PAYMENTS.path)
  assert.ok(await eventually(() => asked().length === 2, WAIT_MS_MAX))
  // As in an erasure that goes on: what names the user at Stripe is still there.
  await query(service.database, "update accounts set status = 'closed' where user_id = 'ada'")
  await until('cancelled')
  assert.equal(payments().length, 0)
})

test('what was paid for a user who was erased meanwhile is booked once', async (t) => {
  const { asked, put, pay, deduct, until, stripe, payments, service, deliver } =
    await startAutoTopUp(t)
  await pay()
  await put()
  stripe.faults.reset({ ...PAYMENTS, when: 'after' })
  await deduct(600)
  await asked(1)
  const erased = await service.asInternal('DELETE', '/account/ada?force=true')
  assert.equal(erased.status, 200)
  await deliver(stripe.events, { copies: 2 })
  await until('succeeded')
  assert.equal(payments().length, 1)
  const booked = await query(
    service.database,
    "select 1 from transfers where kind = 'stripe_top_up'",
  )
  assert.equal(booked.length, 2)
})

test('caps begin anew with the UTC day and the UTC month', async (t) => {
  const { asked, put, pay, deduct, until, deliver, service, state } = await startAutoTopUp(t)
  await pay()
  await put()
  await deduct(600)
  await asked(1)
  await deliver()
  await until('succeeded')
  /** Moves what there is to a millisecond before the day or the month, or to its first one. */
  const move = (unit: 'day' | 'month', ms: number) =>
    query(
      service.database,
      `update auto_top_up_intents
       set created_at = date_trunc('${unit}', now(), 'UTC') + ${ms} * interval '1 millisecond'`,
    )
  const again = async (unit: 'day' | 'month') => {
    const caps = unit === 'day' ? { daily_max: 2_000 } : { daily_max: 2_000, monthly_max: 2_000 }
    const { status, paused_reason } = (await put({ threshold: 100_000, ...caps })).body
    return paused_reason ?? status
  }
  await move('day', 0)
  assert.equal(await again('day'), 'daily_max')
  await move('month', 0)
  const isFirst = new Date().getUTCDate() === 1
  assert.equal(await again('month'), isFirst ? 'daily_max' : 'monthly_max')
  await move('month', -1)
  assert.equal(await again('month'), 'ready')
  await asked(2)
  await deliver()
  await until('succeeded', 2)
  assert.notEqual((await state()).paused_reason, null)
  await move('day', -1)
  assert.equal(await again('day'), 'ready')
  await asked(3)
})

test('a payment that can not be told of keeps no later one from being told', async (t) => {
  const { asked, put, pay, deduct, until, service } = await startAutoTopUp(t)
  await pay()
  await put()
  await deduct(600)
  await asked(1)
  await until('sent')
  // 150 others are older, of accounts with payments that Stripe does not know.
  await query(
    service.database,
    `insert into auto_top_up_intents (account_id, amount, status, payment_intent_id, sent_at)
     select 1000 + n, 1, 'sent', 'pi_gone' || n, now() - interval '3 hours' from generate_series(1, 150) n`,
  )
  await query(
    service.database,
    `update auto_top_up_intents set sent_at = now() - interval '2 hours' where account_id < 1000`,
  )
  await checkPayments(service.app)
  await until('succeeded')
})

test('a payment behind more than a page of others of its customer is found', async (t) => {
  const { asked, put, pay, deduct, until, stripe, service, payments, deliver } =
    await startAutoTopUp(t)
  await pay()
  await put({ amount: 500, daily_max: 1_000_000, monthly_max: 1_000_000 })
  stripe.faults.reset({ ...PAYMENTS, when: 'after', times: 1 })
  stripe.faults.fail({ ...PAYMENTS, status: 503, times: 1_000 })
  await deduct(600)
  await asked(1)
  const [payment] = payments()
  assert.ok(payment)
  const given = stripe.find(payment.id) as { customer: string; payment_method: string }
  for (let n = 0; n < 101; n++) stripe.startPayment(given.payment_method, 1)
  await query(
    service.database,
    `update auto_top_up_intents set sent_at = now() - interval '24 hours'`,
  )
  const isFound = async () => {
    const [row] = await query(service.database, 'select payment_intent_id from auto_top_up_intents')
    return row?.['payment_intent_id'] === payment.id
  }
  assert.ok(await eventually(isFound, WAIT_MS_MAX))
  await deliver([
    stripe.events.findLast(
      ({ type, data }) => type === 'payment_intent.succeeded' && data.object['id'] === payment.id,
    )!,
  ])
  await until('succeeded')
})
