import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { createDatabase } from '../support/database.ts'
import { assertSound } from '../support/ledger.ts'
import { type Random, randomOf } from '../support/random.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

const AMOUNT = 150
const CALLS = 200
/** Besides, of so many at once: nothing was done. */
const BUSY = 'ACCOUNT_BUSY'
const EXPECTED = [BUSY, 'BUDGET_EXCEEDED', 'BATCH_REFUSED', 'HOLD_CLOSED', 'ALREADY_REFUNDED']

test('a budget is made in the midst of calls of every kind at once, and none of them passes it', async (t) => {
  const rounds = scaled(50, 2, 20)
  counts(t, {
    promise: '21',
    what: 'Charges, holds, batches, refunds and reports at once on two processes, and a hard budget',
    trials: rounds * CALLS,
  })
  const database = await createDatabase()
  t.after(() => database.drop())
  const processes = [await startService(t, {}, database), await startService(t, {}, database)]
  const [service] = processes
  assert.ok(service)
  await putPlan(service, 'paid', { metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } } })
  for (let round = 0; round < rounds; round++) {
    const email = `user-${round}@example.com`
    const { customerId: userId, apiKey } = await createCustomer(service, { email, plan: 'paid' })
    await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: userId, amount: 10_000 })
    const random = randomOf(round)
    const path = `/account/${userId}/budgets/b`
    await inParallel(CALLS, 12, async (index) => {
      // Both have charged the account, and remember it.
      if (index === 20) {
        const made = await service.asInternal('PUT', path, { amount: AMOUNT, window: 'total' })
        assert.equal(made.status, 200)
      }
      const at = processes[index % 2] ?? service
      assertExpected(await callOf(at, { userId, apiKey, random, isFirst: index < 20 }))
    })
    const budget: Answer = await service.asInternal('GET', path)
    const { most, used } = await countedOf(service, userId)
    assert.equal(budget.body.used, used)
    assert.ok(most <= AMOUNT, `${most} was counted at once`)
    assert.ok(most > AMOUNT - 10, `only ${most}: the budget has not been reached`)
  }
  await assertSound(database)
})

interface Caller {
  userId: string
  apiKey: string
  random: Random
  isFirst: boolean
}

/** One of the ways in which an account is charged, and gets something back. */
async function callOf(at: Service, { userId, apiKey, random, isFirst }: Caller): Promise<Answer> {
  const amount = random.int(1, 5)
  const of = { user_id: userId, amount }
  const kind = isFirst ? 0 : random.int(0, 5)
  if (kind === 0) return at.asInternal('POST', '/deduct', of)
  if (kind === 1) {
    const charge = await at.asInternal('POST', '/deduct', of)
    if (charge.status !== 200) return charge
    return at.asInternal('POST', '/refund', { transfer_id: charge.body.transfer_id, amount: 1 })
  }
  if (kind === 2) {
    const hold = await at.asInternal('POST', '/holds', of)
    if (hold.status !== 201) return hold
    const end = random.pick(['capture', 'release'])
    return at.asInternal(
      'POST',
      `/holds/${hold.body.hold_id}/${end}`,
      end === 'capture' ? { amount: 1 } : {},
    )
  }
  if (kind === 3) {
    const report = { metrics: { calls: amount } }
    return asCustomer(at, apiKey)('POST', '/api/usage/report', report)
  }
  const transfers = [
    { op: 'deduct', ...of },
    { op: 'hold', ...of },
    { op: 'deduct', user_id: userId, amount: 1 },
  ]
  return at.asInternal('POST', '/transfers/batch', { transfers, atomic: kind === 4 })
}

function assertExpected({ status, body }: Answer): void {
  const codes = [body.code, ...(body.results ?? []).map((one: Answer) => one.body.code)]
  const others = codes.filter((code) => code !== undefined && !EXPECTED.includes(code))
  assert.ok(
    (status < 500 || body.code === BUSY) && others.length === 0,
    `${status} ${JSON.stringify(body)}`,
  )
}

/** What the transfers since the budget was made come to, as it counts them, and the most that was. */
async function countedOf(service: Service, userId: string) {
  const rows = await query(
    service.database,
    `select t.seq::int, t.kind, t.amount::int, t.target_seq::int as target, b.since_seq::int as since
     from budgets b join accounts a on a.id = b.account_id join transfers t on t.account_id = a.id
     where a.user_id = '${userId}' order by t.seq`,
  )
  const isCounted = ({ seq, target, since }: (typeof rows)[number]) => (target ?? seq) > since
  let [used, most] = [0, 0]
  for (const row of rows.filter(isCounted)) {
    const sign = { deduct: 1, hold: 1, release: -1, refund: -1 }[String(row['kind'])] ?? 0
    used += sign * Number(row['amount'])
    most = Math.max(most, used)
  }
  return { used, most }
}
