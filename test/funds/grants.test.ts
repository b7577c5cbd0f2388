import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, ahead, startWithClock } from '../support/grants.ts'
import { assertSound } from '../support/ledger.ts'

test('a charge takes from grants before other money: by priority, expiry and age', async (t) => {
  const { deduct, get, grant, post, topUp, balance, service } = await startWithClock(t)
  await topUp(100)
  const late = await grant(10, { expires_at: ahead(2 * DAY) })
  const never = await grant(10)
  const soon = await grant(10, { expires_at: ahead(DAY), category: 'promotion' })
  const second = await grant(10, { expires_at: late.expires_at })
  const first = await grant(10, { priority: 0 })
  assert.deepEqual(
    { ...soon, grant_id: '', created_at: '' },
    {
      grant_id: '',
      user_id: 'ada',
      amount: 10,
      remaining: 10,
      priority: 50,
      category: 'promotion',
      status: 'active',
      expires_at: soon.expires_at,
      created_at: '',
    },
  )
  const before = await balance()
  assert.deepEqual(
    [before.balance, before.granted, before.available, before.next_expiry],
    [150, 50, 150, { at: soon.expires_at, amount: 10 }],
  )

  const charge = await deduct(57)
  const pieces = [first, soon, late, second, never].map(({ grant_id }) => ({
    grant_id,
    amount: 10,
  }))
  assert.deepEqual(charge.grants, pieces)
  assert.deepEqual([charge.balance, (await balance()).granted], [93, 0])
  const [listed] = (await get('/account/ada/transfers?limit=1')).data
  assert.deepEqual(listed.grants, pieces)
  assert.equal((await get(`/grants/${soon.grant_id}`)).status, 'spent')

  // Other money went last, and so it comes back first; then what was taken last.
  const refund = await post('/refund', { transfer_id: charge.transfer_id, amount: 9 })
  assert.deepEqual(refund.body.grants, [{ grant_id: never.grant_id, amount: 2 }])
  const rest = await post('/refund', { transfer_id: charge.transfer_id })
  assert.deepEqual(rest.body.grants, [
    { grant_id: never.grant_id, amount: 8 },
    ...[second, late, soon, first].map(({ grant_id }) => ({ grant_id, amount: 10 })),
  ])
  assert.deepEqual(
    [(await balance()).granted, (await get(`/grants/${soon.grant_id}`)).status],
    [50, 'active'],
  )
  assert.deepEqual((await deduct(1)).grants, [{ grant_id: first.grant_id, amount: 1 }])
  await assertSound(service.database)
})

test('a grant counts until its millisecond, job or no job, and its rest goes to breakage', async (t) => {
  const { deduct, get, grant, topUp, balance, setClock, service } = await startWithClock(t)
  await topUp(5)
  const { grant_id, expires_at } = await grant(100, { expires_at: ahead(HOUR) })
  await deduct(40)
  assert.deepEqual(
    [(await balance()).balance, (await balance()).next_expiry],
    [65, { at: expires_at, amount: 60 }],
  )
  await setClock(HOUR + 1_000)
  const after = await balance()
  assert.deepEqual(
    [after.balance, after.available, after.granted, after.next_expiry],
    [5, 5, 0, null],
  )
  assert.equal((await get('/account/ada')).balance, 5)
  const shown = await get(`/grants/${grant_id}`)
  assert.deepEqual([shown.status, shown.remaining], ['expired', 0])
  for (const [status, count] of [
    ['expired', 1],
    ['active', 0],
  ] as const) {
    assert.equal((await get(`/account/ada/grants?status=${status}`)).data.length, count, status)
  }
  assert.equal((await deduct(6)).code, 'INSUFFICIENT_FUNDS')
  const charge = await deduct(5)
  assert.deepEqual([charge.grants, charge.balance], [[], 0])
  const [, , expiry] = (await get('/account/ada/transfers')).data
  const [taken] = (await get('/account/ada/transfers?limit=2')).data.slice(1)
  assert.deepEqual(
    [taken.kind, taken.amount, taken.debit_account, taken.credit_account, taken.grants],
    ['expire', 60, 'ada', 'breakage', [{ grant_id, amount: 60 }]],
  )
  assert.equal(expiry.kind, 'deduct')
  await assertSound(service.database)
})

test('expiry takes only what no open hold needs, and what it left goes when the holds end', async (t) => {
  const { get, grant, post, topUp, balance, setClock, service } = await startWithClock(t)
  await grant(100, { expires_at: ahead(HOUR) })
  const hold = async (amount: number, expires_in_s = 86_400) =>
    (await post('/holds', { user_id: 'ada', amount, expires_in_s })).body.hold_id
  const [first, second, third] = [await hold(30), await hold(20), await hold(10, 7_200)]
  await setClock(HOUR + 1_000)
  const state = async () => {
    const { balance: sum, held, available, granted } = await balance()
    return [sum, held, available, granted]
  }
  assert.deepEqual(await state(), [60, 60, 0, 0])
  // What comes later is not for the holds.
  await topUp(50)
  assert.deepEqual(await state(), [110, 60, 50, 0])
  const captured = (await post(`/holds/${first}/capture`, { amount: 25 })).body
  assert.deepEqual([captured.balance, captured.available], [80, 50])
  assert.equal(captured.grants[0].amount, 25)
  assert.deepEqual(await state(), [80, 30, 50, 0])
  const released = (await post(`/holds/${second}/release`)).body
  assert.deepEqual([released.balance, released.available], [60, 50])
  await setClock(2 * HOUR + 1_000)
  assert.deepEqual(await state(), [50, 0, 50, 0])
  assert.equal((await post(`/holds/${third}/capture`)).body.code, 'HOLD_CLOSED')
  await topUp(1)
  assert.deepEqual(await state(), [51, 0, 51, 0])
  const kinds = (await get('/account/ada/transfers')).data.map((one: { kind: string }) => one.kind)
  assert.equal(kinds.filter((kind: string) => kind === 'expire').length, 4)
  await assertSound(service.database)
})

test('a refund goes back to what has not ended, and to a new grant for 7 days otherwise', async (t) => {
  const { deduct, get, grant, post, balance, setClock, service } = await startWithClock(t)
  const ending = await grant(10, { expires_at: ahead(HOUR), category: 'trial', priority: 7 })
  const voided = await grant(10)
  const open = await grant(10)
  const charge = await deduct(25)
  await post(`/grants/${voided.grant_id}/void`)
  await setClock(HOUR + 1_000)
  const { body } = await post('/refund', { transfer_id: charge.transfer_id })
  assert.deepEqual(
    body.grants.map((piece: { amount: number }) => piece.amount),
    [5, 10, 10],
  )
  assert.equal(body.grants[0].grant_id, open.grant_id)
  const revived = await get(`/grants/${body.grants[2].grant_id}`)
  assert.deepEqual(
    [revived.category, revived.priority, revived.remaining, revived.status],
    ['trial', 7, 10, 'active'],
  )
  assert.equal(Date.parse(revived.expires_at) - Date.parse(body.created_at), 7 * DAY)
  assert.deepEqual(await get(`/grants/${ending.grant_id}`), {
    ...ending,
    remaining: 0,
    status: 'spent',
  })
  assert.deepEqual([(await balance()).balance, (await balance()).granted], [30, 30])
  await setClock(HOUR + 7 * DAY + 60_000)
  assert.equal((await balance()).balance, 10)
  await assertSound(service.database)
})

test('a grant is voided once; what holds need of it goes with them', async (t) => {
  const { deduct, get, grant, post, balance, service } = await startWithClock(t)
  const { grant_id } = await grant(100)
  await deduct(10)
  const hold = (await post('/holds', { user_id: 'ada', amount: 30 })).body.hold_id
  const key = { 'idempotency-key': 'void-1' }
  const first = await post(`/grants/${grant_id}/void`, { reason: 'a mistake' }, key)
  assert.deepEqual([first.status, first.body.status, first.body.remaining], [200, 'voided', 0])
  const again = await post(`/grants/${grant_id}/void`, { reason: 'a mistake' }, key)
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  const reused = await post('/deduct', { user_id: 'ada', amount: 1 }, key)
  assert.equal(reused.body.code, 'IDEMPOTENCY_KEY_REUSED')
  const other = await post(`/grants/${grant_id}/void`)
  assert.deepEqual([other.status, other.body.code], [409, 'GRANT_ENDED'])
  assert.deepEqual([(await balance()).balance, (await balance()).granted], [30, 0])
  await post(`/holds/${hold}/release`)
  assert.equal((await balance()).balance, 0)
  const spent = await grant(5)
  await deduct(5)
  assert.equal((await get(`/grants/${spent.grant_id}`)).status, 'spent')
  const ended = await post(`/grants/${spent.grant_id}/void`, {}, { 'idempotency-key': 'void-2' })
  assert.deepEqual([ended.body.status, ended.body.remaining], ['voided', 0])
  const replayed = await post(`/grants/${spent.grant_id}/void`, {}, { 'idempotency-key': 'void-2' })
  assert.deepEqual(replayed.body, ended.body)
  for (const path of ['/grants/grant_1_999/void', '/grants/grant_999_1/void']) {
    const { status, body } = await post(path)
    assert.deepEqual([status, body.code], [404, 'GRANT_NOT_FOUND'], path)
  }
  await assertSound(service.database)
})

test('a key makes a grant once; what is refused makes none', async (t) => {
  const { get, grant, post, balance, setClock, service } = await startWithClock(t)
  const body = { user_id: 'ada', amount: 10, expires_at: ahead(HOUR), idempotency_key: 'grant-1' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => post('/grants', body)))
  for (const answer of answers) {
    assert.deepEqual([answer.status, answer.body], [201, answers[0]?.body])
  }
  await setClock(2 * HOUR)
  // The first answer again, though such a grant could no longer be made.
  assert.deepEqual((await post('/grants', body)).body, answers[0]?.body)
  const past = await post('/grants', { ...body, idempotency_key: 'grant-2' })
  assert.deepEqual(
    [past.status, past.body.code, past.body.details[0].path],
    [400, 'VALIDATION_FAILED', '/expires_at'],
  )
  for (const wrong of [
    { amount: 0 },
    { priority: 101 },
    { priority: -1 },
    { expires_at: 'tomorrow' },
    { category: '' },
    { asset: 'USD/2' },
  ]) {
    const refused = await post('/grants', { user_id: 'ada', amount: 1, ...wrong })
    assert.equal(refused.status, 400, JSON.stringify(wrong))
  }
  assert.equal(
    (await post('/grants', { user_id: 'eve', amount: 1 })).body.code,
    'ACCOUNT_NOT_FOUND',
  )
  assert.equal((await balance()).balance, 0)
  assert.equal((await get('/account/ada/grants')).data.length, 1)
  assert.equal((await grant(Number.MAX_SAFE_INTEGER)).amount, Number.MAX_SAFE_INTEGER)
  assert.equal((await grant(1)).code, 'BALANCE_LIMIT')
  await assertSound(service.database)
})

test('what is owed is paid first, and credit is no money that has expired', async (t) => {
  const { deduct, get, grant, balance, setClock, service } = await startWithClock(t)
  const limit = (credit_limit: number) =>
    service.asInternal('PATCH', '/account/ada', { credit_limit })
  await limit(50)
  await deduct(30)
  const { grant_id, remaining } = await grant(40, { expires_at: ahead(HOUR) })
  assert.equal(remaining, 10)
  assert.deepEqual([(await balance()).balance, (await balance()).granted], [10, 10])
  const charge = await deduct(25)
  assert.deepEqual([charge.balance, charge.grants], [-15, [{ grant_id, amount: 10 }]])
  // Of a refund, the debt comes first too.
  const refund = await service.asInternal('POST', '/refund', { transfer_id: charge.transfer_id })
  assert.deepEqual([refund.body.balance, refund.body.grants], [10, [{ grant_id, amount: 10 }]])
  await setClock(HOUR + 1_000)
  assert.equal((await limit(0)).body.balance, 0)
  assert.equal((await get('/balance/ada')).available, 0)
  await assertSound(service.database)
})

test('the past, the export, the log and an erasure know grants', async (t) => {
  const { deduct, get, grant, post, topUp, balance, setClock, service } = await startWithClock(t)
  await topUp(20)
  const first = await grant(100, { expires_at: ahead(HOUR) })
  const second = await grant(50, { expires_at: ahead(2 * HOUR) })
  const charge = await deduct(30)
  await post('/holds', { user_id: 'ada', amount: 130, expires_in_s: 10_000 })
  const seen: [string, object][] = []
  const look = async (minutes: number) => {
    await setClock(minutes * 60_000)
    const at = new Date(Date.now() + minutes * 60_000 - 1_000).toISOString()
    const { balance: sum, held, granted, next_expiry } = await balance()
    seen.push([at, { balance: sum, held, granted, next_expiry }])
  }
  for (const minutes of [30, 61, 90, 121, 150, 180]) await look(minutes)
  assert.deepEqual(
    seen.map(([, one]) => Object.values(one).slice(0, 3)),
    [
      [140, 130, 120],
      [130, 130, 50],
      [130, 130, 50],
      [130, 130, 0],
      [130, 130, 0],
      [20, 0, 0],
    ],
  )
  await topUp(1)
  for (const [at, expected] of seen) {
    const { balance: sum, held, granted, next_expiry } = await get(`/balance/ada?at=${at}`)
    assert.deepEqual({ balance: sum, held, granted, next_expiry }, expected, at)
  }
  assert.equal((await get(`/balance/ada?at=${charge.created_at}`)).granted, 120)

  const exported = await get('/account/ada/export')
  assert.deepEqual(
    exported.grants.map((one: { grant_id: string; status: string }) => [one.grant_id, one.status]),
    [
      [first.grant_id, 'expired'],
      [second.grant_id, 'expired'],
    ],
  )
  const events = (await service.asAdmin('GET', '/api/audit?limit=200')).body.data
    .map((one: { event: string; metadata: { grant_id?: string; amount: number } }) => one)
    .filter((one: { event: string }) => one.event.startsWith('grant.'))
    .map((one: { event: string; metadata: { amount: number } }) => [one.event, one.metadata.amount])
  assert.deepEqual(events.toReversed().slice(0, 2), [
    ['grant.created', 100],
    ['grant.created', 50],
  ])
  assert.deepEqual(events.filter(([event]: [string]) => event === 'grant.expired').length, 2)
  await grant(7)
  const erased = await service.asInternal('DELETE', '/account/ada?force=true')
  assert.equal(erased.status, 200)
  assert.equal((await service.asInternal('GET', `/grants/${first.grant_id}`)).status, 404)
  await assertSound(service.database)
})
