import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconcile as compare } from '../../src/subscriptions/reconcile.ts'
import { startBilling } from '../support/billing.ts'
import { putPlan } from '../support/customers.ts'
import { asAdmin } from '../support/database.ts'
import { commandBeside } from '../support/service-process.ts'

test('events that never came are made up for by comparing with Stripe’s list', async (t) => {
  const { newCustomer, stripe, deliver, service, settings } = await startBilling(t)
  const env = { ...settings, DATABASE_URL: service.database.url, NODE_ENV: 'test' }
  const reconcile = () => commandBeside(['subscriptions', 'reconcile'], env)
  const [unheard, ended, renewed, right] = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => newCustomer(`${name}@example.com`)),
  )
  const ids: string[] = []
  for (const customer of [ended, renewed, right]) ids.push(await customer!.subscribe())
  await deliver()
  const lost = await unheard!.subscribe()
  stripe.cancel(ids[0]!)
  stripe.clock.advance(86_400)
  stripe.renew(ids[1]!)
  // Open here and unknown to Stripe: told, and left alone.
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`
      insert into subscriptions (id, customer_id, stripe_customer_id, status, quantity,
        cancel_at_period_end, created_at)
      values ('sub_unknown', ${right!.customerId}, 'cus_unknown', 'active', 1, false, now())`,
  )

  const found = await reconcile()
  assert.equal(found.status, 1, found.output)
  const lines = found.output.trim().split('\n').toSorted()
  assert.deepEqual(
    lines,
    [
      `Mended ${lost}: unknown to active`,
      `Mended ${ids[0]!}: active to canceled`,
      `Mended ${ids[1]!}: active to active`,
      'Unknown to Stripe: sub_unknown',
    ].toSorted(),
  )
  assert.equal((await unheard!.subscription()).status, 'active')
  assert.equal(await unheard!.plan(), 'starter')
  assert.equal(await ended!.subscription(), null)
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`delete from subscriptions where id = 'sub_unknown'`,
  )
  const again = await reconcile()
  assert.deepEqual([again.status, again.output], [0, "4 subscriptions match Stripe's.\n"])
})

test('one that can’t be compared leaves the others to be, and is told', async (t) => {
  const { newCustomer, stripe, deliver, service, settings } = await startBilling(t)
  const env = { ...settings, DATABASE_URL: service.database.url, NODE_ENV: 'test' }
  const reconcile = () => commandBeside(['subscriptions', 'reconcile'], env)
  const [ada, eve, bob] = await Promise.all(
    ['a', 'e', 'b'].map((name) => newCustomer(`${name}@example.com`)),
  )
  const [refused, renewed] = [await ada!.subscribe(), await eve!.subscribe()]
  await deliver()
  stripe.clock.advance(86_400)
  const lost = await bob!.subscribe()
  stripe.cancel(refused)
  stripe.cancel(renewed)
  // A stranger's, in a state that is yet to be invented; it is the newest on the list.
  const strange = stripe.startSubscription({
    customer: stripe.addCustomer(),
    items: [{ price: stripe.addPrice({ unit_amount: 1, recurring: { interval: 'month' } }).id }],
  })
  stripe.faults.stale(strange, { ...stripe.find(strange)!, status: 'dreaming' })
  stripe.faults.fail({ status: 403, times: 1_000, path: `/v1/subscriptions/${refused}` })

  const found = await reconcile()
  assert.equal(found.status, 1, found.output)
  const lines = found.output.trim().split('\n')
  assert.ok(lines.includes(`Mended ${lost}: unknown to active`), found.output)
  assert.ok(lines.includes(`Mended ${renewed}: active to canceled`), found.output)
  const failed = lines.filter((line) => line.startsWith('Not compared: '))
  assert.deepEqual(
    new Set(failed.map((line) => /sub_\w+/.exec(line)?.[0])),
    new Set([refused, strange]),
  )
  assert.equal(lines.length, 4, found.output)
  assert.equal(await eve!.subscription(), null)
})

test('an earlier invoice that was written off without a word is asked for', async (t) => {
  const { newCustomer, stripe, deliver, service, settings } = await startBilling(t)
  const env = { ...settings, DATABASE_URL: service.database.url, NODE_ENV: 'test' }
  const reconcile = async () => (await commandBeside(['subscriptions', 'reconcile'], env)).output
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await putPlan(service, 'pro', { stripe_price_id: pro.id })
  const ada = await newCustomer()
  const id = await ada.subscribe()
  await deliver()
  stripe.clock.advance(86_400)
  stripe.upgradeUnpaid(id, pro.id)
  const { latest_invoice: upgrade } = stripe.find(id) as { latest_invoice: string }
  await deliver()
  assert.equal(await ada.plan(), 'starter')
  const heard = stripe.events.length
  stripe.clock.advance(60)
  stripe.writeOff(id, 'uncollectible')
  stripe.clock.advance(31 * 86_400)
  stripe.failPayment(id)
  const isLost = ({ type }: { type: string }) => type === 'invoice.marked_uncollectible'
  await deliver(stripe.events.slice(heard).filter((event) => !isLost(event)))
  assert.equal(await ada.plan(), 'pro', 'as while it was active')
  assert.equal(await reconcile(), `Mended ${id}: its licences\n`)
  assert.equal(await ada.plan(), 'starter')
  assert.equal(await reconcile(), "1 subscriptions match Stripe's.\n")
  // It may be paid all the same.
  stripe.clock.advance(60)
  stripe.payEarlier(upgrade)
  assert.equal(await reconcile(), `Mended ${id}: its licences\n`)
  assert.equal(await ada.plan(), 'pro')
  assert.equal(await reconcile(), "1 subscriptions match Stripe's.\n")
})

test('a subscription whose owner has changed without a word is the new owner’s', async (t) => {
  const { newCustomer, stripe, deliver, service, settings } = await startBilling(t)
  const env = { ...settings, DATABASE_URL: service.database.url, NODE_ENV: 'test' }
  const [ada, eve] = [await newCustomer('a@example.com'), await newCustomer('e@example.com')]
  const id = await ada.subscribe()
  await deliver()
  stripe.clock.advance(86_400)
  stripe.setMetadata(id, { customer_id: eve.customerId })
  const found = await commandBeside(['subscriptions', 'reconcile'], env)
  assert.equal(found.output, `Mended ${id}: active to active\n`)
  assert.equal(await ada.subscription(), null)
  assert.equal((await eve.subscription()).stripe_subscription_id, id)
})

test('accounts are counted by tier, and subscriptions that give access', async (t) => {
  const { newCustomer, stripe, deliver, service } = await startBilling(t)
  const count = async () => (await service.asInternal('GET', '/stats/subscription_count')).body
  assert.deepEqual(await count(), { subscription_count: 0, by_tier: {}, stripe_active: 0 })
  for (const [user_id, tier] of [
    ['a', 'pro'],
    ['b', 'pro'],
    ['c', 'free'],
  ]) {
    await service.asInternal('POST', '/account', { user_id, tier })
  }
  const [ada, eve, bob] = await Promise.all(
    ['a', 'e', 'b'].map((n) => newCustomer(`${n}@example.com`)),
  )
  await ada!.subscribe()
  stripe.failPayment(await eve!.subscribe())
  stripe.cancel(await bob!.subscribe())
  await deliver()
  const by_tier = { pro: 2, free: 1 }
  assert.deepEqual(await count(), { subscription_count: 3, by_tier, stripe_active: 2 })
})

test('a revoked licence is not replaced because its plan has got a longer grace', async (t) => {
  const { newCustomer, deliver, service, price } = await startBilling(t)
  const ada = await newCustomer()
  await ada.subscribe()
  await deliver()
  const licences = async (): Promise<{ license_id: string }[]> =>
    (await ada.call('GET', `/api/licenses/${ada.customerId}`)).body.data
  const [leaked] = await licences()
  const path = `/api/licenses/${leaked!.license_id}/revoke`
  assert.equal((await service.asAdmin('POST', path, {})).status, 200)
  await putPlan(service, 'starter', { stripe_price_id: price.id, license_grace_days: 40 })
  const { mended } = await compare(service.app, service.app.stripe())
  assert.deepEqual(mended, [])
  assert.deepEqual(await licences(), [])
})
