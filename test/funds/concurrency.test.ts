import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin } from '../support/database.ts'
import { startService } from '../support/service.ts'

/** Runs `count` calls, at most `clients` of them at once. */
async function inParallel<T>(
  count: number,
  clients: number,
  call: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const client = async () => {
    while (next < count) {
      const index = next++
      results[index] = await call(index)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return results
}

test('200 clients ask 10,000 deducts of 1 from 5,000: exactly 5,000 succeed', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'hot', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'hot', amount: 5_000 })

  const answers = await inParallel(10_000, 200, () =>
    service.asInternal('POST', '/deduct', { user_id: 'hot', amount: 1 }),
  )

  const paid = answers.filter((answer) => answer.status === 200)
  const refused = answers.filter((answer) => answer.body.code === 'INSUFFICIENT_FUNDS')
  assert.equal(paid.length, 5_000)
  assert.equal(refused.length, 5_000)
  assert.equal(new Set(paid.map((answer) => answer.body.transfer_id)).size, 5_000)
  const { body } = await service.asInternal('GET', '/balance/hot')
  assert.equal(body.balance, 0)

  const [sums] = await asAdmin(
    service.database.adminUrl,
    (sql) => sql`
      select count(*)::int as transfers, max(seq)::int as seq,
        sum(case when credit_account_id = account_id then amount else -amount end)::int as balance
      from transfers`,
  )
  assert.deepEqual({ ...sums }, { transfers: 5_001, seq: 5_001, balance: 0 })
})

test('one key sent 20 times at once, over two replicas, moves money once', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100_000 })

  for (let round = 0; round < 20; round++) {
    const answers = await inParallel(20, 20, (index) =>
      (index % 2 === 0 ? service : replica).asInternal('POST', '/deduct', {
        user_id: 'ada',
        amount: 7,
        idempotency_key: `round-${round}`,
      }),
    )
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.body]),
      answers.map(() => [200, answers[0]?.body]),
    )
    const first = answers.filter((answer) => !answer.headers.has('idempotent-replayed'))
    assert.equal(first.length, 1)
  }
  const { body } = await service.asInternal('GET', '/balance/ada')
  assert.equal(body.balance, 100_000 - 20 * 7)
})
