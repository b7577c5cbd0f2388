import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertSound } from '../support/ledger.ts'
import { lockRows } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Answer, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

const ADA = "select id from accounts where user_id = 'ada' for update"

test('an account that is locked holds up its own callers and nobody else', async (t) => {
  const service = await startService(t)
  for (const user of ['ada', 'bob']) {
    await service.asInternal('POST', '/account', { user_id: user, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: user, amount: 1_000 })
  }
  const { body: charge } = await service.asInternal('POST', '/deduct', {
    user_id: 'ada',
    amount: 1,
  })
  const deduct = (user: string, key?: string) =>
    service.asInternal('POST', '/deduct', { user_id: user, amount: 1, idempotency_key: key })

  await t.test('who waits long enough is served, once', async () => {
    const unlock = await lockRows(service.database, ADA)
    let isServed = false
    const waiting = Promise.all([
      ...Array.from({ length: 10 }, (_, index) => deduct('ada', `key-${index % 5}`)),
      service.asInternal('POST', '/refund', { transfer_id: charge.transfer_id }),
    ]).then((answers) => {
      isServed = true
      return answers
    })
    let others: Answer[] = []
    try {
      others = await Promise.all([deduct('bob'), deduct('bob'), deduct('bob'), deduct('nobody')])
      assertRefused(others.pop() ?? charge, 'ACCOUNT_NOT_FOUND')
      const read = await service.asInternal('GET', '/balance/ada')
      assert.deepEqual([read.status, read.body.balance], [200, 999])
      assert.equal(isServed, false)
    } finally {
      await unlock()
    }
    assert.ok(others.every(({ status }) => status === 200))
    const answers = await waiting
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(new Set(answers.map(({ body }) => body.transfer_id)).size, 6)
    assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 995)
  })

  await t.test('who does not is told that nothing was done, which is so', async () => {
    const unlock = await lockRows(service.database, ADA)
    const past = `/balance/ada?at=${encodeURIComponent(charge.created_at)}`
    const asked = Promise.all([
      deduct('ada', 'key-late'),
      service.asInternal('GET', past),
      service.asInternal('DELETE', '/account/ada?force=true'),
    ])
    const refused = await asked.finally(() => void unlock())
    for (const answer of refused) {
      assertRefused(answer, 'ACCOUNT_BUSY')
      assert.equal(answer.headers.get('retry-after'), '1')
    }
    assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 995)
    const again = await deduct('ada', 'key-late')
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, null])
  })
  await assertSound(service.database)
})

test('paid usage: a customer or account that is locked holds up no other customer', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const customers = []
  for (let index = 0; index < 2; index++) {
    const made = await createCustomer(service, { email: `${index}@example.com`, plan: 'paid' })
    await service.asInternal('POST', '/account', { user_id: made.customerId, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: made.customerId, amount: 10_000 })
    customers.push({ ...made, call: asCustomer(service, made.apiKey) })
  }
  const [first, second] = customers
  assert.ok(first && second)
  const report = (customer: typeof first): Promise<Answer> =>
    customer.call('POST', '/api/usage/report', { metrics: { calls: 1 } })
  const reported = await report(first)
  assert.equal(reported.status, 201, JSON.stringify(reported.body))

  for (const rows of [
    `select id from accounts where user_id = '${first.customerId}' for update`,
    `select id from customers where id = '${first.customerId}' for no key update`,
  ]) {
    const unlock = await lockRows(service.database, rows)
    const waiting = Promise.all([report(first), report(first)])
    try {
      const others: Answer[] = await Promise.all([report(second), report(second), report(second)])
      assert.ok(
        others.every(({ status }) => status === 201),
        rows,
      )
    } finally {
      await unlock()
    }
    assert.ok((await waiting).every(({ status }) => status === 201))
  }
  const { body } = await service.asInternal('GET', `/balance/${first.customerId}`)
  assert.equal(body.balance, 10_000 - 5 * 2)
  await assertSound(service.database)
})

test('the largest batches wait for a locked account whole, and keep their order', async (t) => {
  const service = await startService(t)
  const count = 1_000
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'paid',
  })
  for (const user_id of ['ada', customerId]) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount: 10_000 })
  }
  const call = asCustomer(service, apiKey)
  await call('POST', '/api/usage/report', { metrics: { calls: 1 } })
  const unlock = await lockRows(
    service.database,
    `select id from accounts where user_id in ('ada', '${customerId}') for update`,
  )
  const transfers = Array.from({ length: count }, () => ({
    op: 'deduct',
    user_id: 'ada',
    amount: 1,
  }))
  const reports = Array.from({ length: count }, () => ({ metrics: { calls: 1 } }))
  const asked = Promise.all([
    service.asInternal('POST', '/transfers/batch', { transfers }),
    call('POST', '/api/usage/report/batch', { reports }),
  ])
  // All of both wait by then, unless the machine is slow: their callers wait for 4 s at most.
  const isWaiting = async () => {
    const { body } = await service.asAdmin('GET', '/metrics')
    const waiting = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(body)?.[1])
    return (
      waiting('strongroom_funds_waiting') >= count && waiting('strongroom_usage_waiting') >= count
    )
  }
  await eventually(isWaiting, 2_000)
  await unlock()
  const [moved, reported] = await asked
  const results = moved.body.results as { status: number; body: { balance: number } }[]
  assert.deepEqual(
    results.map(({ status, body }) => [status, body.balance]),
    transfers.map((_, index) => [200, 9_999 - index]),
  )
  const stored = reported.body.results as { status: string }[]
  assert.deepEqual(new Set(stored.map(({ status }) => status)), new Set(['created']))
  assert.equal(stored.length, count)
  await assertSound(service.database)
})

test('overlapping batches of two processes and locks of strangers: exact, and no deadlock', async (t) => {
  counts(t, {
    promise: '7',
    what: 'Charges of two processes, and locks of strangers',
    trials: scaled(20_000, 160),
  })
  const one = await startService(t)
  const two = await startService(t, {}, one.database)
  const users = Array.from({ length: 12 }, (_, index) => `user-${index}`)
  for (const user of users) {
    await one.asInternal('POST', '/account', { user_id: user, tier: 'pro' })
    await one.asInternal('POST', '/top_up', { user_id: user, amount: 10_000 })
  }
  const calls = scaled(20_000, 160)
  const over = new AbortController()
  const stranger = async () => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      const pair = [users[turn % 12], users[(turn * 5 + 3) % 12]]
      const unlock = await lockRows(
        one.database,
        `select id from accounts where user_id in ('${pair.join("','")}') order by id for update`,
      )
      await one.asInternal('GET', `/balance/${pair[0]}`)
      await unlock()
    }
  }
  const strangers = stranger()
  const answers = await inParallel(calls, 12, (index) => {
    const user = users[(index * 7) % 12] ?? ''
    const service = index % 2 ? one : two
    return service.asInternal('POST', '/deduct', { user_id: user, amount: 1 })
  }).finally(() => over.abort())
  await strangers
  const done = answers.filter(({ status }) => status === 200).length
  const codes = new Set(answers.flatMap(({ body }) => body.code ?? []))
  assert.ok(
    [...codes].every((code) => code === 'ACCOUNT_BUSY'),
    [...codes].join(),
  )
  assert.ok(done > calls / 2)
  const [found] = await query<{ charges: number; deadlocks: number }[]>(
    one.database,
    `select (select count(*)::int from transfers where kind = 'deduct') as charges,
      (select deadlocks::int from pg_stat_database where datname = current_database()) as deadlocks`,
  )
  assert.deepEqual(found, { charges: done, deadlocks: 0 })
  await assertSound(one.database)
})
