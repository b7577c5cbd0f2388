import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { assertSound } from '../support/ledger.ts'
import { watchLedger } from '../support/ledger-watch.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'

const MONEY = scaled(5_000, 500)
const ROUNDS = scaled(20, 1, 2)
const PAIRS = scaled(50_000, 240, 10_000)
const CALLS = scaled(200_000, 500, 25_000)

async function openAccount(service: Service, userId: string, funds = 0): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  if (funds > 0) await service.asInternal('POST', '/top_up', { user_id: userId, amount: funds })
}

test('promise 3: a key with another body is refused and moves nothing', async (t) => {
  counts(t, {
    promise: '3, 5',
    what: 'A key with another request; another account’s key',
    trials: scaled(1_000, 50),
  })
  const service = await startService(t)
  await openAccount(service, 'ada', 1_000_000)
  await openAccount(service, 'bob', 1_000_000)
  const endWatch = watchLedger(t, service.database.url)
  const trials = scaled(1_000, 50)
  const deduct = (user_id: string, amount: number, trial: number) =>
    service.asInternal('POST', '/deduct', { user_id, amount, idempotency_key: `key-${trial}` })

  await inParallel(trials, 16, async (trial) => {
    assert.equal((await deduct('ada', 5, trial)).status, 200)
    const reused = await deduct('ada', 6, trial)
    assert.deepEqual([reused.status, reused.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    assert.equal((await deduct('bob', 6, trial)).status, 200)
  })
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 1e6 - trials * 5)
  assert.equal((await service.asInternal('GET', '/balance/bob')).body.balance, 1e6 - trials * 6)
  await endWatch()
})

test('promises 4 and 5: 200 clients ask twice what there is, in deducts of 1: half succeed', async (t) => {
  counts(t, {
    promise: '4, 5',
    what: '200 clients, and half of what they ask for',
    trials: MONEY * 2 * ROUNDS,
  })
  const service = await startService(t)
  const endWatch = watchLedger(t, service.database.url)
  const money = MONEY
  for (let round = 0; round < ROUNDS; round++) {
    const user_id = `round-${round}`
    await openAccount(service, user_id, money)
    const answers = await inParallel(2 * money, 200, () =>
      service.asInternal('POST', '/deduct', { user_id, amount: 1 }),
    )
    const paid = answers.filter((answer) => answer.status === 200)
    const refused = answers.filter((answer) => answer.body.code === 'INSUFFICIENT_FUNDS')
    assert.deepEqual([paid.length, refused.length], [money, money])
    assert.equal(new Set(paid.map((answer) => answer.body.transfer_id)).size, money)
    assert.equal((await service.asInternal('GET', `/balance/${user_id}`)).body.balance, 0)
  }
  await endWatch()
  await assertSound(service.database)
})

test('promises 4 and 5: with holds and refunds mixed in, no balance is ever below its floor', async (t) => {
  counts(t, {
    promise: '4, 5',
    what: 'Holds and refunds mixed in, watched by a query',
    trials: scaled(20_000, 500, 10_000),
  })
  const service = await startService(t)
  await openAccount(service, 'ada', 2_000)
  const post = (path: string, body: object = {}) => service.asInternal('POST', path, body)
  const endWatch = watchLedger(t, service.database.url)
  await inParallel(scaled(20_000, 500, 10_000), 50, async (index) => {
    const amount = 1 + (index % 9)
    if (index % 3 === 0) {
      const hold = await post('/holds', { user_id: 'ada', amount })
      if (hold.status !== 201) return assert.equal(hold.status, 402)
      const path = `/holds/${hold.body.hold_id}/${index % 2 === 0 ? 'capture' : 'release'}`
      return assert.equal((await post(path)).status, 200)
    }
    const charge = await post('/deduct', { user_id: 'ada', amount })
    if (charge.status !== 200) return assert.equal(charge.status, 402)
    if (index % 3 !== 1) return undefined
    const refund = { transfer_id: charge.body.transfer_id }
    return assert.equal((await post('/refund', refund)).status, 200)
  })
  await endWatch()
  await assertSound(service.database)
})

test('promise 6: a read on any replica shows every acknowledged write', async (t) => {
  counts(t, {
    promise: '6',
    what: 'A write, and a read on another process',
    trials: PAIRS,
  })
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const users = Array.from({ length: 8 }, (_, index) => `user-${index}`)
  for (const user of users) await openAccount(service, user)

  await Promise.all(
    users.map(async (user_id) => {
      for (let pair = 0; pair < PAIRS / users.length; pair++) {
        const written = await service.asInternal('POST', '/top_up', { user_id, amount: 1 })
        const read = await replica.asInternal('GET', `/balance/${user_id}`)
        assert.equal(read.body.balance, written.body.balance)
      }
    }),
  )
})

test('promise 7: contention over many accounts and two replicas is never an error', async (t) => {
  counts(t, {
    promise: '5, 7',
    what: '100 clients on six accounts and two processes',
    trials: CALLS,
  })
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const users = Array.from({ length: 6 }, (_, index) => `user-${index}`)
  for (const user of users) await openAccount(service, user, 1_000_000)
  const endWatch = watchLedger(t, service.database.url)
  const statuses = await inParallel(CALLS, 100, async (index) => {
    const target = index % 2 === 0 ? service : replica
    const user_id = users[(index * 7) % users.length]!
    const path = index % 3 === 0 ? '/top_up' : '/deduct'
    return (await target.asInternal('POST', path, { user_id, amount: 1 })).status
  })
  assert.deepEqual([...new Set(statuses)], [200])
  await endWatch()
  await assertSound(service.database)
})
