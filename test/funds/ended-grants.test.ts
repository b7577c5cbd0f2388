import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eq } from 'drizzle-orm'
import { giveUpBalance } from '../../src/funds/empty-account.ts'
import { NO_SIGNATURE } from '../../src/funds/operations.ts'
import { accounts } from '../../src/funds/tables.ts'
import { HOUR, ahead, startWithClock } from '../support/grants.ts'
import { assertSound } from '../support/ledger.ts'
import { query } from '../support/tables.ts'

test('what an ended grant has left is for the holds that there were, and for no later one', async (t) => {
  const { grant, post, topUp, balance, get, setClock, service } = await startWithClock(t)
  const hold = async (amount: number) =>
    (await post('/holds', { user_id: 'ada', amount, expires_in_s: 7 * 86_400 })).body.hold_id
  const end = async (id: string, act: 'capture' | 'release', amount?: number) => {
    const { body } = await post(`/holds/${id}/${act}`, amount === undefined ? {} : { amount })
    return [body.balance, body.available, body.grants.map((one: { amount: number }) => one.amount)]
  }
  const state = async () => {
    const { balance: sum, held, available } = await balance()
    return [sum, held, available]
  }
  /** 100 that has ended with all of it held; then 50 of other money, held too. */
  const begin = async (how: 'expires' | 'is voided', ahead_h: number) => {
    const made = await grant(100, how === 'expires' ? { expires_at: ahead(ahead_h * HOUR) } : {})
    const first = await hold(100)
    await setClock(ahead_h * HOUR + 1_000)
    if (how === 'is voided') await post(`/grants/${made.grant_id}/void`)
    await topUp(50)
    return [first, await hold(50)] as const
  }
  let hours = 1
  for (const how of ['expires', 'is voided'] as const) {
    for (const act of ['capture', 'release'] as const) {
      const [first, second] = await begin(how, hours++)
      assert.deepEqual(await state(), [150, 150, 0], how)
      const taken = await end(second, act)
      assert.deepEqual(taken, act === 'capture' ? [100, 0, []] : [150, 50, []], `${how}, ${act}`)
      const [left] = act === 'capture' ? [0] : [50]
      assert.deepEqual(await end(first, 'capture', 70), [left, left, [70]], `${how}, ${act}`)
      if (left > 0) await post('/deduct', { user_id: 'ada', amount: left })
    }
  }
  // What pays by its priority may be what later holds need: then what is kept for the hold pays.
  await grant(100, { expires_at: ahead(hours * HOUR) })
  const first = await hold(100)
  await setClock(hours * HOUR + 1_000)
  await grant(50, { priority: 0 })
  const later = await hold(50)
  const [, , [kept]] = await end(first, 'capture', 60)
  assert.equal(kept, 60)
  assert.deepEqual(await state(), [50, 50, 0])
  assert.deepEqual(await end(later, 'release'), [50, 50, []])
  const { data } = await get('/account/ada/transfers?limit=200')
  assert.deepEqual(
    data.filter(({ balance_after }: { balance_after: number }) => balance_after < 0),
    [],
  )
  const below = await query(service.database, 'select 1 from transfers where available_after < 0')
  assert.deepEqual(below, [])
  await assertSound(service.database)
})

test('what a process of the version before has ended goes by what it knew, and never below the floor', async (t) => {
  const { grant, post, topUp, balance, setClock, service } = await startWithClock(t)
  const hold = async (amount: number) =>
    (await post('/holds', { user_id: 'ada', amount, expires_in_s: 86_400 })).body.hold_id
  const state = async () => {
    const { balance: sum, held, available } = await balance()
    return [sum, held, available]
  }
  await grant(100, { expires_at: ahead(HOUR) })
  const first = await hold(100)
  await setClock(HOUR + 1_000)
  await topUp(50)
  const second = await hold(50)
  const knew = (seq: string) =>
    query(service.database, `update grants set closed_seq = ${seq} returning seq`)
  // Not which holds there were: all are then as if they had been.
  assert.equal((await knew('null')).length, 1)
  assert.deepEqual(
    (await post(`/holds/${second}/capture`, { amount: 10 })).body.grants[0].amount,
    10,
  )
  assert.deepEqual(await state(), [100, 100, 0])
  // A charge of that version took what is needed for what is kept.
  assert.equal((await knew('0')).length, 1)
  await topUp(1)
  assert.deepEqual(await state(), [100, 100, 0])
  assert.equal((await post(`/holds/${first}/capture`, { amount: 60 })).status, 200)
  assert.deepEqual(await state(), [0, 0, 0])
  await assertSound(service.database)
})

test('a fall by expiry is told and tops up, also where a change of the account writes it', async (t) => {
  const { grant, setClock, service } = await startWithClock(t)
  const patch = (change: object) => service.asInternal('PATCH', '/account/ada', change)
  await query(
    service.database,
    `insert into saved_payment_methods select id, 'cus_1', 'pm_1', now() from accounts
     where user_id = 'ada' returning account_id`,
  )
  await patch({ low_balance_at: 60 })
  await grant(100, { expires_at: ahead(HOUR) })
  const auto = { threshold: 60, amount: 500, daily_max: 5_000, monthly_max: 5_000, enabled: true }
  assert.equal((await service.asInternal('PUT', '/account/ada/auto_top_up', auto)).status, 200)
  await setClock(HOUR + 1_000)
  assert.equal((await patch({ tier: 'gold' })).status, 200)
  assert.equal((await patch({ tier: 'pro' })).status, 200)
  const [found] = await query(
    service.database,
    `select (select count(*)::int from auto_top_up_intents) as intents,
      (select count(*)::int from audit_records where metadata ? 'low_balance') as told`,
  )
  assert.deepEqual({ ...found }, { intents: 1, told: 1 })
  await assertSound(service.database)
})

test('what has expired counts in no list of accounts, and a statement adds up all the same', async (t) => {
  const { grant, topUp, get, setClock } = await startWithClock(t)
  await grant(100, { expires_at: ahead(HOUR) })
  const below = async (amount: number) =>
    (await get(`/accounts?below=${amount}`)).data.map((one: { balance: number }) => one.balance)
  assert.deepEqual([await below(100), await below(101)], [[], [100]])
  const sums = async () => {
    const { opening, movements, closing } = await get('/account/ada/statement')
    const moved = movements.reduce((sum: number, one: { amount: number }) => sum + one.amount, 0)
    assert.equal(opening + moved, closing)
    return closing
  }
  assert.equal(await sums(), 100)
  await setClock(HOUR + 1_000)
  assert.deepEqual([await below(1), await below(0)], [[0], []])
  assert.ok([0, 100].includes(await sums()), 'as far as its end has been written')
  await topUp(7)
  assert.equal(await sums(), 7)
})

test('a list of what is active looks at no more than a part of what has ended', async (t) => {
  const { grant, get, service } = await startWithClock(t)
  const first = await grant(100)
  await query(
    service.database,
    `insert into grants (account_id, seq, transfer_seq, amount, remaining, priority, status, created_at,
       closed_at, is_open)
     select id, 1 + n, 1, 1, 0, 50, 'voided', now(), now(), false from accounts, generate_series(1, 6000) n
     where user_id = 'ada' returning seq`,
  )
  await query(
    service.database,
    "update accounts set grant_count = 6001 where user_id = 'ada' returning id",
  )
  const path = '/account/ada/grants?limit=50&status='
  const page = await get(`${path}active`)
  assert.deepEqual(page.data, [])
  const next = await get(`${path}active&cursor=${page.next_cursor}`)
  assert.deepEqual(
    next.data.map((one: { grant_id: string }) => one.grant_id),
    [first.grant_id],
  )
  assert.equal(next.next_cursor, null)
  const ended = await get(`${path}voided`)
  assert.equal(ended.data.length, 50)
  assert.equal((await get(`${path}voided&cursor=${ended.next_cursor}`)).data.length, 50)
})

test('what expires while an account is erased is not given up as well', async (t) => {
  const { grant, balance, setClock, service } = await startWithClock(t)
  await grant(100, { expires_at: ahead(HOUR) })
  await query(
    service.database,
    "update accounts set charged_back = true where user_id = 'ada' returning id",
  )
  const given = await service.app.databases.erasures.transaction(async (tx) => {
    const [row] = await tx.select().from(accounts).where(eq(accounts.userId, 'ada')).for('update')
    assert.equal(row?.balance, 100n)
    // The grant was there when the account was closed, and is over when it is emptied.
    await setClock(HOUR + 1_000)
    return giveUpBalance(tx, { ...row, userId: 'ada' }, NO_SIGNATURE.actor)
  })
  assert.equal(given, 0n)
  assert.equal((await balance()).balance, 0)
  await assertSound(service.database)
})
