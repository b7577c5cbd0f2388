import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { assertRefused } from '../support/refusals.ts'
import { asCopy } from '../support/stripe/index.ts'

type Billing = Awaited<ReturnType<typeof startBilling>>

/** A user with an account, and what the internal scope can ask of it. */
async function newUser({ service, stripe }: Billing, userId: string, asset = 'USD/2') {
  const opened = await service.asInternal('POST', '/account', {
    user_id: userId,
    tier: 'pro',
    asset,
  })
  assert.equal(opened.status, 201)
  const checkout = (amount: unknown, rest: Record<string, unknown> = {}) =>
    service.asInternal('POST', '/top_up/checkout', { user_id: userId, amount, ...URLS, ...rest })
  return {
    checkout,
    /** A paid checkout; no event is delivered. */
    pay: async (amount: number): Promise<string> => {
      const session = await checkout(amount)
      assert.equal(session.status, 201)
      const { checkout_session_id: id } = session.body
      stripe.payCheckout(id)
      const { payment_intent } = stripe.find(id) as { payment_intent: string }
      return (stripe.find(payment_intent) as { latest_charge: string }).latest_charge
    },
    balance: async (): Promise<number> =>
      (await service.asInternal('GET', `/balance/${userId}`)).body.balance,
    flags: async (): Promise<string[]> =>
      (await service.asInternal('GET', `/account/${userId}`)).body.flags,
    transfers: async () =>
      (await service.asInternal('GET', `/account/${userId}/transfers`)).body.data,
  }
}

test('a paid checkout tops up once, however often and in whatever order it is heard', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe } = billing
  const ada = await newUser(billing, 'ada')
  await ada.pay(1_500)
  assert.equal(await ada.balance(), 0)
  await deliver(stripe.events, { order: 'shuffled', seed: 7, copies: 5 })
  await deliver(stripe.events.map(asCopy))
  assert.equal(await ada.balance(), 1_500)
  const [transfer, ...others] = await ada.transfers()
  assert.deepEqual(others, [])
  const { kind, debit_account, credit_account, idempotency_key, reference } = transfer
  assert.deepEqual([kind, debit_account, credit_account], ['stripe_top_up', 'stripe', 'ada'])
  assert.equal(idempotency_key, null)
  assert.match(reference, /^pi_/)
})

test('a slow payment tops up when it has succeeded, and not when it failed', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe } = billing
  const ada = await newUser(billing, 'ada')
  for (const [outcome, expected] of [
    ['failed', 0],
    ['succeeded', 700],
  ] as const) {
    const { checkout_session_id: id } = (await ada.checkout(700)).body
    stripe.payCheckout(id, { async: true })
    await deliver()
    assert.equal(await ada.balance(), 0)
    stripe.settleAsync(id, outcome)
    await deliver(stripe.events, { order: 'reversed' })
    assert.equal(await ada.balance(), expected)
  }
})

test('what Stripe takes back is taken back once, in part and whole, in any order', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe, service } = billing
  for (const order of ['given', 'reversed'] as const) {
    const user = await newUser(billing, `user-${order}`)
    let from = stripe.events.length
    const charge = await user.pay(1_000)
    await deliver(stripe.events.slice(from))
    const spent = { user_id: `user-${order}`, amount: 900 }
    assert.equal((await service.asInternal('POST', '/deduct', spent)).status, 200)
    assert.deepEqual(await user.flags(), [])
    from = stripe.events.length
    stripe.refund(charge, 300)
    stripe.refund(charge, 700)
    const refunds = stripe.events.slice(from)
    for (const event of order === 'given' ? refunds : refunds.toReversed()) await deliver([event])
    await deliver(refunds.map(asCopy), { copies: 2 })
    // 900 are spent and gone: the account is below its floor, and says why.
    assert.equal(await user.balance(), -900, order)
    assert.deepEqual(await user.flags(), ['charged_back'])
    assertRefused(await service.asInternal('POST', '/deduct', spent), 'INSUFFICIENT_FUNDS')
  }
})

test('a charge refunded before its top-up is known ends at nothing', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe } = billing
  const ada = await newUser(billing, 'ada')
  stripe.refund(await ada.pay(1_000))
  const refunded = stripe.events.filter(({ type }) => type === 'charge.refunded')
  const others = stripe.events.filter(({ type }) => type !== 'charge.refunded')
  await deliver(refunded)
  assert.deepEqual(await ada.transfers(), [])
  await deliver(others)
  assert.equal(await ada.balance(), 0)
  const kinds = (await ada.transfers()).map(({ kind }: { kind: string }) => kind)
  assert.deepEqual(kinds, ['stripe_reversal', 'stripe_top_up'])
})

test('a dispute takes money when it is lost, and with a refund never more than was paid', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe } = billing
  const ada = await newUser(billing, 'ada')
  const won = stripe.dispute(await ada.pay(1_000))
  await deliver()
  assert.equal(await ada.balance(), 1_000)
  stripe.closeDispute(won, 'won')
  await deliver()
  assert.equal(await ada.balance(), 1_000)

  const charge = await ada.pay(500)
  stripe.refund(charge, 200)
  stripe.closeDispute(stripe.dispute(charge, { amount: 300 }), 'lost')
  await deliver(stripe.events, { order: 'shuffled', seed: 3, copies: 2 })
  assert.equal(await ada.balance(), 1_000)
  assert.deepEqual(await ada.flags(), ['charged_back'])
})

test('amounts are charged exactly or refused', async (t) => {
  const billing = await startBilling(t)
  const { deliver, stripe, service } = billing
  const cases: [asset: string, amount: number, charged: string | null][] = [
    ['USD/2', 1_234, '1234'],
    ['USD/6', 12_340_000, '1234'],
    ['USD/6', 12_345_000, null],
    ['USD/0', 12, '1200'],
    ['JPY/0', 500, '500'],
    ['JPY/2', 50_000, '500'],
    ['JPY/2', 50_001, null],
    ['KWD/3', 12_340, '12340'],
    ['KWD/3', 12_345, null],
    ['ISK/0', 500, '50000'],
    ['ISK/2', 50_050, null],
    ['USD/2', 100_000_000, null],
  ]
  for (const [n, [asset, amount, charged]] of cases.entries()) {
    const user = await newUser(billing, `user-${n}`, asset)
    const sent = stripe.requests.length
    if (charged === null) {
      assertRefused(await user.checkout(amount), 'VALIDATION_FAILED', `${asset} ${amount}`)
      assert.equal(stripe.requests.length, sent)
      continue
    }
    const before = stripe.events.length
    await user.pay(amount)
    const { line_items } = stripe.requests[sent]!.params as {
      line_items: { price_data: { unit_amount: string } }[]
    }
    assert.equal(line_items[0]?.price_data.unit_amount, charged, asset)
    await deliver(stripe.events.slice(before))
    assert.equal(await user.balance(), amount, asset)
  }
  const gold = await newUser(billing, 'gold', 'GOLD/3')
  assertRefused(await gold.checkout(5), 'ASSET_NOT_PAYABLE')
  const stranger = { user_id: 'nobody', amount: 5, ...URLS }
  const answer = await service.asInternal('POST', '/top_up/checkout', stranger)
  assertRefused(answer, 'ACCOUNT_NOT_FOUND')
  const user = await newUser(billing, 'urls')
  assertRefused(
    await user.checkout(5, { success_url: 'https://evil.example/' }),
    'VALIDATION_FAILED',
  )
})

test('a double click opens one checkout; another key, or a paid one, opens another', async (t) => {
  const billing = await startBilling(t)
  const ada = await newUser(billing, 'ada')
  const idOf = async (rest = {}) => (await ada.checkout(500, rest)).body.checkout_session_id
  const first = await idOf()
  assert.equal(await idOf(), first)
  assert.notEqual(await idOf({ idempotency_key: 'second' }), first)
  billing.stripe.payCheckout(first)
  assert.notEqual(await idOf(), first)
})
