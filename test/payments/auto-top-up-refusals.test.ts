import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAIT_MS_MAX, startAutoTopUp } from '../support/auto-top-up.ts'
import { eventually } from '../support/processes.ts'

const PAYMENTS = { path: '/v1/payment_intents', method: 'POST' } as const

test('a charge of a batch that is refused as a whole is a reason for a payment too', async (t) => {
  const { asked, put, pay, deduct, until, stripe, intents, balance, service } =
    await startAutoTopUp(t)
  const method = await pay()
  await put()
  stripe.declineCharges(method, 'generic_decline')
  assert.equal((await deduct(700)).status, 200)
  await until('failed')
  stripe.declineCharges(method, null)
  const batch = (amounts: number[]) =>
    service.asInternal('POST', '/transfers/batch', {
      atomic: true,
      transfers: amounts.map((amount) => ({ op: 'deduct', user_id: 'ada', amount })),
    })
  assert.equal((await batch([400])).body.code, 'BATCH_REFUSED')
  await asked(2)
  assert.equal(await balance(), 300)
  // One is open, and there is no second.
  assert.equal((await batch([400])).body.code, 'BATCH_REFUSED')
  assert.equal((await intents()).length, 2)
})

test('what falls only through a batch that is not done is no reason for one', async (t) => {
  const { put, pay, intents, balance, service } = await startAutoTopUp(t)
  await pay()
  await put()
  const { body } = await service.asInternal('POST', '/transfers/batch', {
    atomic: true,
    transfers: [900, 400].map((amount) => ({ op: 'deduct', user_id: 'ada', amount })),
  })
  assert.equal(body.code, 'BATCH_REFUSED')
  assert.equal(await balance(), 1_000)
  assert.deepEqual(await intents(), [])
})

test('nothing is asked for once it is disabled, though a payment waits for Stripe', async (t) => {
  const { put, pay, deduct, until, stripe, payments, balance } = await startAutoTopUp(t)
  await pay()
  await put()
  // Of the SDK, which asks twice at once.
  stripe.faults.reset({ ...PAYMENTS, times: 2 })
  await deduct(600)
  const asked = () => stripe.requests.filter(({ path }) => path === PAYMENTS.path)
  assert.ok(await eventually(() => asked().length === 2, WAIT_MS_MAX))
  const disabled = await put({ enabled: false })
  assert.equal(disabled.body.enabled, false)
  await until('cancelled')
  assert.equal(payments().length, 0)
  // Enabled again, a balance that is too low is a reason of its own.
  await put()
  assert.ok(await eventually(() => payments().length === 1, WAIT_MS_MAX))
  assert.equal(await balance(), 400)
})

test('the money of a payment that was made before it was disabled still arrives', async (t) => {
  const { asked, put, pay, deduct, until, stripe, payments, balance, deliver } =
    await startAutoTopUp(t)
  await pay()
  await put()
  stripe.faults.reset({ ...PAYMENTS, when: 'after', times: 1 })
  stripe.faults.fail({ ...PAYMENTS, status: 503, times: 1 })
  await deduct(600)
  await asked(1)
  await put({ enabled: false })
  await deliver(stripe.events, { copies: 2 })
  await until('succeeded')
  assert.deepEqual([payments().length, await balance()], [1, 2_400])
})
