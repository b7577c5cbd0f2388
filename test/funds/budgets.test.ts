import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { spanOf } from '../../src/funds/budgets/window.ts'
import { settableClock } from '../support/clock.ts'
import { counts } from '../support/counts.ts'
import { createDatabase } from '../support/database.ts'
import { assertSound } from '../support/ledger.ts'
import { assertRefused } from '../support/refusals.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const HOUR = 3_600_000

async function start(t: TestContext) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const setClock = await settableClock(database)
  const service = await startService(t, {}, database)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const post = (path: string, body: object = {}) =>
    service.asInternal('POST', path, { user_id: 'ada', ...body })
  const budgetPath = (id: string) => `/account/ada/budgets/${id}`
  return {
    service,
    setClock,
    post,
    act: (path: string, body: object = {}) => service.asInternal('POST', path, body),
    put: (id: string, body: object) => service.asInternal('PUT', budgetPath(id), body),
    remove: (id: string) => service.asInternal('DELETE', budgetPath(id)),
    read: async (id: string) => (await service.asInternal('GET', budgetPath(id))).body,
    used: async (id: string) => {
      const { used, remaining } = (await service.asInternal('GET', budgetPath(id))).body
      return [used, remaining]
    },
  }
}

test('windows begin and end by the clock of their time zone', () => {
  const span = (window: 'hour' | 'day' | 'week' | 'month', zone: string, at: string) => {
    const { start: from, end } = spanOf(window, zone, new Date(at))
    return [from.toISOString(), end?.toISOString()]
  }
  for (const [window, zone, at, from, end] of [
    // Clocks go forward, and the day has 23 hours; then back, and it has 25.
    ['day', 'Europe/Berlin', '2026-03-29T12:00Z', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00Z', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    // A midnight that does not exist.
    ['day', 'America/Sao_Paulo', '2018-11-04T12:00Z', '2018-11-04T03:00Z', '2018-11-05T02:00Z'],
    ['day', 'UTC', '2026-02-28T23:59:59.999Z', '2026-02-28T00:00Z', '2026-03-01T00:00Z'],
    // Sunday is of the week that began on Monday; Monday begins one.
    ['week', 'UTC', '2026-11-29T23:00Z', '2026-11-23T00:00Z', '2026-11-30T00:00Z'],
    ['week', 'UTC', '2026-11-30T00:00Z', '2026-11-30T00:00Z', '2026-12-07T00:00Z'],
    ['week', 'America/New_York', '2026-03-08T12:00Z', '2026-03-02T05:00Z', '2026-03-09T04:00Z'],
    ['month', 'Asia/Kolkata', '2026-01-31T19:00Z', '2026-01-31T18:30Z', '2026-02-28T18:30Z'],
    ['month', 'Europe/Berlin', '2026-03-15T00:00Z', '2026-02-28T23:00Z', '2026-03-31T22:00Z'],
    ['hour', 'Asia/Kolkata', '2026-01-01T00:10Z', '2025-12-31T23:30Z', '2026-01-01T00:30Z'],
    // An hour that a clock shows twice is two.
    ['hour', 'Europe/Berlin', '2026-10-25T00:30Z', '2026-10-25T00:00Z', '2026-10-25T01:00Z'],
    ['hour', 'Europe/Berlin', '2026-10-25T01:30Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
  ] as const) {
    const expected = [from, end].map((one) => new Date(one).toISOString())
    assert.deepEqual(span(window, zone, at), expected, `${window} ${zone} ${at}`)
  }
})

test('the count of a soft budget ends where its column does, and refuses nothing', async (t) => {
  const { put, post, used, service } = await start(t)
  await put('soft', { amount: 100, window: 'total', mode: 'soft' })
  await query(service.database, `update budgets set used = 9223372036854775800`)
  for (const amount of [5, 10]) assert.equal((await post('/deduct', { amount })).status, 200)
  const [count] = await used('soft')
  assert.equal(count, Number(2n ** 63n - 1n))
})

test('a hard budget refuses what would pass it, a soft one tells', async (t) => {
  const { put, post, used, service, read, remove } = await start(t)
  const made = await put('daily', { amount: 100, window: 'day' })
  assert.equal(made.status, 200)
  assert.deepEqual(
    { ...made.body, window_start: '', resets_at: '' },
    {
      budget_id: 'daily',
      user_id: 'ada',
      amount: 100,
      window: 'day',
      time_zone: 'UTC',
      match: { reference_prefix: null, reason: null },
      mode: 'hard',
      alert_at: [],
      made_in_portal: false,
      used: 0,
      remaining: 100,
      window_start: '',
      resets_at: '',
    },
  )
  await put('agent', { amount: 20, window: 'total', match: { reference_prefix: 'a_%/' } })
  await put('tokens', { amount: 5, window: 'month', mode: 'soft', match: { reason: 'tokens' } })
  assert.equal((await post('/deduct', { amount: 15, reference: 'a_%/1' })).status, 200)
  assert.equal(
    (await post('/deduct', { amount: 30, reference: 'abc/1', reason: 'tokens 2' })).status,
    200,
  )
  assert.equal((await post('/deduct', { amount: 30, reason: 'tokens' })).status, 200)
  assert.deepEqual(
    [await used('daily'), await used('agent'), await used('tokens')],
    [
      [75, 25],
      [15, 5],
      [30, -25],
    ],
  )
  const refused = await post('/deduct', { amount: 26, reference: 'a_%/2' })
  assertRefused(refused, 'BUDGET_EXCEEDED')
  assert.deepEqual(refused.body.details, { budget_id: 'agent', remaining: 5 })
  const other = await post('/holds', { amount: 26 })
  assert.deepEqual(other.body.details, { budget_id: 'daily', remaining: 25 })
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 925)
  assert.equal((await post('/deduct', { amount: 1_000 })).body.code, 'INSUFFICIENT_FUNDS')

  // Another amount keeps what is used; another match or window starts anew.
  assert.equal(
    (await put('daily', { amount: 60, window: 'day', mode: 'soft' })).body.remaining,
    -15,
  )
  assert.equal((await put('daily', { amount: 60, window: 'week' })).body.used, 0)
  const match = { reference_prefix: 'a_' }
  assert.equal((await put('agent', { amount: 20, window: 'total', match })).body.used, 0)
  assert.equal((await read('agent')).resets_at, null)

  const list = (await service.asInternal('GET', '/account/ada/budgets?limit=2')).body
  const next = await service.asInternal('GET', `/account/ada/budgets?cursor=${list.next_cursor}`)
  const ids = [...list.data, ...next.body.data].map((one: { budget_id: string }) => one.budget_id)
  // Newest first: what was changed since keeps its place.
  assert.deepEqual(ids, ['tokens', 'agent', 'daily'])
  // Of those that the previous version made, no time is known: they come last.
  await query(service.database, `update budgets set created_at = null where id <> 'agent'`)
  const seen: string[] = []
  for (let cursor = ''; ;) {
    const path = `/account/ada/budgets?limit=1${cursor && `&cursor=${cursor}`}`
    const { data, next_cursor } = (await service.asInternal('GET', path)).body
    seen.push(...data.map((one: { budget_id: string }) => one.budget_id))
    if (next_cursor === null) break
    cursor = next_cursor
  }
  assert.deepEqual(seen, ['agent', 'daily', 'tokens'])
  assert.equal((await remove('daily')).status, 204)
  assertRefused(await remove('daily'), 'BUDGET_NOT_FOUND')
  const events = await query(
    service.database,
    `select event, count(*)::int as count from audit_records where event like 'budget.%'
     group by event order by event`,
  )
  assert.deepEqual(
    events.map((one) => Object.values(one)),
    [
      ['budget.deleted', 1],
      ['budget.updated', 6],
    ],
  )
  await assertSound(service.database)
})

test('what is no budget is refused', async (t) => {
  const { put, service } = await start(t)
  const good = { amount: 1, window: 'day' }
  for (const wrong of [
    { amount: 0 },
    { window: 'year' },
    { time_zone: 'Mars/Olympus' },
    { time_zone: '+01:00' },
    { mode: 'firm' },
    { alert_at: [0] },
    { alert_at: [50, 50] },
    { match: { prefix: 'a' } },
    { used: 0 },
  ]) {
    const { status, body } = await put('x', { ...good, ...wrong })
    assert.deepEqual([status, body.code], [400, 'VALIDATION_FAILED'], JSON.stringify(wrong))
  }
  assert.equal((await put('a b', good)).status, 400)
  const path = '/account/eve/budgets/x'
  assertRefused(await service.asInternal('PUT', path, good), 'ACCOUNT_NOT_FOUND')
  assertRefused(await service.asInternal('GET', '/account/ada/budgets/x'), 'BUDGET_NOT_FOUND')
  for (let count = 0; count < 50; count++) assert.equal((await put(`b${count}`, good)).status, 200)
  assertRefused(await put('b50', good), 'TOO_MANY_BUDGETS')
  assert.equal((await put('b49', { ...good, amount: 2 })).body.amount, 2)
})

test('holds count whole, captures what they took, refunds in the window of their charge', async (t) => {
  const { put, post, act, used, setClock } = await start(t)
  // At the start of an hour, so that no window ends while this runs.
  const toNext = HOUR - (Date.now() % HOUR)
  await setClock(toNext)
  await put('hourly', { amount: 100, window: 'hour' })
  const charge = (await post('/deduct', { amount: 10 })).body.transfer_id
  const [first, second] = [
    await post('/holds', { amount: 60 }),
    await post('/holds', { amount: 20 }),
  ]
  const lapsing = await post('/holds', { amount: 10, expires_in_s: 600 })
  assert.equal(lapsing.status, 201)
  assert.deepEqual(await used('hourly'), [100, 0])
  assertRefused(await post('/deduct', { amount: 1 }), 'BUDGET_EXCEEDED')
  const captured = await act(`/holds/${first.body.hold_id}/capture`, { amount: 35 })
  assert.deepEqual(await used('hourly'), [75, 25])
  await act('/refund', { transfer_id: captured.body.transfer_id, amount: 5 })
  await act('/refund', { transfer_id: charge, amount: 4 })
  assert.deepEqual(await used('hourly'), [66, 34])
  await setClock(toNext + 601_000)
  assert.deepEqual(await used('hourly'), [56, 44])
  assert.equal((await post('/deduct', { amount: 44 })).status, 200)
  assertRefused(await post('/deduct', { amount: 1 }), 'BUDGET_EXCEEDED')

  await setClock(toNext + HOUR + 1_000)
  assert.deepEqual(await used('hourly'), [0, 100])
  // Of the window before.
  await act(`/holds/${second.body.hold_id}/capture`)
  await act('/refund', { transfer_id: charge })
  assert.deepEqual(await used('hourly'), [0, 100])
  const later = await post('/deduct', { amount: 90 })
  // A clock that goes back opens no window again.
  await setClock(toNext)
  assertRefused(await post('/deduct', { amount: 11 }), 'BUDGET_EXCEEDED')
  await act('/refund', { transfer_id: later.body.transfer_id, amount: 1 })
  assert.deepEqual(await used('hourly'), [89, 11])
})

test('a check says what a charge would be told, and moves nothing', async (t) => {
  const { put, post, service } = await start(t)
  const check = async (body: object = {}) => (await post('/check', body)).body
  assert.deepEqual(await check(), { allowed: true, code: null, available: 1_000, budgets: [] })
  await put('all', { amount: 100, window: 'total' })
  await put('few', { amount: 10, window: 'day', match: { reason: 'x' } })
  await put('soft', { amount: 1, window: 'day', mode: 'soft' })
  await post('/deduct', { amount: 95 })
  assert.deepEqual(await check({ amount: 6 }), {
    allowed: false,
    code: 'BUDGET_EXCEEDED',
    available: 905,
    budgets: [
      { budget_id: 'soft', remaining: -94 },
      { budget_id: 'all', remaining: 5 },
    ],
  })
  assert.equal((await check({ amount: 5 })).allowed, true)
  assert.equal((await check({ amount: 906 })).code, 'INSUFFICIENT_FUNDS')
  assert.equal((await check({ reason: 'x' })).budgets.length, 3)
  await service.asInternal('PATCH', '/account/ada', { status: 'frozen' })
  assert.equal((await check({ amount: 906 })).code, 'ACCOUNT_FROZEN')
  assertRefused(await service.asInternal('POST', '/check', { user_id: 'eve' }), 'ACCOUNT_NOT_FOUND')
})

test('each percentage is reached once in a window', async (t) => {
  const { put, post, act, service } = await start(t)
  const reached = async () => {
    const { body } = await service.asAdmin('GET', '/metrics')
    const line = /^strongroom_funds_budget_thresholds_total (\d+)$/m.exec(String(body))
    return Number(line?.[1] ?? 0)
  }
  await put('b', { amount: 100, window: 'total', alert_at: [50, 90] })
  await post('/deduct', { amount: 49 })
  assert.equal(await reached(), 0)
  const charge = await post('/deduct', { amount: 1 })
  assert.equal(await reached(), 1)
  await act('/refund', { transfer_id: charge.body.transfer_id })
  await post('/deduct', { amount: 1 })
  assert.equal(await reached(), 1)
  await post('/deduct', { amount: 40 })
  assert.equal(await reached(), 2)
})

test('500 charges at once on three processes never pass a budget, and use all of it', async (t) => {
  counts(t, {
    promise: '21',
    what: '500 charges at once on three processes, and a hard budget',
    trials: scaled(100, 3, 40) * 500,
  })
  const { service, put, used, remove } = await start(t)
  const others = [
    await startService(t, {}, service.database),
    await startService(t, {}, service.database),
  ]
  const processes = [service, ...others]
  for (let round = 0; round < scaled(100, 3, 40); round++) {
    await put('b', { amount: 100, window: 'total' })
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        (processes[index % 3] ?? service).asInternal('POST', '/deduct', {
          user_id: 'ada',
          amount: 1,
        }),
      ),
    )
    const codes = answers.map(({ body }) => body.code ?? 'done')
    assert.equal(codes.filter((code) => code === 'done').length, 100)
    assert.equal(codes.filter((code) => code === 'BUDGET_EXCEEDED').length, 400)
    assert.deepEqual(await used('b'), [100, 0])
    await remove('b')
    await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100 })
  }
  await assertSound(service.database)
})
