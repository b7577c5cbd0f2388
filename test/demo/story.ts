import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { verifyLicense } from '../../src/licenses/verifier.ts'
import { chapter, dollars, line, shortened } from './print.ts'
import { type Call, RETURN_URLS, type Reply, type Stage } from './stage.ts'

const SETTLE_MS_MAX = 15_000

interface Customer {
  customerId: string
  apiKey: string
  call: Call
}

export async function signUp(stage: Stage): Promise<Customer> {
  chapter('A customer signs up', 'An operator sells a plan, and gives a customer its API key.')
  const price = stage.stripe.addPrice({ unit_amount: 2_900, recurring: { interval: 'month' } })
  const plan = await stage.asAdmin('PUT', '/api/plans/starter', {
    name: 'Starter',
    stripe_price_id: price.id,
    features: { sso: true },
    limits: { 'api.calls': 1_000 },
  })
  line('PUT /api/plans/starter', `${plan.status}, $29 a month, 1,000 calls`)
  const dearer = stage.stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await stage.asAdmin('PUT', '/api/plans/pro', {
    name: 'Pro',
    rank: 10,
    stripe_price_id: dearer.id,
    features: { sso: true, audit: true },
    limits: { 'api.calls': 50_000 },
  })
  line('PUT /api/plans/pro', `${plan.status}, $99 a month, 50,000 calls`)
  const created = await stage.asAdmin('POST', '/api/customers', {
    email: 'ada@example.com',
    company_name: 'Analytical Engines',
  })
  assert.equal(created.status, 201)
  const { customer, api_key: apiKey } = created.body
  line('POST /api/customers', `201, key ${shortened(apiKey)} shown this once`)
  const call = stage.asCustomer(apiKey)
  const me = await call('GET', '/api/me')
  assert.equal(me.body.customer_id, customer.customer_id)
  line('GET /api/me, with that key', `${me.status}, ${me.body.customer_id}`)
  return { customerId: customer.customer_id, apiKey, call }
}

export async function subscribe(stage: Stage, { customerId, call }: Customer): Promise<string> {
  chapter(
    'It checks out and pays',
    'A double click; then Stripe tells of it in disorder, and twice.',
  )
  const request = { plan: 'starter', ...RETURN_URLS }
  const [first, second] = await Promise.all([
    call('POST', '/api/subscriptions/checkout', request),
    call('POST', '/api/subscriptions/checkout', request),
  ])
  const session: string = first.body.checkout_session_id
  assert.equal(second.body.checkout_session_id, session)
  line('POST /api/subscriptions/checkout, twice at once', `201, one session ${shortened(session)}`)
  stage.stripe.payCheckout(session)
  const { delivered } = await stage.deliverEvents()
  line(`${delivered} signed webhooks`, 'each answered 200 at once')
  const subscription = await until(
    () => call('GET', `/api/subscriptions/${customerId}`),
    ({ body }) => body.subscription?.status === 'active',
  )
  line('GET /api/subscriptions/…', `${subscription.body.subscription.status}, plan starter`)
  const licences = await until(
    () => call('GET', `/api/licenses/${customerId}`),
    ({ body }) => body.data.length > 0,
  )
  const [licence] = licences.body.data
  line('GET /api/licenses/…', `a licence until ${licence.expires_at.slice(0, 10)}`)
  return licence.token
}

export async function upgrade(stage: Stage, { customerId, call }: Customer): Promise<void> {
  chapter('It upgrades, and the card fails', 'What is not paid for is not there; then it is.')
  const { stripe } = stage
  const path = `/api/subscriptions/${customerId}`
  const { stripe_subscription_id: id } = (await call('GET', path)).body.subscription
  const { stripe_price_id: price } = (await stage.asAdmin('GET', '/api/plans/pro')).body
  const standing = async () => (await call('GET', path)).body.subscription
  const licensed = async () => (await call('GET', `/api/licenses/${customerId}`)).body.data[0].plan
  stripe.clock.advance(60)
  stripe.upgradeUnpaid(id, price)
  await stage.deliverEvents()
  await until(
    () => call('GET', path),
    ({ body }) => body.subscription.status === 'past_due',
  )
  line('GET /api/subscriptions/…, unpaid', `past_due, plan ${(await standing()).plan}`)
  line('GET /api/licenses/…', `still of ${await licensed()}`)
  stripe.clock.advance(60)
  stripe.recover(id)
  await stage.deliverEvents()
  const paid = await until(
    () => call('GET', path),
    ({ body }) => body.subscription.plan === 'pro',
  )
  line('GET /api/subscriptions/…, paid', `${paid.body.subscription.status}, plan pro`)
  line('GET /api/licenses/…', `of ${await licensed()}`)
}

export async function reportUsage({ customerId, call }: Customer): Promise<void> {
  chapter('It reports what it uses', 'Instances are sometimes unsure, and send a report again.')
  const report = { report_id: 'instance-7:09h', metrics: { 'api.calls': 640 } }
  const first = await call('POST', '/api/usage/report', report)
  const again = await call('POST', '/api/usage/report', report)
  const [limit] = again.body.limits
  line('POST /api/usage/report, twice', `${first.status}, then ${again.status}: counted once`)
  line('… and where the customer stands', `${limit.used} of ${limit.limit} ${limit.metric}`)
  const over = await call('POST', '/api/usage/report', { metrics: { 'api.calls': 400 } })
  const [now] = over.body.limits
  line('400 more', `${now.used} of ${now.limit}, exceeded: ${now.exceeded}, and audited`)
  const totals = await call('GET', `/api/usage/${customerId}?metric=api.calls&bucket=day`)
  line('GET /api/usage/…?bucket=day', `sum ${totals.body.data[0].sum}`)
}

export async function checkLicence(stage: Stage, token: string): Promise<void> {
  chapter('Its licence holds offline', 'With the public keys alone, and no call home.')
  const { body: jwks } = await stage.asAnyone('GET', '/.well-known/jwks.json')
  const good = verifyLicense(token, { jwks, customerId: null })
  assert.ok(good.valid)
  line('verifyLicense(token, { jwks })', `valid, features ${JSON.stringify(good.features)}`)
  const [head, claims = '', signature] = token.split('.')
  const altered = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...altered, plan: 'enterprise' }))
  const bad = verifyLicense([head, forged.toString('base64url'), signature].join('.'), {
    jwks,
    customerId: null,
  })
  assert.ok(!bad.valid)
  line('the same, with another plan written into it', `not valid: ${bad.reason}`)
}

/** @returns the transfer of a charge */
export async function spend(stage: Stage): Promise<string> {
  chapter(
    'A user of yours tops up and is charged',
    'Prepaid funds; every call has a key of its own.',
  )
  const { asInternal } = stage
  await asInternal('POST', '/account', { user_id: 'user-123', tier: 'pro' })
  const opened = await asInternal('POST', '/top_up/checkout', {
    user_id: 'user-123',
    amount: 2_000,
    ...RETURN_URLS,
  })
  stage.stripe.payCheckout(opened.body.checkout_session_id)
  await stage.deliverEvents()
  const balance = () => asInternal('GET', '/balance/user-123')
  const paid = await until(balance, ({ body }) => body.balance > 0)
  line('POST /top_up/checkout, paid, told of twice', `balance ${dollars(paid.body.balance)}`)
  await failRefund(stage, opened.body.checkout_session_id, balance)

  const charge = (amount: number, key: string) =>
    asInternal('POST', '/deduct', { user_id: 'user-123', amount }, { 'idempotency-key': key })
  const [one, other] = await Promise.all([charge(750, 'job-1'), charge(750, 'job-1')])
  assert.equal(one.body.transfer_id, other.body.transfer_id)
  line('POST /deduct $7.50, a double click', `charged once, balance ${dollars(one.body.balance)}`)
  const reused = await charge(1, 'job-1')
  line('the same key for another amount', `${reused.status} ${reused.body.code}`)
  const [a, b] = await Promise.all([charge(1_000, 'job-2'), charge(1_000, 'job-3')])
  const refused = a.status === 402 ? a : b
  assert.equal(a.status + b.status, 200 + 402)
  line('two charges of $10 at once, funds for one', `200, and ${refused.body.code}`)
  const refund = await asInternal('POST', '/refund', {
    transfer_id: one.body.transfer_id,
    amount: 250,
  })
  line('POST /refund of $2.50', `balance ${dollars(refund.body.balance)}`)
  const tooMuch = await asInternal('POST', '/refund', {
    transfer_id: one.body.transfer_id,
    amount: 501,
  })
  line('a refund of more than is left of the charge', `${tooMuch.status} ${tooMuch.body.code}`)
  return one.body.transfer_id
}

/** A refund at Stripe takes the money back; when it fails, the money is there again. */
async function failRefund(
  { stripe, deliverEvents }: Stage,
  sessionId: string,
  balance: () => Promise<Reply>,
): Promise<void> {
  const session = stripe.find(sessionId) as { payment_intent: string }
  const intent = stripe.find(session.payment_intent) as { latest_charge: string }
  const refund = stripe.refund(intent.latest_charge, 500)
  await deliverEvents()
  const less = await until(balance, ({ body }) => body.balance < 2_000)
  line('a refund of $5 at Stripe', `balance ${dollars(less.body.balance)}`)
  stripe.clock.advance(60)
  stripe.returnRefund(refund)
  await deliverEvents()
  const again = await until(balance, ({ body }) => body.balance === 2_000)
  line('… which the bank sends back', `balance ${dollars(again.body.balance)}`)
}

export async function attack(stage: Stage, ada: Customer): Promise<void> {
  chapter('An attacker tries the doors', 'Each refusal is the same whatever the reason behind it.')
  const { asAnyone, asInternal, asAdmin } = stage
  const tries: [what: string, reply: Promise<Reply>][] = [
    ['a charge without a token', asAnyone('POST', '/deduct', { user_id: 'user-123', amount: 1 })],
    ['a customer’s key on an operator’s call', ada.call('GET', '/api/customers')],
    ['another customer’s licences', ada.call('GET', '/api/licenses/cust_0000000000000000')],
    ['a webhook with a made-up signature', forgedWebhook(asAnyone)],
    ['a charge of −500', asInternal('POST', '/deduct', { user_id: 'user-123', amount: -500 })],
    ['a charge of "5"', asInternal('POST', '/deduct', { user_id: 'user-123', amount: '5' })],
    ['a plan that is JSON with a key twice', asAdmin('PUT', '/api/plans/x', '{"name":1,"name":2}')],
  ]
  for (const [what, reply] of tries) {
    const { status, body } = await reply
    assert.ok(status >= 400 && status < 500, `${what}: ${status}`)
    line(what, `${status} ${body.code}`)
  }
}

export async function prove(stage: Stage, transferId: string): Promise<void> {
  chapter('And the books are checked', 'With a public key and files alone, as an auditor would.')
  const file = (name: string) => join(stage.folder, name)
  const keep = (name: string, { body }: Reply) => writeFileSync(file(name), JSON.stringify(body))
  keep('jwks.json', await stage.asAnyone('GET', '/.well-known/jwks.json'))
  const receipt = await until(
    () => stage.asInternal('GET', `/transfers/${transferId}/receipt`),
    ({ status }) => status === 200,
  )
  keep('receipt.json', receipt)
  keep('checkpoint.json', await stage.asAdmin('GET', '/api/audit/checkpoint'))
  const jwks = ['--jwks', file('jwks.json')]
  line('strongroom ledger verify', await stage.command('ledger', 'verify'))
  line(
    'strongroom receipt verify receipt.json',
    await stage.command('receipt', 'verify', file('receipt.json'), ...jwks),
  )
  await stage.command('audit', 'export', '--out', file('audit.jsonl'))
  const log = ['--export', file('audit.jsonl'), '--checkpoint', file('checkpoint.json')]
  line('strongroom audit verify', await stage.command('audit', 'verify', ...log, ...jwks))
}

async function forgedWebhook(asAnyone: Call): Promise<Reply> {
  const signature = `t=${Math.floor(Date.now() / 1_000)},v1=${'0'.repeat(64)}`
  const event = { id: 'evt_forged', type: 'checkout.session.completed' }
  return asAnyone('POST', '/api/webhooks/stripe', event, { 'stripe-signature': signature })
}

/** Asks again until an answer is as wanted: what webhooks cause happens behind their answer. */
async function until(ask: () => Promise<Reply>, wanted: (reply: Reply) => boolean): Promise<Reply> {
  const deadline = Date.now() + SETTLE_MS_MAX
  for (;;) {
    const reply = await ask()
    if (wanted(reply)) return reply
    if (Date.now() > deadline) throw new Error(`Still ${JSON.stringify(reply)}`)
    await delay(25)
  }
}
