import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { verifyLicense } from '../../src/licenses/verifier.ts'
import { takeIn } from '../../src/subscriptions/service.ts'
import type { Item, StripeSubscription, SubscriptionState } from '../../src/subscriptions/state.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { fetchJwks, fetchRevocations, getLicenses, issue, verdict } from '../support/licenses.ts'
import { eventually } from '../support/processes.ts'
import { inParallel } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { countRows, query } from '../support/tables.ts'

const DAY_S = 86_400
const MONTH_S = 30 * DAY_S
const GRACE_S = 3 * DAY_S
const STARTER = { features: { sso: false }, limits: { calls: 100 }, stripe_price_id: 'price_start' }
const PRO = { features: { sso: true }, limits: { calls: 5_000 }, stripe_price_id: 'price_pro' }

const now = () => Math.floor(Date.now() / 1_000)
const timeOf = (seconds: number) => new Date(seconds * 1_000)

/** A customer with two plans to choose from, and a subscription that Stripe tells about. */
async function subscriber(t: TestContext, plan: Record<string, unknown> = {}) {
  const service = await startService(t)
  await putPlan(service, 'starter', { ...STARTER, ...plan })
  await putPlan(service, 'pro', { ...PRO, ...plan })
  const customer = await createCustomer(service)
  const jwks = await fetchJwks(service)
  const began = now()
  let item: Item = { price: 'price_start', quantity: 1, start: began, end: began + MONTH_S }
  let state: SubscriptionState = {
    status: 'active',
    items: [item],
    latestInvoice: null,
    pause: null,
    cancelAt: null,
    cancelAtPeriodEnd: false,
    endedAt: null,
  }
  const heard = (): StripeSubscription => ({
    id: `sub_of_${customer.customerId}`,
    stripeCustomerId: `cus_of_${customer.customerId}`,
    customerId: customer.customerId,
    createdAt: began,
    state,
    outcome: null,
    isFirstSent: false,
    isPart: false,
  })
  let told = began
  const tell = () => takeIn(service.app, heard(), { source: 'fetch', state, at: told })

  /** Stripe says that the subscription has changed so. */
  async function change(changes: Partial<SubscriptionState & Item> = {}): Promise<void> {
    const { price, quantity, start, end, ...others } = { ...item, ...changes }
    item = { price, quantity, start, end }
    state = { ...state, items: [item], ...others }
    // Long enough for Stripe to show it everywhere.
    told += 11
    assert.equal(await tell(), 'take')
  }
  const tokens = async (): Promise<string[]> => {
    const { status, body } = await getLicenses(service, customer)
    assert.equal(status, 200)
    return body.data.map(({ token }: { token: string }) => token)
  }
  /** The one licence served now; its claims as a verifier with the JWKS alone accepts them. */
  async function current() {
    const [token = '', ...others] = await tokens()
    assert.deepEqual(others, [])
    const result = verifyLicense(token, { jwks, customerId: customer.customerId })
    assert.ok(result.valid, JSON.stringify(result))
    return { ...result, token, until: result.expiresAt.getTime() / 1_000 }
  }
  /** What a verifier says of a token at a time, with the JWKS alone. */
  const at = (token: string, seconds: number) => verdict(token, { jwks, at: timeOf(seconds) })
  /** What it says with the newest revocation list. */
  const withList = async (token: string) =>
    verdict(token, { jwks, revocations: await fetchRevocations(service) })
  const isRevoked = (token: string) =>
    eventually(async () => (await withList(token)) === 'revoked', 2_000)
  return { service, customer, began, jwks, change, tell, tokens, current, at, withList, isRevoked }
}

test('from checkout to the end, a verifier accepts what the subscription is worth', async (t) => {
  const all = await subscriber(t)
  const { began, change, current, at } = all

  // Checkout: nothing while the first payment is open.
  await change({ status: 'incomplete' })
  assert.deepEqual(await all.tokens(), [])
  await change({ status: 'active' })
  const first = await current()
  assert.deepEqual(
    [first.plan, first.features, first.limits],
    ['starter', { sso: false }, { calls: 100 }],
  )
  assert.equal(first.until, began + MONTH_S + GRACE_S)
  assert.equal(at(first.token, first.until - 1), 'valid', 'a renewal may be late')
  assert.equal(at(first.token, first.until + 61), 'expired')

  // Renewal: a newer one for the next period; the first stays good for whoever has not fetched it.
  const second = began + MONTH_S
  await change({ start: second, end: second + MONTH_S })
  const renewed = await current()
  assert.notEqual(renewed.licenseId, first.licenseId)
  assert.equal(renewed.until, second + MONTH_S + GRACE_S)
  assert.equal(await all.withList(first.token), 'valid')

  // Upgrade: other terms, so what came before is revoked.
  await change({ price: 'price_pro' })
  const upgraded = await current()
  assert.deepEqual([upgraded.plan, upgraded.features], ['pro', { sso: true }])
  assert.equal(upgraded.until, renewed.until)
  for (const { token } of [first, renewed]) assert.ok(await all.isRevoked(token))
  assert.equal(await all.withList(upgraded.token), 'valid')

  // Failed payment: the period that nobody paid for does not count, and the grace runs.
  const third = second + MONTH_S
  await change({
    status: 'past_due',
    start: third,
    end: third + MONTH_S,
  })
  const unpaid = await current()
  assert.equal(unpaid.until, third + GRACE_S)
  assert.equal(unpaid.token, upgraded.token, 'it is the one of the period that was paid')

  // Paid after all.
  await change({ status: 'active' })
  const recovered = await current()
  assert.equal(recovered.until, third + MONTH_S + GRACE_S)

  // Cancelled: good to the end of the period, and no longer, for no renewal is awaited.
  await change({ cancelAtPeriodEnd: true })
  const ending = await current()
  assert.equal(ending.until, third + MONTH_S)
  assert.ok(await all.isRevoked(recovered.token), 'it would last longer')

  // The end: nothing is served, and whatever would still verify is on the list.
  await change({ status: 'canceled', endedAt: third + MONTH_S })
  assert.deepEqual(await all.tokens(), [])
  for (const { token } of [ending, recovered, upgraded]) assert.ok(await all.isRevoked(token))

  const events = await query<{ event: string; actor: string }[]>(
    all.service.database,
    `select event, actor from audit_records where event like 'license.%' order by id`,
  )
  assert.ok(events.every(({ actor }) => actor === 'stripe'))
  const count = (name: string) => events.filter(({ event }) => event === name).length
  assert.deepEqual([count('license.issued'), count('license.revoked')], [5, 5])
})

test('the grace is the plan’s, from none to a year', async (t) => {
  for (const [days, seconds] of [
    [0, 0],
    [10, 10 * DAY_S],
    [365, 365 * DAY_S],
  ] as const) {
    const { began, change, current } = await subscriber(t, { license_grace_days: days })
    await change()
    assert.equal((await current()).until, began + MONTH_S + seconds)
  }
})

test('a payment that fails at the renewal cuts the unpaid period off', async (t) => {
  const { began, change, current, at } = await subscriber(t)
  // The renewal is active for an hour before its first charge; then the card fails.
  const period = { start: began - 3_600, end: began + MONTH_S }
  await change(period)
  await change({ status: 'past_due' })
  const cut = await current()
  assert.equal(cut.until, began - 3_600 + GRACE_S)
  assert.equal(at(cut.token, cut.until + 61), 'expired')
  await change({ status: 'past_due', quantity: 2 })
  assert.equal((await current()).licenseId, cut.licenseId)
})

test('a payment that fails in the middle of a paid period takes nothing away', async (t) => {
  const { began, change, current } = await subscriber(t)
  await change({ start: began - 10 * DAY_S, end: began + 20 * DAY_S })
  const paid = await current()
  await change({ status: 'past_due' })
  assert.equal((await current()).licenseId, paid.licenseId)
})

test('what gives no access has no licence, and comes back with access', async (t) => {
  const all = await subscriber(t)
  await all.change()
  for (const status of ['paused', 'unpaid'] as const) {
    const before = await all.current()
    await all.change({ status })
    assert.deepEqual(await all.tokens(), [])
    assert.ok(await all.isRevoked(before.token))
    await all.change({ status: 'active' })
    assert.notEqual((await all.current()).licenseId, before.licenseId)
  }
  await all.change({ status: 'trialing' })
  await all.current()
  await all.change({ status: 'incomplete_expired', endedAt: now() })
  assert.deepEqual(await all.tokens(), [])
})

test('a period that is over licenses nothing, and nor does a price of no plan', async (t) => {
  const all = await subscriber(t)
  await all.change({ start: 1_000_000, end: 1_000_000 + MONTH_S })
  assert.deepEqual(await all.tokens(), [])
  await all.change({ start: all.began, end: all.began + MONTH_S })
  const { token } = await all.current()
  await all.change({ price: 'price_of_no_plan' })
  assert.deepEqual(await all.tokens(), [])
  assert.ok(await all.isRevoked(token))
})

test('without a period the plan’s days count, and the same state adds none', async (t) => {
  const all = await subscriber(t, { license_days: 7 })
  await all.change({ start: null, end: null })
  const { licenseId, until } = await all.current()
  assert.ok(Math.abs(until - (all.began + 7 * DAY_S)) < 60)
  await all.tell()
  assert.equal((await all.current()).licenseId, licenseId)
})

test('a changed plan reaches the licence with the next one', async (t) => {
  const all = await subscriber(t)
  await all.change()
  await putPlan(all.service, 'starter', { ...STARTER, limits: { calls: 200 } })
  assert.deepEqual((await all.current()).limits, { calls: 100 })
  const next = all.began + MONTH_S
  await all.change({ start: next, end: next + MONTH_S })
  assert.deepEqual((await all.current()).limits, { calls: 200 })
})

test('what an operator revokes stays revoked until the next period is paid', async (t) => {
  const all = await subscriber(t)
  await all.change()
  const { licenseId } = await all.current()
  await all.service.asAdmin('POST', `/api/licenses/${licenseId}/revoke`, {})
  await all.change({ quantity: 2 })
  await all.change({ cancelAtPeriodEnd: true })
  await all.change({ cancelAtPeriodEnd: false })
  assert.deepEqual(await all.tokens(), [])
  const next = all.began + MONTH_S
  await all.change({ start: next, end: next + MONTH_S })
  await all.current()
})

/** Revokes the licence served now, as an operator does. */
async function revokeCurrent({ service, current }: Awaited<ReturnType<typeof subscriber>>) {
  const { licenseId } = await current()
  const revoked = await service.asAdmin('POST', `/api/licenses/${licenseId}/revoke`, {})
  assert.equal(revoked.status, 200)
}

test('nor do changes within a period that is no longer than the grace bring it back', async (t) => {
  const all = await subscriber(t)
  const end = all.began + GRACE_S
  await all.change({ end, cancelAtPeriodEnd: true })
  assert.equal((await all.current()).until, end)
  await revokeCurrent(all)
  await all.change({ cancelAtPeriodEnd: false })
  assert.deepEqual(await all.tokens(), [])
  await all.change({ cancelAt: end - 1 })
  assert.deepEqual(await all.tokens(), [])
  await all.change({ cancelAt: null, start: end, end: end + GRACE_S })
  await all.current()
})

test('nor does an end within the grace that is taken back', async (t) => {
  const all = await subscriber(t)
  await all.change({ cancelAt: all.began + DAY_S })
  await revokeCurrent(all)
  await all.change({ cancelAt: null })
  assert.deepEqual(await all.tokens(), [])
})

test('nor a longer grace', async (t) => {
  const all = await subscriber(t)
  await all.change()
  await revokeCurrent(all)
  await putPlan(all.service, 'starter', { ...STARTER, license_grace_days: 40 })
  await all.tell()
  assert.deepEqual(await all.tokens(), [])
  const next = all.began + MONTH_S
  await all.change({ start: next, end: next + MONTH_S })
  await all.current()
})

test('a licence that is kept for the next period is revoked for that', async (t) => {
  const all = await subscriber(t)
  const next = all.began + MONTH_S
  await all.change({ cancelAt: next + DAY_S })
  const { licenseId } = await all.current()
  await all.change({ start: next, end: next + MONTH_S })
  assert.equal((await all.current()).licenseId, licenseId)
  await revokeCurrent(all)
  await all.change({ cancelAt: null })
  assert.deepEqual(await all.tokens(), [])
})

test('a licence of the previous version learns its period while it is kept', async (t) => {
  const all = await subscriber(t)
  await all.change()
  await query(all.service.database, 'update licenses set paid_until = null')
  await all.tell()
  await revokeCurrent(all)
  await putPlan(all.service, 'starter', { ...STARTER, license_grace_days: 40 })
  await all.tell()
  assert.deepEqual(await all.tokens(), [])
})

test('and one that was revoked before goes by the grace', async (t) => {
  const all = await subscriber(t)
  await all.change()
  await revokeCurrent(all)
  await query(all.service.database, 'update licenses set paid_until = null')
  await all.change({ quantity: 2 })
  assert.deepEqual(await all.tokens(), [])
  const next = all.began + MONTH_S
  await all.change({ start: next, end: next + MONTH_S })
  await all.current()
})

test('a licence issued by hand is not the subscription’s to end', async (t) => {
  const all = await subscriber(t)
  const byHand = await issue(all.service, { customer_id: all.customer.customerId })
  await all.change()
  assert.equal((await all.tokens()).length, 2)
  await all.change({ status: 'canceled', endedAt: now() })
  assert.deepEqual(await all.tokens(), [byHand.token])
  assert.equal(await all.withList(byHand.token), 'valid')
})

test('the same state, 20 times at once, issues one licence', async (t) => {
  const all = await subscriber(t)
  const outcomes = await inParallel(20, 20, () => all.tell())
  assert.deepEqual([...new Set(outcomes)], ['take'])
  const rows = (await countRows(all.service.database))['licenses']
  assert.equal(rows, 1)
  await all.current()
  const next = all.began + MONTH_S
  await all.change({ start: next, end: next + MONTH_S })
  await inParallel(20, 20, () => all.tell())
  assert.equal((await countRows(all.service.database))['licenses'], 2)
})

test('without its audit record neither the subscription nor the licence is written', async (t) => {
  const all = await subscriber(t)
  await query(
    all.service.database,
    `create function refuse() returns trigger language plpgsql as $$ begin
       raise exception 'no'; end $$`,
  )
  await query(
    all.service.database,
    `create trigger refuse before insert on audit_records
     for each row when (new.event = 'license.issued') execute function refuse()`,
  )
  await assert.rejects(all.tell())
  const counts = await countRows(all.service.database)
  assert.deepEqual([counts['licenses'], counts['subscriptions']], [0, 0])
})
