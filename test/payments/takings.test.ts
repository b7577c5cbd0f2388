import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { counts } from '../support/counts.ts'
import { SEED } from '../support/random.ts'
import { assertRefused } from '../support/refusals.ts'
import type { StripeEvent } from '../support/stripe/index.ts'
import { query } from '../support/tables.ts'

const PAID = 1_000

/** A user who has paid 1,000 for funds, and what Stripe's events make of them. */
async function payer(t: TestContext, env: Record<string, string> = {}, asset = 'USD/2') {
  const { service, stripe, deliver, statuses } = await startBilling(t, env)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro', asset })
  const opened = await service.asInternal('POST', '/top_up/checkout', {
    user_id: 'ada',
    amount: PAID,
    ...URLS,
  })
  const { checkout_session_id: session } = opened.body
  stripe.payCheckout(session)
  await deliver()
  const { payment_intent } = stripe.find(session) as { payment_intent: string }
  const { latest_charge: charge } = stripe.find(payment_intent) as { latest_charge: string }
  const read = async () => (await service.asInternal('GET', '/balance/ada')).body
  const balance = async (): Promise<number> => (await read()).balance
  const available = async (): Promise<number> => (await read()).available
  const transfers = async (): Promise<Record<string, unknown>[]> =>
    (await service.asInternal('GET', '/account/ada/transfers')).body.data
  const kinds = async () => (await transfers()).map(({ kind }) => kind).toReversed()
  let seen = stripe.events.length
  /** The events since the last call. */
  const news = () => stripe.events.slice(seen, (seen = stripe.events.length))
  return { service, stripe, deliver, charge, balance, available, transfers, kinds, news, statuses }
}

for (const outcome of ['failed', 'canceled'] as const) {
  test(`a refund that is ${outcome} gives the money back, and a second try takes it once`, async (t) => {
    const { stripe, deliver, charge, balance, kinds, news } = await payer(t)
    const refund = stripe.refund(charge, 400)
    await deliver(news())
    assert.equal(await balance(), 600)
    stripe.returnRefund(refund, outcome)
    await deliver(news(), { copies: 2 })
    assert.equal(await balance(), PAID)
    assert.deepEqual(await kinds(), ['stripe_top_up', 'stripe_reversal', 'stripe_reinstatement'])
    stripe.clock.advance(60)
    stripe.refund(charge, 400)
    await deliver(news())
    assert.equal(await balance(), 600)
    await deliver(stripe.events, { order: 'reversed' })
    assert.equal(await balance(), 600)
  })
}

test('the events of refunds come out the same in any order', async (t) => {
  counts(t, { promise: '16', what: 'Refunds that go back, in any order', trials: 2 })
  const { stripe, deliver, charge, balance, news } = await payer(t)
  const first = stripe.refund(charge, 300)
  stripe.clock.advance(1)
  stripe.refund(charge, 200)
  stripe.clock.advance(1)
  stripe.returnRefund(first)
  for (const [seed, event] of news().toReversed().entries()) await deliver([event], { seed })
  assert.equal(await balance(), 800)
  await deliver(stripe.events, { order: 'shuffled', seed: SEED, copies: 2 })
  assert.equal(await balance(), 800)
})

test('a dispute is held once the money is taken, gone when lost, and back when won after all', async (t) => {
  counts(t, { promise: '16', what: 'A dispute that is held, lost and overturned', trials: 1 })
  const { service, stripe, deliver, charge, balance, available, transfers, kinds, news } =
    await payer(t)
  const dispute = stripe.dispute(charge)
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, 0])
  const spend = { user_id: 'ada', amount: 1 }
  assertRefused(await service.asInternal('POST', '/deduct', spend), 'INSUFFICIENT_FUNDS')
  const [held] = await transfers()
  assert.deepEqual([held?.['kind'], held?.['reason'], held?.['amount']], ['hold', 'dispute', PAID])
  const id = String(held?.['transfer_id']).replace(/^tr_/, 'hold_')
  for (const act of ['capture', 'release']) {
    assertRefused(await service.asInternal('POST', `/holds/${id}/${act}`, {}), 'HOLD_NOT_YOURS')
  }
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'lost')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [0, 0])
  for (const act of ['capture', 'release']) {
    const late = await service.asInternal('POST', `/holds/${id}/${act}`, {})
    assertRefused(late, 'HOLD_NOT_YOURS')
  }
  stripe.clock.advance(60)
  stripe.overturnDispute(dispute)
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, PAID])
  await deliver(stripe.events, { order: 'shuffled', seed: SEED, copies: 2 })
  assert.deepEqual([await balance(), await available()], [PAID, PAID])
  assert.deepEqual(await kinds(), [
    'stripe_top_up',
    'hold',
    'stripe_reversal',
    'release',
    'stripe_reinstatement',
  ])
  const { findings } = await service.app.funds.verify()
  assert.deepEqual(findings, [])
})

for (const DISPUTE_HOLD of ['true', 'false']) {
  test(`an appeal gives nothing back until it is won (DISPUTE_HOLD=${DISPUTE_HOLD})`, async (t) => {
    const { stripe, deliver, charge, balance, available, kinds, news } = await payer(t, {
      DISPUTE_HOLD,
    })
    const dispute = stripe.dispute(charge)
    stripe.clock.advance(60)
    stripe.closeDispute(dispute, 'lost')
    await deliver(news())
    const [last] = stripe.events.slice(-1)
    assert.ok(last)
    for (const status of ['appeal_needs_response', 'appeal_under_review'] as const) {
      stripe.clock.advance(60)
      stripe.appealDispute(dispute, status)
      await deliver(news(), { copies: 2 })
      assert.deepEqual([await balance(), await available()], [0, 0], status)
    }
    // A state that Stripe may add.
    const later = { ...last, id: 'evt_1later', created: last.created + 300 }
    later.data = { object: { ...last.data.object, status: 'third_appeal' } }
    await deliver([later])
    assert.deepEqual([await balance(), await available()], [0, 0])
    stripe.clock.advance(600)
    stripe.overturnDispute(dispute)
    await deliver(news())
    assert.deepEqual([await balance(), await available()], [PAID, PAID])
    const taken = (await kinds()).filter((kind) => kind === 'stripe_reversal')
    assert.equal(taken.length, 1)
    await deliver(stripe.events, { order: 'shuffled', seed: SEED, copies: 2 })
    assert.deepEqual([await balance(), await available()], [PAID, PAID])
  })
}

test('no budget counts what a dispute holds, nor what is free again of it', async (t) => {
  for (const outcome of ['won', 'lost'] as const) {
    const { service, stripe, deliver, charge, balance, available, news } = await payer(t)
    const path = '/account/ada/budgets/all'
    const used = async () => (await service.asInternal('GET', path)).body.used
    const spend = (amount: number) =>
      service.asInternal('POST', '/deduct', { user_id: 'ada', amount })
    await service.asInternal('PUT', path, { amount: 100, window: 'total' })
    assert.equal((await spend(40)).status, 200)
    const dispute = stripe.dispute(charge, { amount: 50 })
    await deliver(news())
    assert.deepEqual([await used(), await available()], [40, 910])
    // What is refunded of it makes the hold another one: of what is left.
    stripe.refund(charge, 970)
    await deliver(news())
    assert.equal(await used(), 40)
    assert.equal((await spend(60)).body.code, 'INSUFFICIENT_FUNDS')
    await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
    stripe.clock.advance(60)
    stripe.closeDispute(dispute, outcome)
    await deliver(news())
    assert.deepEqual([await used(), await balance()], [40, outcome === 'won' ? 990 : 960])
    const refused = await spend(61)
    assertRefused(refused, 'BUDGET_EXCEEDED')
    assert.deepEqual(refused.body.details, { budget_id: 'all', remaining: 60 })
    assert.equal((await spend(60)).status, 200)
  }
})

test('a migration gives back to budgets what ended disputes had taken from their sums', async (t) => {
  const { service, stripe, deliver, charge, news } = await payer(t)
  const path = '/account/ada/budgets'
  const put = (id: string, match: object) =>
    service.asInternal('PUT', `${path}/${id}`, { amount: 100, window: 'total', match })
  await put('all', {})
  await put('disputes', { reference_prefix: 'dp_', reason: 'dispute' })
  await put('others', { reason: 'tokens' })
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 80 })
  for (const outcome of ['won', 'lost'] as const) {
    const dispute = stripe.dispute(charge, { amount: 20 })
    await deliver(news())
    stripe.clock.advance(60)
    stripe.closeDispute(dispute, outcome)
    await deliver(news())
  }
  // One that has not ended, and a budget that began when all had been held.
  stripe.dispute(charge, { amount: 10 })
  await deliver(news())
  await put('later', {})
  // As the version before left the one that could give something back.
  await query(service.database, "update budgets set used = used - 40 where id = 'all' returning id")
  const [lock, correct] = readFileSync('drizzle/0041_money.sql', 'utf8').split(
    '--> statement-breakpoint',
  )
  for (const statement of [lock, correct]) await query(service.database, statement ?? '')
  const { data } = (await service.asInternal('GET', path)).body
  const used = data.map((one: { budget_id: string; used: number }) => [one.budget_id, one.used])
  assert.deepEqual(Object.fromEntries(used), { all: 80, disputes: 40, later: 0, others: 0 })
})

test('several lost disputes add up, and one that is won is let go', async (t) => {
  counts(t, { promise: '16', what: 'Several disputes of a payment', trials: 3 })
  const { stripe, deliver, charge, balance, available, news } = await payer(t)
  const [lost, other, won] = [
    stripe.dispute(charge, { amount: 300 }),
    stripe.dispute(charge, { amount: 200 }),
    stripe.dispute(charge, { amount: 100 }),
  ]
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, 400])
  stripe.clock.advance(1)
  stripe.closeDispute(lost, 'lost')
  stripe.closeDispute(other, 'lost')
  stripe.closeDispute(won, 'won')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [500, 500])
})

for (const order of ['given', 'reversed'] as const) {
  test(`of a dispute that stays lost, what comes back is no more than that (${order})`, async (t) => {
    const { stripe, deliver, charge, balance, available, news } = await payer(t)
    stripe.refund(charge, 300)
    stripe.clock.advance(60)
    const whole = stripe.dispute(charge)
    await deliver(news(), { order })
    assert.deepEqual([await balance(), await available()], [700, 0])
    stripe.clock.advance(60)
    // The bank has seen that 300 had been refunded before.
    stripe.closeDispute(whole, 'lost', { returned: 300 })
    await deliver(news(), { order })
    assert.deepEqual([await balance(), await available()], [0, 0])
    stripe.clock.advance(60)
    stripe.overturnDispute(whole)
    await deliver(news(), { order, copies: 2 })
    assert.deepEqual([await balance(), await available()], [700, 700])
  })
}

test('where an event says that money came back, and its object lists none, it was all', async (t) => {
  const { stripe, deliver, charge, balance, available, news } = await payer(t)
  const dispute = stripe.dispute(charge)
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'lost')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [0, 0])
  stripe.clock.advance(60)
  stripe.overturnDispute(dispute)
  const back = news().find(({ type }) => type === 'charge.dispute.funds_reinstated')
  assert.ok(back)
  const { balance_transactions: moves, ...object } = back.data.object as unknown as {
    balance_transactions: unknown[]
  }
  const withdrawn = { ...object, status: 'lost', balance_transactions: moves.slice(0, 1) }
  await deliver([{ ...back, data: { object: withdrawn } }])
  assert.deepEqual([await balance(), await available()], [1_000, 1_000])
})

test('of a dispute that stays lost and returns a part, the rest is taken', async (t) => {
  const { stripe, deliver, charge, balance, available, news } = await payer(t)
  const dispute = stripe.dispute(charge, { amount: 600 })
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'lost', { returned: 200 })
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [600, 600])
  await deliver(stripe.events, { order: 'shuffled', seed: SEED, copies: 2 })
  assert.deepEqual([await balance(), await available()], [600, 600])
})

test('a dispute holds no more than is left of the payment, and all of it again', async (t) => {
  const { service, stripe, deliver, charge, balance, available, news } = await payer(t)
  const [first] = [stripe.dispute(charge, { amount: 600 }), stripe.dispute(charge, { amount: 600 })]
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, 0])
  stripe.clock.advance(1)
  stripe.closeDispute(first, 'won')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, 400], 'the other is held whole')
  stripe.clock.advance(1)
  const refund = stripe.refund(charge, 700)
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [300, 0], 'what is left is held')
  stripe.clock.advance(1)
  stripe.returnRefund(refund)
  await deliver(news(), { copies: 2 })
  assert.deepEqual([await balance(), await available()], [PAID, 400])
  const { findings } = await service.app.funds.verify()
  assert.deepEqual(findings, [])
})

test('what was spent before its dispute is held all the same, below the floor', async (t) => {
  const { service, stripe, deliver, charge, balance, available, news } = await payer(t)
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: PAID })
  const dispute = stripe.dispute(charge)
  await deliver(news())
  const flags = async () => (await service.asInternal('GET', '/account/ada')).body.flags
  assert.deepEqual([await balance(), await available()], [0, -PAID])
  assert.deepEqual(await flags(), ['charged_back'])
  const clear = { clear_flags: ['charged_back'] }
  assertRefused(await service.asInternal('PATCH', '/account/ada', clear), 'BALANCE_BELOW_FLOOR')
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'won')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [0, 0])
  assert.deepEqual((await service.asInternal('PATCH', '/account/ada', clear)).body.flags, [])
})

test('an inquiry holds nothing, and nor does a dispute where that is switched off', async (t) => {
  const { stripe, deliver, charge, available, news } = await payer(t, { DISPUTE_HOLD: 'false' })
  stripe.dispute(charge, { amount: 10, isInquiry: true })
  stripe.dispute(charge, { amount: 300 })
  await deliver(news())
  assert.equal(await available(), PAID)
})

test('of an asset in whole units only whole ones are taken, and nothing is left undone', async (t) => {
  const { stripe, deliver, charge, balance, available, news, statuses } = await payer(
    t,
    {},
    'USD/0',
  )
  assert.equal(await balance(), PAID)
  stripe.refund(charge, 150)
  await deliver(news())
  assert.equal((await statuses())['charge.refunded'], 'applied')
  assert.equal(await balance(), PAID - 1)
  stripe.clock.advance(1)
  stripe.refund(charge, 50)
  await deliver(news())
  assert.equal(await balance(), PAID - 2, 'the halves of two refunds are one')
  const dispute = stripe.dispute(charge, { amount: 1_050 })
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID - 2, PAID - 12])
  stripe.clock.advance(1)
  stripe.closeDispute(dispute, 'lost')
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID - 12, PAID - 12])
})

test('a dispute that was won and comes up again is held again', async (t) => {
  const { stripe, deliver, charge, balance, available, news } = await payer(t)
  const dispute = stripe.dispute(charge, { amount: 400 })
  await deliver(news())
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'won')
  const won = news()
  await deliver(won)
  assert.deepEqual([await balance(), await available()], [PAID, PAID])
  // The bank changes its mind: a later event with the money withdrawn once more.
  const again = won.at(-1)!
  const reopened: StripeEvent = {
    ...again,
    id: 'evt_1reopened00000000000000',
    created: again.created + 60,
    type: 'charge.dispute.funds_withdrawn',
    data: { object: { ...again.data.object, status: 'under_review' } },
  }
  await deliver([reopened])
  assert.deepEqual([await balance(), await available()], [PAID, PAID - 400])
  // A refund leaves nothing to be held, and fails.
  stripe.clock.advance(120)
  const refund = stripe.refund(charge, PAID)
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [0, 0])
  stripe.clock.advance(1)
  stripe.returnRefund(refund)
  await deliver(news())
  assert.deepEqual([await balance(), await available()], [PAID, PAID - 400])
})

test('Stripe takes twelve digits in IDR', async (t) => {
  const { service } = await startBilling(t)
  await service.asInternal('POST', '/account', { user_id: 'ani', tier: 'pro', asset: 'IDR/2' })
  const checkout = (amount: number) =>
    service.asInternal('POST', '/top_up/checkout', { user_id: 'ani', amount, ...URLS })
  assert.equal((await checkout(150_000_000)).status, 201)
  assert.equal((await checkout(999_999_999_999)).status, 201)
  assertRefused(await checkout(1_000_000_000_000), 'VALIDATION_FAILED')
})

test('what is taken in another currency is a share of the charge, or all of it', async (t) => {
  const { stripe, deliver, charge, balance, available, news } = await payer(t)
  const settled = (currency: string, amount: number) =>
    stripe.settleCharge(charge, { currency, amount })
  const dispute = (amount: number) => {
    const id = stripe.dispute(charge, { amount: 1 })
    return { id, told: asTakenIn(news(), 'eur', amount) }
  }
  // 300 of the 920 that the charge of 1,000 came to in euros.
  settled('eur', 920)
  const part = dispute(300)
  await deliver(part.told)
  assert.deepEqual([await balance(), await available()], [PAID, PAID - 326])
  stripe.clock.advance(1)
  stripe.closeDispute(part.id, 'won')
  await deliver(asTakenIn(news(), 'eur', 300))
  assert.equal(await available(), PAID)
  // In pounds it never was: the whole charge.
  settled('gbp', 800)
  stripe.clock.advance(1)
  const whole = dispute(10)
  await deliver(whole.told)
  assert.deepEqual([await balance(), await available()], [PAID, 0])
  stripe.clock.advance(1)
  stripe.closeDispute(whole.id, 'lost')
  await deliver(asTakenIn(news(), 'eur', 10))
  assert.deepEqual([await balance(), await available()], [0, 0])
})

/** The same events, with the dispute's amount in another currency. */
function asTakenIn(
  events: readonly StripeEvent[],
  currency: string,
  amount: number,
): StripeEvent[] {
  return events.map((event) => ({
    ...event,
    data: { ...event.data, object: { ...event.data.object, currency, amount } },
  }))
}
