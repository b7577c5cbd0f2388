import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { eventually } from '../support/processes.ts'
import { query } from '../support/tables.ts'

const PAID = 1_000
const WAIT_MS_MAX = 20_000

/** A payment of 1,000, whose dispute is held. */
async function disputed(t: TestContext, amount: number) {
  const billing = await startBilling(t)
  const { service, stripe, deliver } = billing
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const opened = await service.asInternal('POST', '/top_up/checkout', {
    user_id: 'ada',
    amount: PAID,
    ...URLS,
  })
  stripe.payCheckout(opened.body.checkout_session_id)
  const { payment_intent } = stripe.find(opened.body.checkout_session_id) as {
    payment_intent: string
  }
  const { latest_charge: charge } = stripe.find(payment_intent) as { latest_charge: string }
  const dispute = stripe.dispute(charge, { amount })
  await deliver()
  const read = async (): Promise<{ balance: number; available: number }> =>
    (await service.asInternal('GET', '/balance/ada')).body
  return { ...billing, charge, dispute, read }
}

/** Lets no hold be made until it is called. */
async function refuseHolds({ service }: Awaited<ReturnType<typeof disputed>>) {
  const run = (statement: string) => query(service.database, statement)
  await run(`create function refuse_hold() returns trigger language plpgsql as $$
    begin raise exception 'no hold' using errcode = '53000'; end $$`)
  await run(`create trigger refuse_hold before insert on transfers for each row
    when (new.kind = 'hold') execute function refuse_hold()`)
  return () => run('drop trigger refuse_hold on transfers')
}

test('while a hold for a dispute gets another amount, nothing of it is free', async (t) => {
  const billing = await disputed(t, PAID)
  const { service, stripe, to, charge, read, settled, retryNow } = billing
  assert.deepEqual(await read().then(({ balance, available }) => [balance, available]), [PAID, 0])
  const allow = await refuseHolds(billing)
  const from = stripe.events.length
  // Less is held from then on: what is left of the payment.
  stripe.refund(charge, 300)
  await stripe.deliver({ to, events: stripe.events.slice(from) })
  const hasFailed = async () => {
    const failed =
      'select 1 from graphile_worker._private_jobs where attempts > 0 and last_error is not null'
    return (await query(service.database, failed)).length > 0
  }
  assert.ok(await eventually(hasFailed, WAIT_MS_MAX))
  const { available } = await read()
  assert.ok(available <= 0, `${available} is free`)
  const spent = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  assert.equal(spent.status, 402)

  await allow()
  const retry = setInterval(() => void retryNow(), 200)
  await settled()
  clearInterval(retry)
  const after = await read()
  assert.deepEqual([after.balance, after.available], [PAID - 300, 0])
  const { findings } = await service.app.funds.verify()
  assert.deepEqual(findings, [])
})

test('what a failed refund gives back is held for the dispute at once', async (t) => {
  const billing = await disputed(t, 900)
  const { service, stripe, to, charge, read, settled, retryNow, deliver } = billing
  let from = stripe.events.length
  const refund = stripe.refund(charge, 700)
  await deliver(stripe.events.slice(from))
  const before = await read()
  assert.deepEqual([before.balance, before.available], [PAID - 700, 0])
  const allow = await refuseHolds(billing)
  from = stripe.events.length
  stripe.clock.advance(1)
  stripe.returnRefund(refund)
  await stripe.deliver({ to, events: stripe.events.slice(from) })
  const hasFailed = async () => {
    const failed =
      'select 1 from graphile_worker._private_jobs where attempts > 0 and last_error is not null'
    return (await query(service.database, failed)).length > 0
  }
  assert.ok(await eventually(hasFailed, WAIT_MS_MAX))
  const { available } = await read()
  assert.ok(available <= 0, `${available} is free`)
  await allow()
  const retry = setInterval(() => void retryNow(), 200)
  await settled()
  clearInterval(retry)
  const after = await read()
  assert.deepEqual([after.balance, after.available], [PAID, PAID - 900])
})

test('a dispute of an account that was erased meanwhile is booked, and holds nothing', async (t) => {
  const { service, stripe, deliver, charge, dispute } = await disputed(t, 400)
  const erased = await service.asInternal('DELETE', '/account/ada?force=true')
  assert.equal(erased.status, 200)
  const from = stripe.events.length
  stripe.refund(charge, 800)
  stripe.clock.advance(60)
  stripe.closeDispute(dispute, 'lost')
  await deliver(stripe.events.slice(from))
  const [account] = await query<{ balance: string; held: string }[]>(
    service.database,
    "select balance, held from accounts where status = 'closed'",
  )
  assert.deepEqual([Number(account?.balance), Number(account?.held)], [-PAID, 0])
  const { findings } = await service.app.funds.verify()
  assert.deepEqual(findings, [])
})

test('a dispute of an account whose erasure is under way is booked at once', async (t) => {
  const { service, stripe, deliver, dispute } = await disputed(t, 400)
  // An erasure closes and renames first. It ends the holds in a later step.
  await query(
    service.database,
    "update accounts set status = 'closed', user_id = 'erased/' || id where user_id = 'ada'",
  )
  const from = stripe.events.length
  stripe.closeDispute(dispute, 'lost')
  await deliver(stripe.events.slice(from))
  const [account] = await query<{ balance: string; held: string }[]>(
    service.database,
    "select balance, held from accounts where status = 'closed'",
  )
  assert.deepEqual([Number(account?.balance), Number(account?.held)], [PAID - 400, 400])
})
