import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

test('what a balance was does not change afterwards', async (t) => {
  counts(t, {
    promise: '5',
    what: 'A past balance does not change afterwards',
    trials: scaled(2_000, 240),
  })
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100_000 })
  const read = (at: string) =>
    service.asInternal('GET', `/balance/ada?at=${encodeURIComponent(at)}`)
  const over = new AbortController()
  const payer = async () => {
    while (!over.signal.aborted)
      await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
  }
  const payers = [payer(), payer(), payer(), payer()]
  // Some of them are under way when the question comes.
  const first = await inParallel(scaled(2_000, 240), 4, async (index) => {
    const at = new Date(Date.now() + (index % 12)).toISOString()
    return { at, answer: await read(at) }
  }).finally(() => over.abort())
  await Promise.all(payers)
  for (const { at, answer } of first) {
    if (answer.status === 400) assert.equal(answer.body.details[0].message, 'must be in the past')
    else assert.deepEqual((await read(at)).body, answer.body, at)
  }

  await t.test('the millisecond under way is refused, wherever the clock stands', async () => {
    // The caller's clock is the database's here, and one call is within a second.
    const ahead = new Date(Date.now() + 60_000).toISOString()
    assertRefused(await read(ahead), 'VALIDATION_FAILED')
  })
})

test('tier, status and what is available are those of then, or null', async (t) => {
  const service = await startService(t)
  const opened = await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const moved = await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100 })
  const change = async (body: object) => {
    const { status, body: account } = await service.asInternal('PATCH', '/account/ada', body)
    assert.equal(status, 200)
    return account.updated_at as string
  }
  const limited = await change({ credit_limit: 50 })
  const frozen = await change({ status: 'frozen', tier: 'max' })
  const last = await change({ status: 'active', credit_limit: 0, tier: 'mini' })
  const at = async (time: string) => {
    const path = `/balance/ada?at=${encodeURIComponent(time)}`
    const { body } = await service.asInternal('GET', path)
    return [body.balance, body.held, body.available, body.tier, body.status, body.updated_at]
  }
  const before = (time: string) => new Date(Date.parse(time) - 1).toISOString()
  const { created_at: created } = opened.body
  const { created_at: paid } = moved.body
  assert.deepEqual(await at(before(created)), [0, 0, null, null, null, created])
  assert.deepEqual(await at(created), [0, 0, 0, 'pro', 'active', created])
  assert.deepEqual(await at(paid), [100, 0, 100, 'pro', 'active', paid])
  assert.deepEqual(await at(limited), [100, 0, 150, 'pro', 'active', limited])
  assert.deepEqual(await at(frozen), [100, 0, 150, 'max', 'frozen', frozen])
  assert.deepEqual(await at(before(frozen)), [100, 0, 150, 'pro', 'active', limited])
  assert.deepEqual(await at(last), [100, 0, 100, 'mini', 'active', last])
  const known = await at(paid)
  await query(service.database, "update accounts set tier = 'changed' where user_id = 'ada'")
  assert.deepEqual(await at(paid), known)
})
