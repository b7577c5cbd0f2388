import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../../support/counts.ts'
import { JSON_TYPE } from '../../support/hostile.ts'
import { assertSound } from '../../support/ledger.ts'
import { watchLedger } from '../../support/ledger-watch.ts'
import { lockRows } from '../../support/locks.ts'
import { eventually } from '../../support/processes.ts'
import { callsMeanwhile, rawRequest } from '../../support/raw-socket.ts'
import { assertRefused } from '../../support/refusals.ts'
import { inParallel, scaled } from '../../support/scale.ts'
import { type Answer, INTERNAL_TOKEN, type Service, startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

type Item = Record<string, unknown>

async function openAccounts(service: Service, users: Record<string, number>): Promise<void> {
  for (const [user_id, amount] of Object.entries(users)) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount })
  }
}

const atomic = (service: Service, transfers: Item[]) =>
  service.asInternal('POST', '/transfers/batch', { transfers, atomic: true })

const codes = ({ body }: Answer): unknown[] =>
  body.results.map((one: { status: number; body: Item }) => one.body['code'] ?? one.status)

const deduct = (user_id: string, amount: number, idempotency_key?: string): Item => {
  return {
    op: 'deduct',
    user_id,
    amount,
    ...(idempotency_key !== undefined && { idempotency_key }),
  }
}
const topUp = (user_id: string, amount: number): Item => ({ op: 'top_up', user_id, amount })

const balanceOf = async (service: Service, user: string) => {
  const { body } = await service.asInternal('GET', `/balance/${user}`)
  return body.balance as number
}

test('all or none, over several accounts', async (t) => {
  const service = await startService(t)
  await openAccounts(service, { ada: 100, bob: 100 })
  const transfersOf = async () =>
    (await query(service.database, 'select from transfers', [])).length

  const done = await atomic(service, [deduct('ada', 40), topUp('bob', 40), deduct('bob', 140)])
  assert.deepEqual([done.status, codes(done)], [200, [200, 200, 200]])
  assert.deepEqual([await balanceOf(service, 'ada'), await balanceOf(service, 'bob')], [60, 0])

  const first = await atomic(service, [deduct('ada', 10, 'key-1')])
  const count = await transfersOf()
  for (const [refusing, code] of [
    [deduct('bob', 1), 'INSUFFICIENT_FUNDS'],
    [deduct('nobody', 1), 'ACCOUNT_NOT_FOUND'],
    [deduct('bob', 0), 'VALIDATION_FAILED'],
    [deduct('ada', 11, 'key-1'), 'IDEMPOTENCY_KEY_REUSED'],
    [{ op: 'capture', hold_id: 'hold_9999_1' }, 'HOLD_NOT_FOUND'],
  ] as const) {
    const answer = await atomic(service, [
      deduct('ada', 50, 'new-1'),
      deduct('ada', 50, 'new-1'),
      deduct('ada', 10, 'key-1'),
      refusing,
      // Decided as if what comes before it had been done.
      deduct('ada', 1),
      topUp('ada', 1),
    ])
    const { results, ...whole } = answer.body
    assertRefused({ ...answer, body: whole }, 'BATCH_REFUSED', code)
    assert.deepEqual(
      codes(answer),
      ['BATCH_REFUSED', 'BATCH_REFUSED', 200, code, 'INSUFFICIENT_FUNDS', 'BATCH_REFUSED'],
      code,
    )
    assert.equal(results[0].status, 409)
    assert.deepEqual(results[2], { ...first.body.results[0], replayed: true })
    assert.equal(await transfersOf(), count, code)
  }
  const again = await atomic(service, [deduct('ada', 10, 'key-1'), deduct('ada', 50)])
  assert.deepEqual([again.status, codes(again)], [200, [200, 200]])
  assert.deepEqual(
    again.body.results.map(({ replayed }: Item) => replayed),
    [true, undefined],
  )
  assert.equal(await balanceOf(service, 'ada'), 0)
  await assertSound(service.database)
})

test('batches of overlapping accounts in every order, with single calls between', async (t) => {
  counts(t, {
    promise: '4, 5',
    what: 'Batches of overlapping accounts, all or none',
    trials: scaled(2_000, 120),
  })
  const services = [await startService(t)]
  const [first] = services
  assert.ok(first)
  services.push(await startService(t, {}, first.database))
  const users = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6']
  await openAccounts(first, Object.fromEntries(users.map((user) => [user, 100_000])))
  const endWatch = watchLedger(t, first.database.url)
  const answers = await inParallel(scaled(2_000, 120), scaled(32, 6), async (index) => {
    const service = services[index % 2] ?? first
    const at = (step: number) =>
      users[(index * 7 + step * (index % 5 === 0 ? -1 : 1) + 600) % 6] ?? ''
    if (index % 3 === 0) {
      return service.asInternal('POST', '/deduct', { user_id: at(0), amount: 1 })
    }
    // What one pays another gets, and nothing is left if the last is refused.
    const refused = index % 4 === 0 ? [deduct(at(0), 1_000_000)] : []
    return atomic(service, [deduct(at(0), 5), topUp(at(1), 2), topUp(at(2), 3), ...refused])
  })
  const others = answers.filter(({ status }) => ![200, 409].includes(status))
  assert.deepEqual(
    others.map(({ status, body }) => [status, body.code]),
    [],
  )
  const balances = await Promise.all(users.map((user) => balanceOf(first, user)))
  const singles = answers.filter((_, index) => index % 3 === 0).length
  assert.equal(
    balances.reduce((sum, one) => sum + one, 0),
    600_000 - singles,
  )
  await endWatch()
  await assertSound(first.database)
})

test('an account that is locked is waited for, and holds up no other batch', async (t) => {
  const service = await startService(t)
  await openAccounts(service, { ada: 100, bob: 100, eve: 100 })
  const locked = "select id from accounts where user_id = 'bob' for update"
  const unlock = await lockRows(service.database, locked)
  const waiting = atomic(service, [deduct('ada', 1), deduct('bob', 1), deduct('eve', 1)])
  const isWaiting = async () => {
    const rows = await query(
      service.database,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
         and application_name like '%atomic%'`,
      [],
    )
    return rows.length > 0
  }
  try {
    assert.ok(await eventually(isWaiting, 3_000))
    const other = await atomic(service, [deduct('ada', 1), deduct('eve', 1)])
    assert.equal(other.status, 200, JSON.stringify(other.body))
  } finally {
    await unlock()
  }
  assert.equal((await waiting).status, 200)
  assert.equal(await balanceOf(service, 'bob'), 99)

  const lockedAgain = await lockRows(service.database, locked)
  const late = await atomic(service, [deduct('ada', 1, 'late'), deduct('bob', 1)])
  assertRefused(late, 'ACCOUNT_BUSY')
  await lockedAgain()
  assert.equal(await balanceOf(service, 'ada'), 98)
  const again = await atomic(service, [deduct('ada', 1, 'late'), deduct('bob', 1)])
  assert.deepEqual([again.status, again.body.results[0].replayed], [200, undefined])

  await t.test('in a batch that is not atomic it refuses its own items alone', async () => {
    const letGo = await lockRows(service.database, locked)
    const transfers = [deduct('ada', 1), deduct('bob', 1), deduct('eve', 1)]
    const answer = await service.asInternal('POST', '/transfers/batch', { transfers })
    await letGo()
    assert.deepEqual([answer.status, codes(answer)], [200, [200, 'ACCOUNT_BUSY', 200]])
    assert.equal(answer.body.results[1].status, 503)
  })
  await assertSound(service.database)
})

test('others are answered while a long batch is read, checked and written', async (t) => {
  const service = await startService(t)
  await openAccounts(service, { ada: 1_000_000 })
  const notes = { reason: 'x'.repeat(500), reference: 'y'.repeat(200) }
  const metadata = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`key_${index}`, 'z'.repeat(40)]),
  )
  for (const isAtomic of [false, true]) {
    const transfers = Array.from({ length: 1_000 }, () => {
      return { ...deduct('ada', 1), ...notes, metadata }
    })
    const body = JSON.stringify({ transfers, atomic: isAtomic })
    assert.ok(body.length > 3_000_000)
    const headers = [['x-internal-token', INTERNAL_TOKEN] as const, JSON_TYPE]
    const request = rawRequest('POST', '/transfers/batch', headers, body)
    const { answer, between, longestMs } = await callsMeanwhile(service.origin, request)
    assert.equal(answer.status, 200, JSON.stringify(answer.body).slice(0, 200))
    t.diagnostic(`${between} calls in between, the longest ${longestMs.toFixed(0)} ms`)
    assert.ok(between > 20, `${between} calls in between`)
  }
})
