import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin } from '../support/database.ts'
import { startService } from '../support/service.ts'

test('holds', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100 })
  const post = (path: string, body: object = {}) => service.asInternal('POST', path, body)
  const hold = (amount: number, rest: object = {}) =>
    post('/holds', { user_id: 'ada', amount, ...rest })
  const balance = async () => {
    const { body } = await service.asInternal('GET', '/balance/ada')
    return [body.balance, body.held, body.available]
  }

  await t.test('set money aside, which nothing else can take', async () => {
    const { status, body } = await hold(80)
    assert.equal(status, 201)
    assert.deepEqual([body.status, body.balance, body.available], ['open', 100, 20])
    assert.deepEqual(await balance(), [100, 80, 20])
    assert.equal((await hold(21)).status, 402)
    assert.equal((await post('/deduct', { user_id: 'ada', amount: 21 })).status, 402)
    const released = await post(`/holds/${body.hold_id}/release`)
    assert.deepEqual([released.status, released.body.status], [200, 'released'])
    assert.deepEqual(await balance(), [100, 0, 100])
  })

  await t.test('captured in part: the rest is released', async () => {
    const { body } = await hold(50, { idempotency_key: 'h1' })
    const captured = await post(`/holds/${body.hold_id}/capture`, { amount: 30 })
    assert.deepEqual([captured.body.captured, captured.body.available], [30, 70])
    assert.deepEqual(await balance(), [70, 0, 70])

    const again = await post(`/holds/${body.hold_id}/capture`, { amount: 30 })
    assert.deepEqual([again.status, again.body], [200, captured.body])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    for (const other of [{ amount: 20 }, {}]) {
      const answer = await post(`/holds/${body.hold_id}/capture`, other)
      assert.deepEqual([answer.status, answer.body.code], [409, 'HOLD_CLOSED'])
    }
    assert.equal((await post(`/holds/${body.hold_id}/release`)).body.code, 'HOLD_CLOSED')

    const made = await hold(50, { idempotency_key: 'h1' })
    assert.deepEqual([made.status, made.body], [201, body], 'the hold as it was made')

    const refunded = await post('/refund', { transfer_id: captured.body.transfer_id })
    assert.deepEqual([refunded.body.amount, refunded.body.balance], [30, 100])
  })

  await t.test('a capture takes no more than the hold', async () => {
    const { body } = await hold(10)
    const answer = await post(`/holds/${body.hold_id}/capture`, { amount: 11 })
    assert.deepEqual([answer.status, answer.body.code], [409, 'AMOUNT_EXCEEDS_HOLD'])
    const whole = await service.asInternal('POST', `/holds/${body.hold_id}/capture`)
    assert.deepEqual([whole.status, whole.body.captured], [200, 10])
    assert.equal((await post('/holds/hold_1_9999/capture')).body.code, 'HOLD_NOT_FOUND')
    assert.equal((await post('/holds/nonsense/capture')).status, 400)
  })

  await t.test('20 captures and releases at once: one outcome', async () => {
    const before = await balance()
    const { body } = await hold(10)
    const paths = Array.from({ length: 20 }, (_, index) => (index % 2 ? 'capture' : 'release'))
    const answers = await Promise.all(
      paths.map((path) => post(`/holds/${body.hold_id}/${path}`, {})),
    )
    const outcomes = new Set(
      answers.filter((one) => one.status === 200).map((one) => one.body.status),
    )
    assert.equal(outcomes.size, 1)
    const taken = outcomes.has('captured') ? 10 : 0
    assert.deepEqual(await balance(), [(before[0] ?? 0) - taken, 0, (before[0] ?? 0) - taken])
  })

  await t.test('an expired hold does not count, though no job has released it', async () => {
    const [before] = await balance()
    const { body } = await hold(before ?? 0, { expires_in_s: 3600 })
    assert.equal((await hold(1)).status, 402)
    // The clock can not be moved, so the hold is.
    await asAdmin(
      service.database.adminUrl,
      (sql) => sql`update holds set expires_at = now() - interval '1 second' where status = 'open'`,
    )
    assert.deepEqual(await balance(), [before, 0, before])
    const { body: account } = await service.asInternal('GET', '/account/ada')
    assert.equal(account.available, before)
    assert.equal((await post(`/holds/${body.hold_id}/capture`)).body.code, 'HOLD_CLOSED')
    const next = await hold(before ?? 0)
    assert.equal(next.status, 201)
    await post(`/holds/${next.body.hold_id}/release`)
    assert.deepEqual(await balance(), [before, 0, before])
  })
})

test('the balance as it stood then, exact to the transfer', async (t) => {
  const service = await startService(t)
  const opened = await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const seen: { at: string; balance: number; held: number }[] = [
    { at: opened.body.created_at, balance: 0, held: 0 },
  ]
  const read = async (at: string) =>
    (await service.asInternal('GET', `/balance/ada?at=${encodeURIComponent(at)}`)).body

  for (let step = 1; step <= 40; step++) {
    const path = step % 4 === 0 ? '/holds' : step % 3 === 0 ? '/deduct' : '/top_up'
    const amount = path === '/top_up' ? 10 * step : step
    const { body } = await service.asInternal('POST', path, { user_id: 'ada', amount })
    const now = await service.asInternal('GET', '/balance/ada')
    seen.push({ at: body.created_at, balance: now.body.balance, held: now.body.held })
  }
  // Where two transfers share a millisecond, the later one counts.
  const last = new Map(seen.map((moment) => [moment.at, moment]))
  for (const moment of last.values()) {
    const then = await read(moment.at)
    assert.deepEqual([then.balance, then.held], [moment.balance, moment.held], moment.at)
  }
  assert.equal((await read('2020-01-01T00:00:00Z')).balance, 0)
  const future = await service.asInternal('GET', '/balance/ada?at=2999-01-01T00:00:00Z')
  assert.deepEqual([future.status, future.body.details[0].path], [400, '/at'])
})
