import assert from 'node:assert/strict'
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { eventually } from '../support/processes.ts'
import { type Received, startReceiver } from '../support/receiver.ts'
import { query } from '../support/tables.ts'
import { type Service, startService } from '../support/service.ts'

interface Made {
  endpoint: { endpoint_id: string; public_key: string; status: string; url: string }
  secret: string
}

async function make(service: Service, url: string, events: string[]): Promise<Made> {
  const made = await service.asAdmin('POST', '/api/webhook-endpoints', { url, events })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body as Made
}

async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await eventually(condition, 20_000))
}

async function openAccount(service: Service, userId: string) {
  const body = { user_id: userId, tier: 'pro' }
  const made = await service.asInternal('POST', '/account', body)
  assert.equal(made.status, 201, JSON.stringify(made.body))
}

const move = async (service: Service, path: string, body: object) => {
  const answer = await service.asInternal('POST', path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
  return answer.body
}

/** Whether the signatures of a message are those of these secrets and this key, one each, in this order. */
function isSigned(message: Received, secrets: readonly string[], publicKey: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': header } = message.headers
  const content = `${id}.${at}.${message.body}`
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(6), 'base64')
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
  })
  const given = header?.split(' ') ?? []
  const x = Buffer.from(publicKey.slice(5), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const last = Buffer.from(given.at(-1)?.slice(4) ?? '', 'base64')
  return (
    given.slice(0, -1).join(' ') === expected.join(' ') &&
    verify(null, Buffer.from(content), key, last)
  )
}

test('events arrive signed, numbered without a gap, and can be pulled', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t)
  const { endpoint, secret } = await make(service, receiver.url, ['*'])
  const deducts = await startReceiver(t)
  const second = await make(service, deducts.url, ['funds.*', 'customer.created'])

  const customer = await service.asAdmin('POST', '/api/customers', {
    company_name: 'Example Ltd',
    email: 'billing@example.com',
  })
  assert.equal(customer.status, 201, JSON.stringify(customer.body))
  await openAccount(service, 'u-1')
  const terms = { low_balance_at: 100, credit_limit: 500 }
  assert.equal((await service.asInternal('PATCH', '/account/u-1', terms)).status, 200)
  await move(service, '/top_up', { user_id: 'u-1', amount: 300 })
  const charged = await move(service, '/deduct', { user_id: 'u-1', amount: 250 })
  await move(service, '/deduct', { user_id: 'u-1', amount: 100 })
  await move(service, '/refund', { transfer_id: charged.transfer_id, amount: 50 })

  const types = [
    'customer.created',
    'api_key.created',
    'account.created',
    'account.updated',
    'funds.topped_up',
    'funds.low_balance',
    'funds.negative',
    'funds.refunded',
  ]
  await receiver.until(types.length)
  assert.deepEqual(
    receiver.received.map(({ event }) => event.seq),
    types.map((_, index) => index + 1),
  )
  assert.deepEqual(new Set(receiver.received.map(({ event }) => event.type)), new Set(types))
  for (const message of receiver.received) {
    assert.ok(isSigned(message, [secret], endpoint.public_key))
    assert.deepEqual(Object.keys(message.event), ['type', 'timestamp', 'seq', 'data'])
    assert.equal(message.headers['content-type'], 'application/json')
  }
  // Charges come only to those who name them.
  await deducts.until(7)
  const named = deducts.received.map(({ event }) => event.type)
  assert.equal(named.filter((type) => type === 'funds.deducted').length, 2)
  assert.ok(!named.includes('account.created') && named.includes('customer.created'))
  assert.deepEqual(
    deducts.received.map(({ event }) => event.seq),
    [1, 2, 3, 4, 5, 6, 7],
  )
  assert.ok(isSigned(deducts.received[0] as Received, [second.secret], endpoint.public_key))

  const topUp = receiver.received.find(({ event }) => event.type === 'funds.topped_up')?.event
  const { audit, ...data } = topUp.data
  assert.deepEqual(data, {
    user_id: 'u-1',
    asset: 'USD/2',
    transfer_id: data.transfer_id,
    kind: 'top_up',
    amount: 300,
    balance: 300,
    available: 800,
    target_id: null,
  })
  // Its place in the log leads to a proof of its record.
  const place = `index=${audit.index}&size=${audit.checkpoint_size}`
  assert.equal((await service.asAdmin('GET', `/api/audit/proof?${place}`)).status, 200)
  const log = await service.asAdmin('GET', `/api/audit?event=funds.topped_up`)
  assert.equal(log.body.data[0].seq, audit.index)

  // The same events, pulled: one sequence, without a gap, with the ids that were sent.
  const pulled = await service.asAdmin('GET', '/api/events?limit=200')
  const seqs = pulled.body.data.map(({ seq }: { seq: number }) => seq)
  assert.deepEqual(
    seqs,
    seqs.map((_: number, index: number) => index + 1),
  )
  const ids = new Set(pulled.body.data.map((one: { event_id: string }) => one.event_id))
  assert.equal(ids.size, seqs.length)
  assert.ok(receiver.received.every(({ headers }) => ids.has(headers['webhook-id'])))
  const own = await service.asAdmin('GET', `/api/events?endpoint_id=${endpoint.endpoint_id}`)
  assert.deepEqual(
    own.body.data.map(({ event_id: id, ...event }: { event_id: string }) => [id, event]),
    receiver.received.map(({ headers, event }) => [headers['webhook-id'], event]),
  )
  const from = await service.asAdmin('GET', '/api/events?from_seq=3&limit=2')
  assert.deepEqual(
    from.body.data.map(({ seq }: { seq: number }) => seq),
    [3, 4],
  )
  const next = await service.asAdmin(
    'GET',
    `/api/events?from_seq=3&limit=2&cursor=${from.body.next_cursor}`,
  )
  assert.deepEqual(
    next.body.data.map(({ seq }: { seq: number }) => seq),
    [5, 6],
  )
  const some = await service.asAdmin('GET', '/api/events?type=funds.deducted')
  assert.equal(some.body.data.length, 2)
  const subject = `/api/events?subject=${customer.body.customer.customer_id}`
  assert.equal((await service.asAdmin('GET', subject)).body.data.length, 2)
  const ofUser = await service.asAdmin('GET', '/api/events?subject=u-1')
  assert.ok(ofUser.body.data.length > 0)
  const users = ofUser.body.data.map((event: { data: { user_id: string } }) => event.data.user_id)
  assert.deepEqual(new Set(users), new Set(['u-1']))

  // An erased user is in no event any more.
  const erased = await service.asInternal('DELETE', '/account/u-1?force=true')
  assert.equal(erased.status, 200, JSON.stringify(erased.body))
  const after = await service.asAdmin('GET', '/api/events?type=funds.topped_up')
  assert.ok(after.body.data.length > 0)
  for (const { data: kept } of after.body.data) assert.equal(kept.user_id, null)
  const [kept] = await query<{ found: number }[]>(
    service.database,
    `select count(*)::int as found from events where user_id is not null or data::text like '%u-1%'`,
  )
  assert.equal(kept?.found, 0)

  const keys = await service.call('GET', '/.well-known/events-jwks.json')
  assert.equal(keys.body.keys[0].kty, 'OKP')
  const x = Buffer.from(keys.body.keys[0].x as string, 'base64url').toString('base64')
  assert.equal(`whpk_${x}`, endpoint.public_key)
})

test('failures come again; off, on, rotated, replayed, gone and deleted', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const receiver = await startReceiver(t)
  const { endpoint, secret } = await make(service, receiver.url, ['*'])
  const path = `/api/webhook-endpoints/${endpoint.endpoint_id}`
  const deliveries = async (status = '') =>
    (await service.asAdmin('GET', `${path}/deliveries${status && `?status=${status}`}`)).body.data

  // The first attempt of the second fails: later ones do not wait for it, and it comes again.
  let failures = 0
  receiver.answer(({ event }, response) => {
    const fails = event.seq === 2 && failures++ === 0
    response.writeHead(fails ? 500 : 200).end('x'.repeat(5_000))
  })
  for (let n = 1; n <= 4; n++) await openAccount(service, `u-${n}`)
  await receiver.until(4)
  await settled(async () => (await deliveries('delivered')).length === 4)
  const firsts = receiver.received.map(({ event }) => event.seq)
  assert.deepEqual(firsts, [1, 2, 3, 4, 2])
  const [first, again] = receiver.received.filter(({ event }) => event.seq === 2)
  assert.ok(first !== undefined && again !== undefined)
  assert.ok(again.at - first.at >= 4_900)
  assert.equal(again.headers['webhook-id'], first.headers['webhook-id'])
  assert.ok(isSigned(again, [secret], endpoint.public_key))
  const retried = (await deliveries()).find(({ seq }: { seq: number }) => seq === 2)
  assert.deepEqual(
    retried.attempts.map((one: { status: number; error: string | null }) => [
      one.status,
      one.error,
    ]),
    [
      [500, 'status'],
      [200, null],
    ],
  )

  // Rotated with an overlap: both sign.
  const rotated = await service.asAdmin('POST', `${path}/rotate`, { overlap_seconds: 60 })
  assert.equal(rotated.status, 200)
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 202)
  await receiver.until(5)
  const ping = receiver.received.at(-1) as Received
  assert.equal(ping.event.type, 'test.ping')
  assert.ok(isSigned(ping, [rotated.body.secret, secret], endpoint.public_key))
  const last = await service.asAdmin('POST', `${path}/rotate`, {})
  await service.asAdmin('POST', `${path}/test`)
  await receiver.until(6)
  const signed = isSigned(
    receiver.received.at(-1) as Received,
    [last.body.secret],
    endpoint.public_key,
  )
  assert.ok(signed)

  // Off: what happens is numbered and parked; on again: only what is new comes, and the rest by replay.
  const off = await service.asAdmin('PATCH', path, { status: 'disabled' })
  assert.equal(off.body.disabled_reason, 'operator')
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 409)
  await openAccount(service, 'u-5')
  await settled(async () => (await deliveries('parked')).length >= 1)
  const on = await service.asAdmin('PATCH', path, { status: 'active' })
  assert.equal(on.body.status, 'active')
  await openAccount(service, 'u-6')
  await receiver.until(7)
  const parked = await deliveries('parked')
  const seen = new Set(receiver.received.map(({ event }) => event.seq))
  assert.ok(parked.every(({ seq }: { seq: number }) => !seen.has(seq)))
  const [one] = parked
  const single = await service.asAdmin('POST', `${path}/replay`, { delivery_id: one.delivery_id })
  assert.equal(single.status, 202)
  await settled(() => receiver.received.some(({ event }) => event.seq === one.seq))
  await settled(async () => {
    const delivered: { seq: number }[] = await deliveries('delivered')
    return delivered.some(({ seq }) => seq === one.seq)
  })
  const count = receiver.received.length
  assert.equal((await service.asAdmin('POST', `${path}/replay`, { from_seq: 1 })).status, 202)
  const total = Number((await deliveries())[0].seq)
  await settled(() => receiver.received.length >= count + total)
  const replayed = receiver.received.slice(count).map(({ event }) => event.seq)
  assert.deepEqual(
    replayed,
    Array.from({ length: total }, (_, index) => index + 1),
  )

  // Refused.
  for (const [status, call, body] of [
    [404, `${path}/replay`, { delivery_id: 'dlv_999_1' }],
    [404, `${path}/replay`, { delivery_id: one.delivery_id.replace(/\d+$/, '999') }],
    [400, `${path}/replay`, {}],
    [400, `${path}/replay`, { from_seq: 1, delivery_id: one.delivery_id }],
    [400, `${path}/rotate`, { overlap_seconds: -1 }],
    [404, '/api/webhook-endpoints/we_0000000000000000/test', undefined],
    [400, '/api/webhook-endpoints', { url: receiver.url, events: ['no.such'] }],
    [400, '/api/webhook-endpoints', { url: receiver.url, events: ['nothing.*'] }],
    [400, '/api/webhook-endpoints', { url: receiver.url, events: [] }],
  ] as const) {
    assert.equal((await service.asAdmin('POST', call, body)).status, status, call)
  }

  // 410: it is gone. The others are told.
  const other = await startReceiver(t)
  await make(service, other.url, ['endpoint.*'])
  receiver.answer((_, response) => void response.writeHead(410).end())
  await openAccount(service, 'u-7')
  await other.until(1)
  assert.deepEqual(other.received[0]?.event.data, {
    endpoint_id: endpoint.endpoint_id,
    reason: 'gone',
  })
  assert.equal((await service.asAdmin('GET', path)).body.disabled_reason, 'gone')
  // The answer is listed, though the endpoint was disabled before it was noted.
  const statuses = async () => {
    const { body } = await service.asAdmin('GET', `${path}/deliveries?status=failed`)
    const lists = body.data.map(({ attempts }: { attempts: { status: number }[] }) => attempts)
    return lists.flat().map(({ status }: { status: number }) => status)
  }
  assert.ok(await eventually(async () => (await statuses()).includes(410), 5_000))

  assert.equal((await service.asAdmin('DELETE', path)).status, 204)
  assert.equal((await service.asAdmin('GET', path)).status, 404)
  assert.equal((await service.asAdmin('GET', `${path}/deliveries`)).status, 404)
})

test('budgets, grants and their ends are told', async (t: TestContext) => {
  const service = await startService(t)
  await openAccount(service, 'u-1')
  await move(service, '/top_up', { user_id: 'u-1', amount: 10_000 })
  const budget = { amount: 1_000, window: 'month', alert_at: [50, 80] }
  const put = (id: string, body: object) =>
    service.asInternal('PUT', `/account/u-1/budgets/${id}`, body)
  assert.equal((await put('soft', { ...budget, mode: 'soft' })).status, 200)
  assert.equal((await put('hard', { ...budget, amount: 1_500, alert_at: [] })).status, 200)
  await move(service, '/deduct', { user_id: 'u-1', amount: 600 })
  await move(service, '/deduct', { user_id: 'u-1', amount: 500 })
  for (let n = 0; n < 2; n++) {
    const refused = await service.asInternal('POST', '/deduct', { user_id: 'u-1', amount: 900 })
    assert.equal(refused.body.code, 'BUDGET_EXCEEDED')
  }
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString()
  const later = new Date(Date.now() + 30 * 86_400_000).toISOString()
  await move(service, '/grants', { user_id: 'u-1', amount: 100, expires_at: later })
  const grant = await move(service, '/grants', { user_id: 'u-1', amount: 100, expires_at: soon })
  const job = service.app.jobs.all.find(({ name }) => name === 'tell_of_expiring_grants')
  for (let n = 0; n < 2; n++) await job?.run({}, { attempt: 1, isLast: true })

  const told = async () => {
    const { body } = await service.asAdmin('GET', '/api/events?limit=200')
    return (body.data as { type: string; data: Record<string, unknown> }[]).filter(({ type }) =>
      /^(budget|grant)\./.test(type),
    )
  }
  await settled(async () => (await told()).length === 5)
  const events = await told()
  assert.deepEqual(
    new Set(
      events.map(({ type, data }) =>
        [type, data['budget_id'] ?? data['grant_id'], data['percent'] ?? '-'].join(' '),
      ),
    ),
    new Set([
      'budget.exceeded hard -',
      'budget.exceeded soft -',
      'budget.threshold soft 50',
      'budget.threshold soft 80',
      `grant.expiring ${grant.grant_id} -`,
    ]),
  )
  assert.ok(events.every(({ data }) => data['user_id'] === 'u-1' && data['asset'] === 'USD/2'))
})

test('without a key no endpoint is made', async (t) => {
  const service = await startService(t, { EVENTS_KEY_PATH: undefined })
  const body = { url: 'https://app.example.com/', events: ['*'] }
  const refused = await service.asAdmin('POST', '/api/webhook-endpoints', body)
  assert.equal(refused.status, 503)
  assert.equal(refused.body.code, 'EVENTS_KEY_MISSING')
  const keys = await service.call('GET', '/.well-known/events-jwks.json')
  assert.deepEqual(keys.body, { keys: [] })
})
