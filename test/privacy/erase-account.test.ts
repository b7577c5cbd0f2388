import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { assertSound } from '../support/ledger.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { findTexts } from '../support/search.ts'
import { type Service, startService } from '../support/service.ts'
import { asCopy } from '../support/stripe/index.ts'
import { closeAuditLog, query } from '../support/tables.ts'

const USER = 'canary.user@example.com'
const NOTES = {
  reason: 'canary-reason',
  reference: 'canary-reference',
  metadata: { note: 'canary-note' },
}
const TEXTS = [USER, 'canary-reason', 'canary-reference', 'canary-note', 'canary-key']

function erase(service: Service, userId = USER, query_ = '') {
  return service.asInternal('DELETE', `/account/${userId}${query_}`)
}

async function openAccount(service: Service, userId = USER): Promise<void> {
  const opened = await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  assert.equal(opened.status, 201)
}

function move(service: Service, path: string, body: Record<string, unknown>, key?: string) {
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  return service.asInternal('POST', path, { ...NOTES, ...body }, headers)
}

test('an empty account is erased; its transfers stay, and say nothing of the user', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await move(service, '/top_up', { user_id: USER, amount: 700 }, 'canary-key')
  const charged = await move(service, '/deduct', { user_id: USER, amount: 700 })
  const erased = await erase(service)
  assert.equal(erased.status, 200)
  assert.deepEqual(Object.keys(erased.body), ['user_id', 'erased_at'])
  assert.equal(erased.body.user_id, USER)

  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  await assertSound(service.database)
  const transfers = await query<{ kind: string; amount: string }[]>(
    service.database,
    'select kind, amount from transfers order by seq',
  )
  assert.deepEqual(
    transfers.map(({ kind, amount }) => [kind, Number(amount)]),
    [
      ['top_up', 700],
      ['deduct', 700],
    ],
  )

  await t.test('nobody knows it any more', async () => {
    for (const path of ['', '/export', '/transfers']) {
      const answer = await service.asInternal('GET', `/account/${USER}${path}`)
      assertRefused(answer, 'ACCOUNT_NOT_FOUND', path)
    }
    assertRefused(await erase(service), 'ACCOUNT_NOT_FOUND')
    const refund = { transfer_id: charged.body.transfer_id }
    assertRefused(await service.asInternal('POST', '/refund', refund), 'TRANSFER_NOT_FOUND')
    const pseudonym = await service.asInternal('GET', '/account/erased%2F5')
    assertRefused(pseudonym, 'VALIDATION_FAILED')
    const { body } = await service.asInternal('GET', '/stats/subscription_count')
    assert.equal(body.subscription_count, 0)
  })

  await t.test('and the same user may open another', async () => {
    await openAccount(service)
    const again = await move(service, '/top_up', { user_id: USER, amount: 5 }, 'canary-key')
    assert.deepEqual([again.status, again.body.balance], [200, 5])
    const { body } = await service.asInternal('GET', `/account/${USER}/transfers`)
    assert.equal(body.data.length, 1)
  })
})

test('what is left in an account keeps it, unless it is given up', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await move(service, '/top_up', { user_id: USER, amount: 1_000 })
  const hold = await move(service, '/holds', { user_id: USER, amount: 300 })
  assertRefused(await erase(service), 'ACCOUNT_NOT_EMPTY')
  assertRefused(await erase(service, USER, '?force=false'), 'ACCOUNT_NOT_EMPTY')
  assertRefused(await erase(service, USER, '?force=2'), 'VALIDATION_FAILED')
  await move(service, '/deduct', { user_id: USER, amount: 700 })
  assertRefused(await erase(service), 'ACCOUNT_NOT_EMPTY')

  assert.equal((await erase(service, USER, '?force=true')).status, 200)
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  await assertSound(service.database)
  const transfers = await query<{ kind: string; amount: string }[]>(
    service.database,
    'select kind, amount from transfers order by seq desc limit 2',
  )
  assert.deepEqual(
    transfers.map(({ kind, amount }) => [kind, Number(amount)]),
    [
      ['forfeit', 300],
      ['release', 300],
    ],
  )
  const captured = await service.asInternal('POST', `/holds/${hold.body.hold_id}/capture`, {})
  assertRefused(captured, 'HOLD_NOT_FOUND')
  const [record] = await query<{ metadata: unknown; subject: string }[]>(
    service.database,
    "select subject, metadata from audit_records where event = 'account.erased'",
  )
  assert.match(record?.subject ?? '', /^acct_\d+$/)
  assert.deepEqual(record?.metadata, { holds_released: 1, balance_given_up: 300 })
})

test('a debt is written off, and a hold whose time is over is in nobody’s way', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await service.asInternal('PATCH', `/account/${USER}`, { credit_limit: 500 })
  await move(service, '/deduct', { user_id: USER, amount: 200 })
  await service.asInternal('PATCH', `/account/${USER}`, { status: 'frozen' })
  assertRefused(await erase(service), 'ACCOUNT_NOT_EMPTY')
  assert.equal((await erase(service, USER, '?force=true')).status, 200)

  await openAccount(service, 'canary-second')
  await move(service, '/top_up', { user_id: 'canary-second', amount: 50 })
  await move(service, '/holds', { user_id: 'canary-second', amount: 50, expires_in_s: 3_600 })
  await query(
    service.database,
    "update holds set expires_at = now() - interval '1 minute' where status = 'open'",
  )
  assert.equal((await erase(service, 'canary-second', '?force=true')).status, 200)
  assert.deepEqual(await findTexts(service.database, [...TEXTS, 'canary-second']), [])
  await assertSound(service.database)
  const kinds = await query<{ kind: string; amount: string }[]>(
    service.database,
    "select kind, amount from transfers where kind in ('forfeit', 'write_off') order by amount",
  )
  assert.deepEqual(
    kinds.map(({ kind, amount }) => [kind, Number(amount)]),
    [
      ['forfeit', 50],
      ['write_off', 200],
    ],
  )
})

test('without its audit record no account is erased and no money given up', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await move(service, '/top_up', { user_id: USER, amount: 10 })
  const rows = () =>
    query(
      service.database,
      `select (select json_agg(a order by id) from accounts a) as accounts,
        (select json_agg(t) from transfers t) as transfers`,
    )
  const before = await rows()
  await closeAuditLog(service.database)
  assertRefused(await erase(service, USER, '?force=true'), 'DATABASE_UNAVAILABLE')
  const exported = await service.asInternal('GET', `/account/${USER}/export`)
  assertRefused(exported, 'DATABASE_UNAVAILABLE')
  assert.deepEqual(await rows(), before)
})

test('money on its way while an account is erased stays exact', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await move(service, '/top_up', { user_id: USER, amount: 100_000 })
  const statuses = await inParallel(120, 12, async (index) => {
    if (index === 60) return (await erase(service, USER, '?force=true')).status
    const path = index % 3 === 0 ? '/holds' : index % 3 === 1 ? '/deduct' : '/top_up'
    return (await move(service, path, { user_id: USER, amount: 7 }, `canary-key-${index}`)).status
  })
  assert.ok(
    statuses.every((status) => [200, 201, 404].includes(status)),
    String(statuses),
  )
  assert.equal(statuses[60], 200)
  assert.ok(statuses.includes(404))
  await assertSound(service.database)
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
})

test('what Stripe says of an erased user later is booked and leaves nothing behind', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe, deliver, countEvents } = billing
  await openAccount(service)
  const checkout = (amount: number) =>
    service.asInternal('POST', '/top_up/checkout', { user_id: USER, amount, ...URLS })
  const pay = async (amount: number): Promise<string> => {
    const { checkout_session_id: id } = (await checkout(amount)).body
    stripe.payCheckout(id)
    return (stripe.find(id) as { payment_intent: string }).payment_intent
  }
  const booked = await pay(1_000)
  await deliver()
  await pay(400)
  const notYetHeardOf = stripe.events.slice()
  assert.ok(stripe.requests.length > 0)
  assert.ok(!JSON.stringify(stripe.requests).includes(USER), 'Stripe is not told who the user is')
  assert.equal((await erase(service, USER, '?force=true')).status, 200)

  const { latest_charge: charge } = stripe.find(booked) as { latest_charge: string }
  stripe.refund(charge, 250)
  // Stripe's own words on who paid, as the browser gave them.
  const events = [...notYetHeardOf, ...stripe.events].map((event) => ({
    ...event,
    data: { ...event.data, object: { ...event.data.object, receipt_email: USER } },
  }))
  await deliver(events, { order: 'shuffled', seed: 5, copies: 2 })
  assert.equal(await countEvents('parked'), 0)
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  await assertSound(service.database)
  const transfers = await query<{ kind: string; amount: string }[]>(
    service.database,
    "select kind, sum(amount) as amount from transfers where kind ~ 'stripe|forfeit' group by kind order by kind",
  )
  assert.deepEqual(
    transfers.map(({ kind, amount }) => [kind, Number(amount)]),
    [
      ['forfeit', 1_000],
      ['stripe_reversal', 250],
      ['stripe_top_up', 1_400],
    ],
  )
  assertRefused(await service.asInternal('GET', `/balance/${USER}`), 'ACCOUNT_NOT_FOUND')
})

test('a top-up whose payment was not noted before a crash is not made again after an erasure', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe, deliver, countEvents } = billing
  await openAccount(service)
  const asked = { user_id: USER, amount: 1_000, ...URLS }
  const session = await service.asInternal('POST', '/top_up/checkout', asked)
  stripe.payCheckout(session.body.checkout_session_id)
  await deliver()
  const noted = await query(service.database, 'select id, paid, seq from stripe_payments')
  assert.equal(noted.length, 1)
  // What a process leaves that is killed between the two, where a refund was heard first.
  await query(
    service.database,
    'update stripe_payments set paid = null, account_id = null, seq = null, refunded = 250',
  )
  assert.equal((await erase(service, USER, '?force=true')).status, 200)

  await deliver(stripe.events.map(asCopy))
  assert.equal(await countEvents('parked'), 0)
  const made = await query<{ kind: string; amount: string }[]>(
    service.database,
    'select kind, amount from transfers order by seq',
  )
  assert.deepEqual(
    made.map(({ kind, amount }) => [kind, Number(amount)]),
    [
      ['stripe_top_up', 1_000],
      ['forfeit', 1_000],
      ['stripe_reversal', 250],
    ],
  )
  assert.deepEqual(
    await query(service.database, 'select id, paid, seq from stripe_payments'),
    noted,
    'noted as it would have been',
  )
  await assertSound(service.database)
})
