import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS } from '../../src/database/kinds.ts'
import { cancelMeterEvents } from '../../src/usage/cancelled-events.ts'
import { sendMeterEvents } from '../../src/usage/meter-events.ts'
import { assertAuditSound } from '../support/audit.ts'
import { counts } from '../support/counts.ts'
import { createCustomer } from '../support/customers.ts'
import { addLapsedHolds } from '../support/lapsed-holds.ts'
import { assertSound } from '../support/ledger.ts'
import { lock, lockRows, locksWaitedFor, settled, waitForLocks } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { startReceiver } from '../support/receiver.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { findTexts } from '../support/search.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

interface Told {
  type: string
  data: Record<string, unknown>
}

const USER = 'canary.user@example.com'
const EMAIL = 'canary.person@example.com'
const NOTES = { reason: 'canary-reason', reference: 'canary-reference' }
const TEXTS = [USER, EMAIL, 'canary-reason', 'canary-reference', 'canary-instance']

async function openAccount(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: USER, tier: 'pro' })
  for (const amount of [400, 300]) {
    await service.asInternal('POST', '/top_up', { user_id: USER, amount, ...NOTES })
  }
}

function erase(service: Service) {
  return service.asInternal('DELETE', `/account/${USER}?force=true`)
}

const isOver = async (service: Service) =>
  (await query(service.database, 'select 1 from erasures')).length === 0

/** Erases a customer. What the call leaves goes on until nothing is left, as in the job. */
async function eraseWholly(service: Service, customerId: string): Promise<void> {
  const { status } = await service.asAdmin('DELETE', `/api/customers/${customerId}`)
  assert.ok([200, 202].includes(status), String(status))
  const isDone = async () => {
    const [row] = await query<{ id: string }[]>(service.database, 'select id::text from erasures')
    if (row !== undefined) await service.app.erasures.resume(BigInt(row.id))
    return isOver(service)
  }
  assert.ok(await eventually(isDone, 30_000))
}

/**
 * Takes all connections for erasures.
 * @returns a function that gives them back
 */
async function holdErasures({ app }: Service): Promise<() => Promise<unknown>> {
  let end = () => undefined as void
  const released = new Promise<void>((resolve) => (end = resolve))
  const held: Promise<void>[] = []
  const hold = (begun: () => void) => {
    const work = () => (begun(), released)
    held.push(app.databases.erasures.transaction(work))
  }
  const connections = Array.from({ length: KINDS.erasures.connectionsMax })
  await Promise.all(connections.map(() => new Promise<void>(hold)))
  return () => (end(), Promise.all(held))
}

function records(service: Service, event: string) {
  return query<{ actor: string; ip: string; metadata: unknown }[]>(
    service.database,
    `select actor, ip, metadata from audit_records where event = '${event}'`,
  )
}

test('an erasure that takes longer is accepted, and nobody knows the user meanwhile', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  await openAccount(service)
  await service.asInternal('POST', '/holds', { user_id: USER, amount: 50, ...NOTES })
  const unlock = await lockRows(
    service.database,
    'select seq from transfers where seq = 2 for update',
  )
  try {
    const first = await erase(service)
    assert.deepEqual([first.status, first.body], [202, { user_id: USER, status: 'erasing' }])
    const again = await inParallel(9, 9, () => erase(service))
    assert.ok(again.every(({ status }) => status === 202))
    assert.deepEqual(again[0]?.body, first.body)
    const opened = { user_id: USER, tier: 'pro' }
    assertRefused(await service.asInternal('POST', '/account', opened), 'ERASURE_IN_PROGRESS')
    for (const path of ['/account/USER', '/account/USER/export', '/balance/USER']) {
      const answer = await service.asInternal('GET', path.replace('USER', USER))
      assertRefused(answer, 'ACCOUNT_NOT_FOUND', path)
    }
    const charge = { user_id: USER, amount: 1 }
    assertRefused(await service.asInternal('POST', '/deduct', charge), 'ACCOUNT_NOT_FOUND')
    assert.equal((await service.call('GET', '/health/ready')).status, 200)
    assert.deepEqual(await records(service, 'account.erased'), [])
    await assertSound(service.database)
    await assertAuditSound(service)
  } finally {
    await unlock()
  }
  assert.ok(await eventually(() => isOver(service), 30_000))
  const [record] = await records(service, 'account.erased')
  assert.match(record?.actor ?? '', /^internal:/)
  assert.deepEqual(record?.metadata, { holds_released: 1, balance_given_up: 700 })
  assertRefused(await erase(service), 'ACCOUNT_NOT_FOUND')
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  await assertSound(service.database)
  await assertAuditSound(service)
  const opened = await service.asInternal('POST', '/account', { user_id: USER, tier: 'pro' })
  assert.equal(opened.status, 201)
})

test('what an erasure has not come to yet names nobody', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t)
  const endpoint = await service.asAdmin('POST', '/api/webhook-endpoints', {
    url: receiver.url,
    events: ['account.*', 'funds.*', 'budget.*'],
  })
  assert.equal(endpoint.status, 201)
  await openAccount(service)
  const ask = (path: string) => service.asInternal('GET', path)
  const charge = { user_id: USER, amount: 5, ...NOTES, metadata: { note: 'canary-note' } }
  const key = 'canary-key'
  const { body: charged } = await service.asInternal('POST', '/deduct', {
    ...charge,
    idempotency_key: key,
  })
  const { body: hold } = await service.asInternal('POST', '/holds', charge)
  const terms = { amount: 10, window: 'day', alert_at: [50] }
  await service.asInternal('PUT', `/account/${USER}/budgets/canary-budget`, terms)
  await service.asInternal('POST', '/deduct', { user_id: USER, amount: 5 })
  const events = async () =>
    (await service.asAdmin('GET', '/api/events?limit=200')).body.data as Told[]
  const isTold = async () => {
    const types = (await events()).map(({ type }) => type)
    const charges = types.filter((type) => type === 'funds.deducted')
    return charges.length === 2 && types.includes('budget.threshold')
  }
  assert.ok(await eventually(isTold, 10_000))
  const { length } = await events()
  await receiver.until(length)
  const unlock = await lockRows(
    service.database,
    'select seq from transfers where seq = 1 for update',
  )
  try {
    assert.equal((await erase(service)).status, 202)
    const shown = [
      `/transfers/${charged.transfer_id}`,
      `/holds/${hold.hold_id}`,
      '/transfers',
      '/holds',
      '/accounts',
    ]
    for (const path of shown) {
      const { status, body } = await ask(path)
      assert.equal(status, 200, path)
      assert.doesNotMatch(JSON.stringify(body), /canary/, path)
    }
    for (const said of [
      'reference=canary-reference',
      'reason=canary-reason',
      `idempotency_key=${key}`,
    ]) {
      const { body } = await ask(`/transfers?${said}`)
      assert.deepEqual(body, { data: [], next_cursor: null }, said)
    }
    const logged = await service.asAdmin('GET', '/api/audit?limit=200')
    assert.doesNotMatch(JSON.stringify(logged.body), /canary/)
    const about = (logged.body.data as { subject: string; ip: string | null }[]).filter(
      ({ subject }) => subject.startsWith('acct_'),
    )
    assert.ok(about.length >= length)
    for (const { ip } of about) assert.match(ip ?? 'sha256:', /^sha256:/)
    const told = await events()
    assert.ok(told.length >= length)
    assert.doesNotMatch(JSON.stringify(told), /canary/)
    const passed = told.find(({ type }) => type === 'budget.threshold')
    assert.deepEqual([passed?.data['user_id'], passed?.data['budget_id']], [null, null])
    const replay = `/api/webhook-endpoints/${endpoint.body.endpoint.endpoint_id}/replay`
    assert.equal((await service.asAdmin('POST', replay, { from_seq: 1 })).status, 202)
    assert.ok(await eventually(() => receiver.received.length >= 2 * length, 15_000))
    assert.doesNotMatch(JSON.stringify(receiver.received.slice(length)), /canary/)
  } finally {
    await unlock()
  }
  assert.ok(await eventually(() => isOver(service), 30_000))
  const isErased = async () => (await events()).some(({ type }) => type === 'account.erased')
  assert.ok(await eventually(isErased, 10_000))
  const ended = (await events()).slice(length)
  assert.ok(ended.some(({ data }) => data['kind'] === 'forfeit'))
  for (const { type, data } of ended) {
    assert.deepEqual([data['user_id'], data['asset']], [null, 'USD/2'], type)
  }
})

test('the same of a customer', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const { customerId, apiKey } = await createCustomer(service, { email: EMAIL })
  const report = { metrics: { calls: 1 }, instance_id: 'canary-instance' }
  const call = asCustomer(service, apiKey)
  assert.equal((await call('POST', '/api/usage/report', report)).status, 201)
  const path = `/api/customers/${customerId}`
  const session = { id: 'cs_1', client_reference_id: customerId, customer_email: EMAIL }
  await query(
    service.database,
    `insert into stripe_events (id, type, livemode, created_at, payload)
     values ('evt_1', 'checkout.session.expired', false, now(), $1::text::jsonb)`,
    [JSON.stringify({ id: 'evt_1', data: { object: session } })],
  )
  const event = async () => (await service.asAdmin('GET', '/api/stripe/events/evt_1')).body
  assert.equal((await event()).payload.data.object.customer_email, EMAIL)
  const unlock = await lockRows(service.database, 'select 1 from usage_reports for update')
  try {
    const erased = await service.asAdmin('DELETE', path)
    const expected = { customer_id: customerId, status: 'erasing' }
    assert.deepEqual([erased.status, erased.body], [202, expected])
    const again = await service.asAdmin('DELETE', path)
    assert.deepEqual([again.status, again.body], [202, expected])
    assertRefused(await service.asAdmin('GET', path), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('GET', `${path}/export`), 'CUSTOMER_NOT_FOUND')
    assert.notEqual((await call('POST', '/api/usage/report', report)).status, 201)
    assert.deepEqual(await records(service, 'customer.erased'), [])
    assert.doesNotMatch(JSON.stringify(await event()), /canary/)
  } finally {
    await unlock()
  }
  assert.ok(await eventually(() => isOver(service), 30_000))
  const [record] = await records(service, 'customer.erased')
  assert.deepEqual(record?.metadata, { keys_revoked: 1, licenses_revoked: 0 })
  assertRefused(await service.asAdmin('DELETE', path), 'CUSTOMER_NOT_FOUND')
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  await assertAuditSound(service)
})

test('killed between any two pages it goes on, and everything verifies in between', async (t) => {
  counts(t, {
    promise: '18',
    what: 'Rows of an erasure that is killed between its pages',
    trials: scaled(50_000, 1_500, 20_000),
  })
  const service = await startService(t)
  await openAccount(service)
  // Pages of holds to end, and then of their movements to forget.
  const holds = scaled(50_000, 1_500, 20_000)
  await service.asInternal('POST', '/top_up', { user_id: USER, amount: holds, ...NOTES })
  await addLapsedHolds(service.database, USER, holds)
  const [account] = await query<{ id: string }[]>(
    service.database,
    `select id::text from accounts where user_id = '${USER}'`,
  )
  const unlock = await lockRows(
    service.database,
    'select seq from transfers where seq = 1 for update',
  )
  const erased = await erase(service).finally(() => void unlock())
  assert.equal(erased.status, 202)
  const [erasure] = await query<{ id: string }[]>(service.database, 'select id::text from erasures')
  assert.ok(erasure && account)

  let kills = 0
  for (let turn = 0; !(await isOver(service)); turn++) {
    const resumed = service.app.erasures.resume(BigInt(erasure.id)).catch(() => undefined)
    await query(service.database, `select pg_sleep(${(turn % 7) / 50})`)
    const killed = await query(
      service.database,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'strongroom erasures' and datname = current_database()",
    )
    kills += killed.length
    if (turn % 5 === 0) await assertSound(service.database)
    if (turn >= 12) await resumed
  }
  assert.ok(kills > 3)
  await assertSound(service.database)
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
  assert.equal((await records(service, 'account.erased')).length, 1)
  const [left] = await query<{ n: number; largest: number }[]>(
    service.database,
    `select (select count(*)::int from transfers where details_commitment is null) as n,
      (select max(cardinality(account_ids)) from audit_records) as largest`,
  )
  assert.equal(left?.n, 0)
  assert.ok((left?.largest ?? 0) <= 501)
})

test('ten erasures at once among charges of others: one happens, and all are answered', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'bob', amount: 1_000 })
  const answers = await inParallel(60, 30, async (index) => {
    if (index % 6 === 0) {
      const { status } = await erase(service)
      // One that did not get the account's lock within its second is repeated, as its answer says.
      return [index, status === 503 ? (await erase(service)).status : status]
    }
    const user = index % 2 ? USER : 'bob'
    const { status } = await service.asInternal('POST', '/deduct', { user_id: user, amount: 1 })
    return [index, status]
  })
  const of = (wanted: (index: number) => boolean) =>
    new Set(answers.filter(([index]) => wanted(index ?? 0)).map(([, status]) => status))
  const erasures = of((index) => index % 6 === 0)
  assert.ok(
    [...erasures].every((status) => [200, 202, 404].includes(status ?? 0)),
    [...erasures].join(),
  )
  assert.deepEqual([...of((index) => index % 6 !== 0 && index % 2 === 0)], [200])
  const charges = of((index) => index % 2 === 1)
  assert.ok(
    [...charges].every((status) => [200, 404].includes(status ?? 0)),
    [...charges].join(),
  )
  if (!(await isOver(service))) {
    const [row] = await query<{ id: string }[]>(service.database, 'select id::text from erasures')
    await service.app.erasures.resume(BigInt(row?.id ?? 0))
  }
  assert.equal((await records(service, 'account.erased')).length, 1)
  await assertSound(service.database)
  assert.deepEqual(await findTexts(service.database, TEXTS), [])
})

test('an erasure that had not begun when its caller was told so never begins', async (t) => {
  const service = await startService(t)
  await openAccount(service)
  const { customerId } = await createCustomer(service, { email: EMAIL })
  const path = `/api/customers/${customerId}`
  const release = await holdErasures(service)
  const answers = await Promise.all([erase(service), service.asAdmin('DELETE', path)])
  for (const answer of answers) assertRefused(answer, 'TIMEOUT')
  await release()
  await settled(service)
  assert.equal((await service.asInternal('GET', `/account/${USER}`)).status, 200)
  assert.equal((await service.asAdmin('GET', path)).status, 200)
  assert.ok(await isOver(service))
})

test('an erasure finds rows that are changed or deleted while it waits for them', async (t) => {
  const service = await startService(t)
  const { database } = service
  for (const [table, change] of [
    ['usage_meter_sums', 'update usage_meter_sums set value = value'],
    // As retention does; the customer has reports for more than a page.
    ['usage_reports', "delete from usage_reports where report_id = 'report 300'"],
  ] as const) {
    const { customerId } = await createCustomer(service, { email: EMAIL })
    await query(
      database,
      `insert into usage_meter_sums (customer_id, event_name, value, stripe_customer_id)
       values ('${customerId}', 'api', 0.5, 'cus_canary');
       insert into usage_reports
       select '${customerId}', 'report ' || n, 'canary-instance', now(), now(), '{"calls":1}', sha256('1')
       from generate_series(1, 700) n`,
    )
    const { commit } = await lock(t, service, change)
    const erased = eraseWholly(service, customerId)
    assert.ok(await waitForLocks(database), table)
    await commit()
    await erased
    assert.deepEqual(await findTexts(database, [...TEXTS, 'cus_canary']), [], table)
  }
})

test('usage that goes back to its hour during an erasure is erased too', async (t) => {
  const service = await startService(t)
  const { app, database } = service
  const { customerId } = await createCustomer(service, { email: EMAIL })
  // A correction has taken a part of an event back, and the job is to put the rest back.
  await query(
    database,
    `insert into usage_meter_sums (customer_id, event_name, value, stripe_customer_id)
     values ('${customerId}', 'api', 0.5, 'cus_canary');
     insert into usage_meter_events (customer_id, event_name, value, at, taken_back, stripe_customer_id)
     values ('${customerId}', 'api', 5, date_trunc('hour', now() - interval '2 hours'), 1, 'cus_canary')`,
  )
  const { commit } = await lock(t, service, 'update usage_meter_sums set value = value')
  const erased = eraseWholly(service, customerId)
  assert.ok(await waitForLocks(database))
  const job = { isOver: false }
  const cancelled = cancelMeterEvents(app, app.stripe()).finally(() => (job.isOver = true))
  const isOverOrWaits = async () => job.isOver || (await locksWaitedFor(database)) > 1
  assert.ok(await eventually(isOverOrWaits, 15_000))
  await commit()
  await Promise.all([erased, cancelled])
  await sendMeterEvents(app)
  assert.deepEqual(await findTexts(database, ['cus_canary']), [])
})
