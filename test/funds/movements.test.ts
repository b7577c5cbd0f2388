import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin } from '../support/database.ts'
import { type Service, startService } from '../support/service.ts'

async function openAccount(service: Service, userId: string, funds = 0): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  if (funds > 0) await service.asInternal('POST', '/top_up', { user_id: userId, amount: funds })
}

test('accounts', async (t) => {
  const service = await startService(t)

  await t.test('the same again is 200, another tier or asset 409', async () => {
    const wanted = { user_id: 'ada', tier: 'pro' }
    const first = await service.asInternal('POST', '/account', wanted)
    assert.equal(first.status, 201)
    assert.equal(first.body.asset, 'USD/2')
    assert.equal((await service.asInternal('POST', '/account', wanted)).status, 200)
    for (const other of [{ tier: 'free' }, { asset: 'EUR/2' }]) {
      const answer = await service.asInternal('POST', '/account', { ...wanted, ...other })
      assert.deepEqual([answer.status, answer.body.code], [409, 'ACCOUNT_EXISTS'])
    }
  })

  await t.test('opened by 20 at once, it is opened once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.asInternal('POST', '/account', { user_id: 'grace', tier: 'pro', asset: 'JPY/0' }),
      ),
    )
    const statuses = answers.map((answer) => answer.status).toSorted((a, b) => b - a)
    assert.deepEqual(statuses, [201, ...Array<number>(19).fill(200)])
  })

  await t.test('a frozen account refuses deducts and holds, and takes top-ups', async () => {
    await openAccount(service, 'frozen', 100)
    await service.asInternal('PATCH', '/account/frozen', { status: 'frozen' })
    const movement = { user_id: 'frozen', amount: 1 }
    for (const path of ['/deduct', '/holds']) {
      const answer = await service.asInternal('POST', path, movement)
      assert.deepEqual([answer.status, answer.body.code], [409, 'ACCOUNT_FROZEN'])
    }
    assert.equal((await service.asInternal('POST', '/top_up', movement)).status, 200)
    await service.asInternal('PATCH', '/account/frozen', { status: 'active' })
    assert.equal((await service.asInternal('POST', '/deduct', movement)).status, 200)
  })

  await t.test('credit lets the balance fall below zero, so far and no further', async () => {
    await openAccount(service, 'credit', 10)
    await service.asInternal('PATCH', '/account/credit', { credit_limit: 50 })
    const deduct = (amount: number) =>
      service.asInternal('POST', '/deduct', { user_id: 'credit', amount })
    assert.deepEqual((await deduct(60)).body.balance, -50)
    assert.equal((await deduct(1)).status, 402)
    const lowered = await service.asInternal('PATCH', '/account/credit', { credit_limit: 49 })
    assert.deepEqual([lowered.status, lowered.body.code], [409, 'CREDIT_LIMIT_IN_USE'])
  })

  await t.test('falling below the low-balance mark is reported once', async () => {
    await openAccount(service, 'low', 100)
    await service.asInternal('PATCH', '/account/low', { low_balance_at: 50 })
    const move = (path: string, amount: number) =>
      service.asInternal('POST', path, { user_id: 'low', amount })
    for (const amount of [50, 1, 1, 1]) await move('/deduct', amount)
    await move('/top_up', 100)
    await move('/deduct', 100)
    const reports = await asAdmin(
      service.database.adminUrl,
      (sql) => sql`
        select metadata ->> 'balance' as balance from audit_records
        where metadata ? 'low_balance' order by id`,
    )
    assert.deepEqual(
      reports.map((report) => report['balance']),
      ['49', '47'],
    )
    const metrics = await service.asAdmin('GET', '/metrics')
    assert.match(metrics.body, /^strongroom_funds_low_balance_total 2$/m)
  })
})

test('refunds', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 1_000)
  const charge = (amount: number) =>
    service.asInternal('POST', '/deduct', { user_id: 'ada', amount })
  const refund = (id: string, amount?: number, key?: string) =>
    service.asInternal('POST', '/refund', { transfer_id: id, amount, idempotency_key: key })

  await t.test('in parts, never more than was charged', async () => {
    const { body } = await charge(100)
    assert.equal((await refund(body.transfer_id, 60)).body.balance, 960)
    const tooMuch = await refund(body.transfer_id, 41)
    assert.deepEqual([tooMuch.status, tooMuch.body.code], [409, 'ALREADY_REFUNDED'])
    assert.equal((await refund(body.transfer_id)).body.amount, 40)
    assert.equal((await refund(body.transfer_id)).body.code, 'ALREADY_REFUNDED')
  })

  await t.test('50 at once of 7 from a charge of 100: 14 succeed', async () => {
    const { body } = await charge(100)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refund(body.transfer_id, 7)))
    assert.equal(answers.filter((answer) => answer.status === 200).length, 14)
  })

  await t.test('only of charges that exist; a key makes it once', async () => {
    for (const [id, status, code] of [
      ['tr_1_999999', 404, 'TRANSFER_NOT_FOUND'],
      ['tr_999999_1', 404, 'TRANSFER_NOT_FOUND'],
      ['nonsense', 400, 'VALIDATION_FAILED'],
    ] as const) {
      const answer = await refund(id)
      assert.deepEqual([answer.status, answer.body.code], [status, code])
    }
    const { body: toppedUp } = await service.asInternal('POST', '/top_up', {
      user_id: 'ada',
      amount: 5,
    })
    assert.equal((await refund(toppedUp.transfer_id)).body.code, 'NOT_REFUNDABLE')
    const { body } = await charge(10)
    const first = await refund(body.transfer_id, 4, 'r1')
    const again = await refund(body.transfer_id, 4, 'r1')
    assert.deepEqual(again.body, first.body)
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assert.equal((await refund(body.transfer_id, 5, 'r1')).body.code, 'IDEMPOTENCY_KEY_REUSED')
  })
})

test('idempotency', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 1_000)
  await openAccount(service, 'bob', 1_000)
  const deduct = (body: object, headers?: Record<string, string>) =>
    service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 10, ...body }, headers)

  await t.test('compares what a request means, not its bytes', async () => {
    const metadata = { b: 1, a: { y: [1, 2], x: null } }
    const first = await deduct({ idempotency_key: 'k1', metadata })
    const reordered = { a: { x: null, y: [1, 2] }, b: 1 }
    const again = await deduct({ metadata: reordered }, { 'idempotency-key': 'k1' })
    assert.deepEqual([again.status, again.body], [200, first.body])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
  })

  await t.test('another request under the same key is refused and moves nothing', async () => {
    const before = await service.asInternal('GET', '/balance/ada')
    for (const change of [{ amount: 11 }, { reason: 'x' }, { reference: 'x' }, { metadata: {} }]) {
      const answer = await deduct({ idempotency_key: 'k1', ...change })
      assert.deepEqual([answer.status, answer.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    }
    const other = { user_id: 'ada', amount: 10, idempotency_key: 'k1' }
    assert.equal((await service.asInternal('POST', '/top_up', other)).status, 422)
    assert.deepEqual((await service.asInternal('GET', '/balance/ada')).body, before.body)
  })

  await t.test('is per account, and a refusal is not remembered', async () => {
    assert.equal((await deduct({ user_id: 'bob', idempotency_key: 'k1' })).status, 200)
    const large = { user_id: 'bob', amount: 5_000, idempotency_key: 'later' }
    assert.equal((await deduct(large)).status, 402)
    await service.asInternal('POST', '/top_up', { user_id: 'bob', amount: 9_000 })
    assert.equal((await deduct(large)).status, 200)
  })

  await t.test('header and body must agree', async () => {
    const answer = await deduct({ idempotency_key: 'one' }, { 'idempotency-key': 'two' })
    assert.deepEqual([answer.status, answer.body.details[0].path], [400, '/idempotency_key'])
    for (const key of ['', 'with space', 'é', 'x'.repeat(256)]) {
      assert.equal((await deduct({ idempotency_key: key })).status, 400)
    }
  })
})

test('an amount is kept exactly or refused', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada')
  const topUp = (amount: string) =>
    service.asInternal('POST', '/top_up', `{"user_id":"ada","amount":${amount}}`)

  for (const amount of ['0', '-1', '-0', '0.1', '9007199254740992', '9007199254740993', '1e308']) {
    assert.equal((await topUp(amount)).status, 400, amount)
  }
  assert.equal((await topUp('9007199254740990')).body.balance, 9_007_199_254_740_990)
  assert.equal((await topUp('1')).body.balance, 9_007_199_254_740_991)
  const beyond = await topUp('1')
  assert.deepEqual([beyond.status, beyond.body.code], [409, 'BALANCE_LIMIT'])
  const all = { user_id: 'ada', amount: 9_007_199_254_740_991 }
  assert.equal((await service.asInternal('POST', '/deduct', all)).body.balance, 0)
})
