import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URLS, startBilling } from '../support/billing.ts'
import { asAdmin } from '../support/database.ts'
import { waitForLocks } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

test('an export has everything that is held on a user, and of nobody else', async (t) => {
  const billing = await startBilling(t)
  const { service, stripe, deliver } = billing
  for (const user_id of ['ada', 'bob']) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    const session = await service.asInternal('POST', '/top_up/checkout', {
      user_id,
      amount: 2_000,
      ...URLS,
    })
    stripe.payCheckout(session.body.checkout_session_id)
  }
  await deliver()
  const notes = { reason: 'tokens', reference: 'job-7', metadata: { model: 'm' } }
  const key = { 'idempotency-key': 'order-1' }
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 300, ...notes }, key)
  await service.asInternal('POST', '/holds', { user_id: 'ada', amount: 100 })
  const budget = '/account/ada/budgets/for-ada'
  await service.asInternal('PUT', budget, { amount: 500, window: 'total' })
  await service.asInternal('DELETE', budget)
  for (const user_id of ['ada', 'bob']) {
    const return_url = `${URLS.success_url}?of=${user_id}`
    const link = { user_id, return_url, allow: ['top_up'] }
    assert.equal((await service.asInternal('POST', '/portal/session', link)).status, 201)
  }

  const answer = await service.asInternal('GET', '/account/ada/export')
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="account.json"')
  const { account, transfers, holds, stripe_payments, stripe_events, audit_records } = answer.body
  const deleted = audit_records.find(({ event }: { event: string }) => event === 'budget.deleted')
  assert.equal(deleted.metadata.budget_id, 'for-ada', 'as it was named, and not its hash')
  const shown = await service.asInternal('GET', '/account/ada')
  // What is granted is shown grant by grant.
  const { available: _a, granted: _g, next_expiry: _n, ...held } = shown.body
  assert.deepEqual(account, held)
  const listed = await service.asInternal('GET', '/account/ada/transfers')
  assert.deepEqual(
    transfers.map(({ actor: _actor, ip: _ip, ...rest }: Record<string, unknown>) => rest),
    listed.body.data.toReversed(),
  )
  const [, charge] = transfers
  assert.deepEqual([charge.ip, charge.idempotency_key], ['127.0.0.1', 'order-1'])
  assert.match(charge.actor, /^internal:[0-9a-f]{8}$/)
  assert.deepEqual(
    holds.map(({ amount, status }: { amount: number; status: string }) => [amount, status]),
    [[100, 'open']],
  )
  const [{ session_id, created_at, expires_at, ...session }] = answer.body.portal_sessions
  assert.match(session_id, /^sess_/)
  assert.ok(Date.parse(created_at) < Date.parse(expires_at))
  assert.deepEqual(session, {
    allow: ['top_up'],
    return_url: `${URLS.success_url}?of=ada`,
    opened_at: null,
  })
  await query(
    service.database,
    `insert into stripe_takings (id, kind, payment_id, amount, currency, status, is_withdrawn, at)
     select 're_' || id, 'refund', id, 250, currency, 'succeeded', false, now() from stripe_payments`,
  )
  const again = await service.asInternal('GET', '/account/ada/export')
  assert.deepEqual(
    again.body.stripe_takings.map((one: Record<string, unknown>) => [one['kind'], one['amount']]),
    [['refund', 250]],
  )
  assert.equal(stripe_payments.length, 1)
  assert.equal(stripe_payments[0].transfer_id, transfers[0].transfer_id)
  const { payment_intent: intent } = stripe_payments[0]
  const about = stripe.events.filter((event) => JSON.stringify(event).includes(intent))
  assert.equal(stripe_events.length, about.length)
  assert.ok(about.length > 0)
  assert.ok(!JSON.stringify(stripe_events).includes('client_secret'))
  assert.deepEqual(
    audit_records.map(({ event }: { event: string }) => event),
    ['account.created', 'budget.updated', 'budget.deleted', 'customer.exported'],
  )
  const text = JSON.stringify(answer.body)
  assert.ok(!text.includes('bob'), 'nobody else')
})

test('an export of a long life comes whole, and of nobody not at all', async (t) => {
  const { service } = await startBilling(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 5_000 })
  await query(
    service.database,
    `insert into transfers
     select (jsonb_populate_record(t, jsonb_build_object('seq', n, 'idempotency_key', ' ' || n))).*
     from transfers t, generate_series(2, 2500) n`,
  )
  const { body } = await service.asInternal('GET', '/account/ada/export')
  const ids = body.transfers.map((transfer: { transfer_id: string }) => transfer.transfer_id)
  assert.equal(new Set(ids).size, 2_500)
  assert.equal(ids.length, 2_500)
  assertRefused(await service.asInternal('GET', '/account/eve/export'), 'ACCOUNT_NOT_FOUND')
})

test('an export that meets an erasure records nothing about an account that is closed', async (t) => {
  const service = await startService(t)
  const { database } = service
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const exported = await asAdmin(database.adminUrl, (sql) =>
    sql.begin(async (tx) => {
      await tx`update accounts set user_id = 'erased/' || id, status = 'closed' where user_id = 'ada'`
      const asked = service.asInternal('GET', '/account/ada/export')
      await Promise.race([asked, waitForLocks(database)])
      return { asked }
    }),
  )
  assertRefused(await exported.asked, 'ACCOUNT_NOT_FOUND')
  const event = 'customer.exported'
  assert.deepEqual(await query(database, 'select from audit_records where event = $1', [event]), [])
})
