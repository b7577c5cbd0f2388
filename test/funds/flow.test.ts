import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startService } from '../support/service.ts'

const MOST = Number.MAX_SAFE_INTEGER

test('what moved on all accounts is exact, however much it was', async (t) => {
  const service = await startService(t)
  for (const user_id of ['ada', 'bob', 'cleo']) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount: MOST })
    await service.asInternal('POST', '/deduct', { user_id, amount: 7 })
  }
  const { body } = await service.asAdmin('GET', '/api/funds/flow?bucket=day')
  const [deducted, toppedUp] = body.data as Record<string, unknown>[]
  assert.deepEqual([deducted?.['kind'], deducted?.['amount']], ['deduct', -21])
  assert.equal(deducted?.['amount_exact'], undefined)
  assert.deepEqual(
    [toppedUp?.['kind'], toppedUp?.['amount'], toppedUp?.['amount_exact']],
    ['top_up', 3 * MOST, String(3n * BigInt(MOST))],
  )
})
