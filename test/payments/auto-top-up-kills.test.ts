import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { counts } from '../support/counts.ts'
import { eventually } from '../support/processes.ts'
import { SEED } from '../support/random.ts'
import { launchWorker, newDataDir } from '../support/service-process.ts'
import { asCopy } from '../support/stripe/index.ts'
import { query } from '../support/tables.ts'

const WAIT_MS_MAX = 60_000
const AMOUNT = 1_000
const CHARGES = 100

test('workers killed before and after Stripe has acted: one payment and one credit for each fall', async (t) => {
  counts(t, {
    promise: '22',
    what: 'Charges below a threshold while workers are killed',
    trials: 2 * CHARGES,
    faults: 4,
  })
  const { service, stripe, settings, to } = await startBilling(t, { RUN_JOBS: 'false' })
  const env = { ...settings, RUN_JOBS: undefined, DATABASE_URL: service.database.url }
  const launch = () => launchWorker(t, newDataDir(t), env)
  const asInternal: typeof service.asInternal = (...call) => service.asInternal(...call)
  const count = async (table: string, where: string) => {
    const [row] = await query<{ count: number }[]>(
      service.database,
      `select count(*)::int as count from ${table} where ${where}`,
    )
    return row?.count ?? 0
  }
  const until = async (what: string, isSo: () => boolean | Promise<boolean>) =>
    assert.ok(await eventually(isSo, WAIT_MS_MAX), what)
  const tell = async () => {
    for (const events of [[...stripe.events], stripe.events.map(asCopy)]) {
      await stripe.deliver({ to, events, order: 'shuffled', seed: SEED })
    }
  }
  const payments = () =>
    stripe.events.filter(
      ({ type, data }) =>
        type === 'payment_intent.created' &&
        (data.object['metadata'] as { purpose?: string }).purpose === 'auto_top_up',
    ).length

  await asInternal('POST', '/account', { user_id: 'ada', tier: 'pro', asset: 'USD/2' })
  const body = { user_id: 'ada', amount: AMOUNT, save_payment_method: true, ...URLS }
  const opened = await asInternal('POST', '/top_up/checkout', body)
  stripe.payCheckout(opened.body.checkout_session_id)
  await tell()
  let worker = launch()
  await until('saved', async () => (await count('saved_payment_methods', 'true')) === 1)
  const limits = { daily_max: 2 * AMOUNT, monthly_max: 2 * AMOUNT }
  const auto = { threshold: AMOUNT, amount: AMOUNT, ...limits, enabled: true }
  assert.equal((await asInternal('PUT', '/account/ada/auto_top_up', auto)).body.status, 'ready')

  for (const [round, when] of (['before', 'after'] as const).entries()) {
    stripe.faults.hang({ path: '/v1/payment_intents', method: 'POST', when })
    const charges = Array.from({ length: CHARGES }, (_, n) =>
      asInternal('POST', '/deduct', { user_id: 'ada', amount: n === 0 ? AMOUNT - CHARGES + 1 : 1 }),
    )
    const statuses = (await Promise.all(charges)).map(({ status }) => status)
    assert.ok(statuses.every((status) => status === 200))
    await until('Stripe is asked', () => stripe.faults.hanging() === 1)
    worker.child.kill('SIGKILL')
    await worker.ended
    stripe.faults.release()
    worker = launch()
    const noted = `payment_intent_id is not null`
    await until('it is asked again', async () => {
      return (await count('auto_top_up_intents', noted)) === round + 1
    })
    await tell()
    // In the middle of what the events lead to.
    worker.child.kill('SIGKILL')
    await worker.ended
    worker = launch()
    await tell()
    const ended = `status = 'succeeded'`
    await until('it has succeeded', async () => {
      return (await count('auto_top_up_intents', ended)) === round + 1
    })
    assert.equal(payments(), round + 1)
    assert.equal((await asInternal('GET', '/balance/ada')).body.balance, AMOUNT)
  }
  // The caps allow no third.
  await asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  const paused = (await asInternal('GET', '/account/ada/auto_top_up')).body
  assert.deepEqual([paused.status, paused.paused_reason], ['paused', 'daily_max'])
  assert.equal(await count('auto_top_up_intents', 'true'), 2)
  assert.equal(await count('transfers', `kind = 'stripe_top_up'`), 3)
  worker.child.kill('SIGTERM')
  await worker.ended
})
