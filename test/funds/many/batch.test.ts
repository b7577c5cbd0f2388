import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSound } from '../../support/ledger.ts'
import { assertRefused } from '../../support/refusals.ts'
import { type Answer, type Service, startService } from '../../support/service.ts'
import { issue } from '../../support/tokens.ts'

type Item = Record<string, unknown>

async function openAccounts(service: Service, users: Record<string, number>): Promise<void> {
  for (const [user_id, amount] of Object.entries(users)) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    if (amount > 0) await service.asInternal('POST', '/top_up', { user_id, amount })
  }
}

const send = (service: Service, transfers: unknown, more: object = {}) =>
  service.asInternal('POST', '/transfers/batch', { transfers, ...more })

const codes = ({ body }: Answer): unknown[] =>
  body.results.map((one: { status: number; body: Item }) => one.body['code'] ?? one.status)

const balanceOf = async (service: Service, user: string) => {
  const { body } = await service.asInternal('GET', `/balance/${user}`)
  return body.balance as number
}

/** The call that an item stands for, alone. */
function alone(service: Service, { op, hold_id: holdId, ...body }: Item): Promise<Answer> {
  const path =
    op === 'hold'
      ? '/holds'
      : holdId === undefined
        ? `/${String(op)}`
        : `/holds/${holdId as string}/${String(op)}`
  return service.asInternal('POST', path, body)
}

/** Without what no two calls have in common. */
function comparable(body: Item): Item {
  const ours = ['request_id', 'created_at', 'expires_at', 'transfer_id', 'hold_id']
  return Object.fromEntries(Object.entries(body).filter(([name]) => !ours.includes(name)))
}

test('each transfer has the result that its call alone would have', async (t) => {
  const [batched, single] = await Promise.all([startService(t), startService(t)])
  const prepared = async (service: Service) => {
    await openAccounts(service, { ada: 10_000, bob: 50, cold: 100 })
    await service.asInternal('PATCH', '/account/cold', { status: 'frozen' })
    const post = async (path: string, body: object) =>
      (await service.asInternal('POST', path, body)).body
    const charge = await post('/deduct', { user_id: 'ada', amount: 400 })
    const hold = await post('/holds', { user_id: 'ada', amount: 300 })
    const other = await post('/holds', { user_id: 'ada', amount: 200 })
    await post('/deduct', { user_id: 'ada', amount: 7, idempotency_key: 'known' })
    return { charge: charge.transfer_id, hold: hold.hold_id, other: other.hold_id }
  }
  const [ids, idsAlone] = await Promise.all([prepared(batched), prepared(single)])
  assert.deepEqual(ids, idsAlone)
  const items: Item[] = [
    {
      op: 'deduct',
      user_id: 'ada',
      amount: 100,
      reason: 'x',
      reference: 'r',
      metadata: { a: [1] },
    },
    { op: 'top_up', user_id: 'bob', amount: 5, idempotency_key: 'top' },
    { op: 'refund', transfer_id: ids.charge, amount: 150 },
    { op: 'refund', transfer_id: ids.charge, amount: 251 },
    { op: 'hold', user_id: 'bob', amount: 55, expires_in_s: 60 },
    { op: 'hold', user_id: 'bob', amount: 1 },
    { op: 'capture', hold_id: ids.hold, amount: 120 },
    { op: 'capture', hold_id: ids.hold, amount: 121 },
    { op: 'release', hold_id: ids.other },
    { op: 'capture', hold_id: 'hold_9999_1' },
    { op: 'deduct', user_id: 'nobody', amount: 1 },
    { op: 'deduct', user_id: 'cold', amount: 1 },
    { op: 'deduct', user_id: 'ada', amount: 7, idempotency_key: 'known' },
    { op: 'deduct', user_id: 'ada', amount: 8, idempotency_key: 'known' },
    { op: 'top_up', user_id: 'bob', amount: 5, idempotency_key: 'top' },
    { op: 'deduct', user_id: 'ada', amount: 0 },
    { op: 'deduct', user_id: 'ada', amount: '5' },
    { op: 'deduct', user_id: 'ada', amount: 5, unknown: 1 },
    { op: 'deduct', user_id: 'a b', amount: 0, reason: '' },
    { op: 'deduct', user_id: 'ada' },
    { op: 'hold', user_id: 'ada', amount: 5, expires_in_s: 0 },
    { op: 'refund', transfer_id: 'tr_0' },
    { op: 'capture', hold_id: 'hold_0', amount: 'x' },
    { op: 'deduct', user_id: 'ada', amount: 5, idempotency_key: 'with space' },
    { op: 'deduct', user_id: 'ada', amount: 5, metadata: { x: 'y'.repeat(70_000) } },
  ]
  const answer = await send(batched, items)
  assert.equal(answer.status, 200)
  assert.equal(answer.body.results.length, items.length)
  for (const [index, item] of items.entries()) {
    const about = JSON.stringify(item).slice(0, 100)
    const expected = await alone(single, item)
    const result = answer.body.results[index]
    assert.equal(result.status, expected.status, about)
    assert.deepEqual(comparable(result.body), comparable(expected.body), about)
    assert.equal(result.replayed === true, expected.headers.get('idempotent-replayed') === 'true')
    if (result.status >= 400)
      assert.equal(result.body.request_id, answer.headers.get('x-request-id'))
  }
  assert.deepEqual(codes(answer).slice(-6), [
    'VALIDATION_FAILED',
    'VALIDATION_FAILED',
    'VALIDATION_FAILED',
    'VALIDATION_FAILED',
    'VALIDATION_FAILED',
    'PAYLOAD_TOO_LARGE',
  ])
  for (const user of ['ada', 'bob', 'cold']) {
    assert.equal(await balanceOf(batched, user), await balanceOf(single, user))
  }
  // A key made in one repeats in the other.
  const again = await alone(batched, items[1] ?? {})
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.deepEqual(again.body, answer.body.results[1].body)
  await assertSound(batched.database)
})

test('what is no item is a result, and what is no list refuses the batch', async (t) => {
  const service = await startService(t)
  await openAccounts(service, { ada: 1_000 })
  const good = { op: 'deduct', user_id: 'ada', amount: 1 }
  const text = (transfers: string, more = '') =>
    service.asInternal('POST', '/transfers/batch', `{"transfers":${transfers}${more}}`)

  await t.test('of an item, as it would be alone', async () => {
    const deep = `{"op":"deduct","user_id":"ada","amount":1,"metadata":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`
    const depth30 = `{"op":"deduct","user_id":"ada","amount":1,"metadata":{"a":${'['.repeat(30)}${']'.repeat(30)}}}`
    const answer = await text(
      `[5, null, "x", [], {}, {"op":"steal"}, {"op":1}, {"op":"capture","amount":1},
        {"op":"toString"}, {"op":"deduct","user_id":"ada","amount":9007199254740993},
        {"op":"deduct","op":"deduct","user_id":"ada","amount":1},
        {"op":"deduct","user_id":"ada","amount":1,"reason":"\\u0000"},
        {"op":"deduct","user_id":"ada","amount":1,"metadata":{"__proto__":1}},
        ${deep}, ${depth30}, ${JSON.stringify(good)}]`,
    )
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(codes(answer), [
      ...Array<string>(9).fill('VALIDATION_FAILED'),
      ...Array<string>(5).fill('MALFORMED_JSON'),
      200,
      200,
    ])
    const [, , , , , steal, , capture] = answer.body.results
    assert.equal(steal.body.details[0].path, '/op')
    assert.deepEqual(capture.body.details, [{ path: '/hold_id', message: 'is required' }])
  })

  await t.test('of the list, as a whole, and nothing moves', async () => {
    const before = await balanceOf(service, 'ada')
    const item = JSON.stringify(good)
    for (const [body, code] of [
      ['{}', 'VALIDATION_FAILED'],
      ['{"transfers":[]}', 'VALIDATION_FAILED'],
      ['{"transfers":{}}', 'VALIDATION_FAILED'],
      ['{"transfers":null}', 'VALIDATION_FAILED'],
      [`{"transfers":[${Array<string>(1_001).fill(item).join()}]}`, 'VALIDATION_FAILED'],
      [`{"transfers":[${item}],"more":1}`, 'VALIDATION_FAILED'],
      [`{"transfers":[${item}],"atomic":"yes"}`, 'VALIDATION_FAILED'],
      [`{"transfers":[${item},]}`, 'MALFORMED_JSON'],
      [`{"transfers":[,${item}]}`, 'MALFORMED_JSON'],
      [`{"transfers":[${item},{"op":}]}`, 'MALFORMED_JSON'],
      [`{"transfers":[${item}`, 'MALFORMED_JSON'],
      [`{"transfers":[${item}]} x`, 'MALFORMED_JSON'],
      [`{"transfers":[${item}],"transfers":[${item}]}`, 'MALFORMED_JSON'],
      [`{"trans\\u0066ers":[${item}],"transfers":[${item}]}`, 'MALFORMED_JSON'],
      [`{"a":"${'x'.repeat(70_000)}","transfers":[${item}]}`, 'MALFORMED_JSON'],
      [`[${item}]`, 'VALIDATION_FAILED'],
    ] as const) {
      const answer = await service.asInternal('POST', '/transfers/batch', body)
      assertRefused(answer, code, body.slice(0, 80))
    }
    const huge = `{"transfers":[${item}${' '.repeat(4_194_304)}]}`
    assertRefused(await service.asInternal('POST', '/transfers/batch', huge), 'PAYLOAD_TOO_LARGE')
    const headers = { 'idempotency-key': 'batch' }
    const keyed = await service.asInternal(
      'POST',
      '/transfers/batch',
      { transfers: [good] },
      headers,
    )
    assertRefused(keyed, 'VALIDATION_FAILED')
    assert.equal(await balanceOf(service, 'ada'), before)
    const escaped = await service.asInternal(
      'POST',
      '/transfers/batch',
      `{"trans\\u0066ers":[${item}]}`,
    )
    assert.deepEqual(codes(escaped), [200])
  })

  await t.test('a thousand, of four megabytes', async () => {
    const metadata = { x: 'y'.repeat(3_900) }
    const items = Array.from({ length: 1_000 }, () => ({ ...good, metadata }))
    await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 10_000 })
    const before = await balanceOf(service, 'ada')
    const answer = await send(service, items)
    assert.deepEqual(new Set(codes(answer)), new Set([200]))
    assert.equal(await balanceOf(service, 'ada'), before - 1_000)
    const ids = answer.body.results.map(({ body }: { body: Item }) => body['transfer_id'])
    assert.equal(new Set(ids).size, 1_000)
    // In order: each has the balance after the one before.
    const balances = answer.body.results.map(({ body }: { body: Item }) => body['balance'])
    assert.deepEqual(
      balances,
      Array.from({ length: 1_000 }, (_, index) => before - 1 - index),
    )
  })
  await assertSound(service.database)
})

test('each transfer needs the permission of its own call, and counts towards the caps', async (t) => {
  const service = await startService(t)
  await openAccounts(service, { ada: 1_000 })
  const items = [
    { op: 'deduct', user_id: 'ada', amount: 60 },
    { op: 'top_up', user_id: 'ada', amount: 60 },
    { op: 'hold', user_id: 'ada', amount: 'not looked at' },
    { op: 'deduct', user_id: 'ada', amount: 60 },
    { op: 'deduct', user_id: 'ada', amount: 30 },
    { op: 'deduct', user_id: 'ada', amount: 101 },
  ]
  const wanted = { scope: 'internal', amount_max: 100, daily_amount_max: 100 } as const
  const { call } = await issue(service, { ...wanted, permissions: ['funds:deduct'] })
  const answer = await call('POST', '/transfers/batch', { transfers: items })
  assert.deepEqual(codes(answer), [
    200,
    'PERMISSION_DENIED',
    'PERMISSION_DENIED',
    'AMOUNT_NOT_ALLOWED',
    200,
    'AMOUNT_NOT_ALLOWED',
  ])
  assert.equal(answer.body.results[1].status, 403)
  assert.equal(await balanceOf(service, 'ada'), 910)

  const next = await issue(service, { ...wanted, permissions: ['funds:deduct'] })
  const atomic = { transfers: [items[0], items[3]], atomic: true }
  const refused = await next.call('POST', '/transfers/batch', atomic)
  assert.deepEqual(codes(refused), ['BATCH_REFUSED', 'AMOUNT_NOT_ALLOWED'])
  const passed = { transfers: [items[0], items[4]], atomic: true }
  assert.equal((await next.call('POST', '/transfers/batch', passed)).status, 200)
  assert.deepEqual(codes(await next.call('POST', '/transfers/batch', passed)), [
    'AMOUNT_NOT_ALLOWED',
    'AMOUNT_NOT_ALLOWED',
  ])
  assert.equal(await balanceOf(service, 'ada'), 820)

  const reader = await issue(service, { scope: 'internal', permissions: ['accounts:read'] })
  const denied = await reader.call('POST', '/transfers/batch', { transfers: items })
  assert.deepEqual([denied.status, denied.body.code], [403, 'PERMISSION_DENIED'])
})
