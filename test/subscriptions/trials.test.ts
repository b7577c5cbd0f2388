import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { fetchRevocations } from '../support/licenses.ts'

const DAY_MS = 86_400_000
const DAYS = 14
const GRACE_DAYS = 3

interface Licence {
  license_id: string
  expires_at: string
}

/** A customer who has a trial, and what has come of it in all that can be seen. */
async function onTrial(t: TestContext) {
  const billing = await startBilling(t)
  const { service, stripe, deliver, newCustomer, price } = billing
  await putPlan(service, 'starter', {
    stripe_price_id: price.id,
    checkout: { trial_days: DAYS },
  })
  const ada = await newCustomer()
  const until = (stripe.clock.now() + DAYS * 86_400) * 1_000
  const id = await ada.subscribe()
  await deliver()
  const licences = async (): Promise<Licence[]> =>
    (await ada.call('GET', `/api/licenses/${ada.customerId}`)).body.data
  const revoked = async (): Promise<string[]> => {
    const [, payload = ''] = (await fetchRevocations(service)).split('.')
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).jtis
  }
  /** When the only licence ends, in days from the end of the trial. */
  const licensed = async () => {
    const [one, ...others] = await licences()
    assert.deepEqual(others, [])
    return Math.round((Date.parse(one!.expires_at) - until) / DAY_MS)
  }
  /** What Stripe tells from now on, for `deliver`. */
  const seen = stripe.events.length
  const news = () => stripe.events.slice(seen)
  const toTheEnd = () => stripe.clock.advance(DAYS * 86_400)
  return { ...billing, ada, id, until, licences, licensed, revoked, news, toTheEnd }
}

test('a trial gives access and counts as paid until its end', async (t) => {
  const { ada, until, licensed } = await onTrial(t)
  const { status, current_period_end: end } = await ada.subscription()
  assert.deepEqual([status, Date.parse(end)], ['trialing', until])
  assert.equal(await ada.plan(), 'starter')
  assert.equal(await licensed(), GRACE_DAYS)
})

test('a trial whose first period is paid goes on with it', async (t) => {
  const { ada, id, stripe, deliver, licensed, news, toTheEnd } = await onTrial(t)
  toTheEnd()
  stripe.endTrial(id)
  stripe.clock.advance(3_600)
  stripe.payDraft(id)
  await deliver(news())
  assert.equal((await ada.subscription()).status, 'active')
  assert.ok((await licensed()) >= 28 + GRACE_DAYS)
})

for (const isReversed of [false, true]) {
  const order = isReversed ? ', whatever comes first' : ''
  test(`a first period that is not paid leaves what the trial gave${order}`, async (t) => {
    const all = await onTrial(t)
    const { ada, id, stripe, deliver, licences, licensed, news, toTheEnd } = all
    const [first] = await licences()
    toTheEnd()
    stripe.endTrial(id)
    // For an hour nobody has asked for the money.
    if (!isReversed) await deliver(news())
    const [early] = await licences()
    stripe.clock.advance(3_600)
    stripe.failDraft(id)
    for (const event of isReversed ? news().toReversed() : news()) await deliver([event])
    assert.equal((await ada.subscription()).status, 'past_due')
    assert.equal(await ada.plan(), 'starter', 'Stripe still tries')
    assert.equal(await licensed(), GRACE_DAYS)
    if (!isReversed) {
      assert.notEqual(early!.license_id, first!.license_id)
      assert.ok((await all.revoked()).includes(early!.license_id))
    }

    stripe.recover(id)
    await deliver(news())
    assert.ok((await licensed()) >= 28 + GRACE_DAYS)
  })
}

test('a trial that ends in a pause gives no access until it is resumed', async (t) => {
  const { ada, id, stripe, deliver, licences, revoked, news, toTheEnd } = await onTrial(t)
  const [during] = await licences()
  toTheEnd()
  stripe.endTrial(id, 'paused')
  await deliver(news())
  assert.equal((await ada.subscription()).status, 'paused')
  assert.equal(await ada.plan(), null)
  assert.deepEqual(await licences(), [])
  assert.ok((await revoked()).includes(during!.license_id))

  stripe.clock.advance(86_400)
  stripe.setPaused(id, false)
  stripe.renew(id)
  await deliver(news())
  assert.equal(await ada.plan(), 'starter')
  assert.equal((await licences()).length, 1)
})

test('a trial that ends without a payment method may end the subscription', async (t) => {
  const { ada, id, stripe, deliver, licences, revoked, news, toTheEnd } = await onTrial(t)
  const [during] = await licences()
  toTheEnd()
  stripe.endTrial(id, 'canceled')
  await deliver(news())
  assert.equal(await ada.plan(), null)
  assert.deepEqual(await licences(), [])
  assert.ok((await revoked()).includes(during!.license_id))
})
