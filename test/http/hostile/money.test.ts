import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalCode } from '../../../src/refusals/index.ts'
import { counts } from '../../support/counts.ts'
import { JSON_TYPE, type Target, assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'
import { startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

/** Amounts as they stand in the JSON text, and who refuses them: the schema or the parser. */
const AMOUNTS: [amount: string, code: RefusalCode][] = [
  ['"5"', 'VALIDATION_FAILED'],
  ['""', 'VALIDATION_FAILED'],
  ['"0x10"', 'VALIDATION_FAILED'],
  ['true', 'VALIDATION_FAILED'],
  ['[5]', 'VALIDATION_FAILED'],
  ['{"valueOf":5}', 'VALIDATION_FAILED'],
  ['null', 'VALIDATION_FAILED'],
  ['0', 'VALIDATION_FAILED'],
  ['0.0', 'VALIDATION_FAILED'],
  ['-1', 'VALIDATION_FAILED'],
  ['0.1', 'VALIDATION_FAILED'],
  ['1.5', 'VALIDATION_FAILED'],
  ['4.9999', 'VALIDATION_FAILED'],
  ['5e-1', 'VALIDATION_FAILED'],
  ['-0', 'MALFORMED_JSON'],
  ['-0.0', 'MALFORMED_JSON'],
  ['9007199254740992', 'MALFORMED_JSON'],
  ['9007199254740993', 'MALFORMED_JSON'],
  ['9007199254740991.4', 'MALFORMED_JSON'],
  ['0.99999999999999999999', 'MALFORMED_JSON'],
  ['1.00000000000000000001', 'MALFORMED_JSON'],
  ['-9007199254740993', 'MALFORMED_JSON'],
  ['1e308', 'MALFORMED_JSON'],
  ['1e400', 'MALFORMED_JSON'],
  ['1e-400', 'MALFORMED_JSON'],
  ['0x10', 'MALFORMED_JSON'],
  ['05', 'MALFORMED_JSON'],
  ['+5', 'MALFORMED_JSON'],
  ['1_000', 'MALFORMED_JSON'],
  ['5n', 'MALFORMED_JSON'],
]

function post(target: Target, path: string, body: string) {
  return target.send('POST', path, { headers: [JSON_TYPE], body })
}

test('an amount that is no exact integer from 1 to 2^53-1 is refused and moves nothing', async (t) => {
  counts(t, {
    promise: '8',
    what: 'Amounts that are no exact integer in their bounds',
    trials: AMOUNTS.length * 7,
  })
  const target = await startTarget(t)
  const charge = await target.asInternal('POST', '/deduct', { user_id: 'ada', amount: 100 })
  const hold = await target.asInternal('POST', '/holds', { user_id: 'ada', amount: 100 })
  const bodies: [path: string, bodyWith: (amount: string) => string][] = [
    ['/deduct', (amount) => `{"user_id":"ada","amount":${amount}}`],
    ['/top_up', (amount) => `{"user_id":"ada","amount":${amount}}`],
    ['/holds', (amount) => `{"user_id":"ada","amount":${amount}}`],
    ['/refund', (amount) => `{"transfer_id":"${charge.body.transfer_id}","amount":${amount}}`],
    [`/holds/${hold.body.hold_id}/capture`, (amount) => `{"amount":${amount}}`],
  ]
  for (const [path, bodyWith] of bodies) {
    await t.test(path, () =>
      assertUntouched(target, async () => {
        for (const [amount, code] of AMOUNTS) {
          assertRefused(await post(target, path, bodyWith(amount)), code, amount)
        }
      }),
    )
  }

  await t.test('a credit limit, which may be 0, and a lifetime', () =>
    assertUntouched(target, async () => {
      for (const [value, code] of AMOUNTS.filter(([amount]) => !/^0(\.0)?$/.test(amount))) {
        const body = `{"credit_limit":${value}}`
        const answer = await target.send('PATCH', '/account/ada', { headers: [JSON_TYPE], body })
        assertRefused(answer, code, value)
      }
      for (const [value, code] of AMOUNTS) {
        const body = `{"user_id":"ada","amount":5,"expires_in_s":${value}}`
        assertRefused(await post(target, '/holds', body), code, value)
      }
    }),
  )

  await t.test('an amount that is missing, or that the account has not', () =>
    assertUntouched(target, async () => {
      assertRefused(await post(target, '/deduct', '{"user_id":"ada"}'), 'VALIDATION_FAILED')
      const body = '{"user_id":"ada","amount":9007199254740991}'
      assertRefused(await post(target, '/deduct', body), 'INSUFFICIENT_FUNDS')
      assertRefused(await post(target, '/holds', body), 'INSUFFICIENT_FUNDS')
      assertRefused(await post(target, '/top_up', body), 'BALANCE_LIMIT')
    }),
  )
})

test('an integer means the same however it is written', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  for (const amount of ['5', '5.0', '5.000', '5e0', '50e-1', '0.5e1', '0.05E+2']) {
    const body = `{"user_id":"bob","amount":${amount}}`
    const answer = await service.asInternal('POST', '/top_up', body)
    assert.deepEqual([answer.status, answer.body.amount], [200, 5], amount)
  }
  assert.equal((await service.asInternal('GET', '/balance/bob')).body.balance, 35)
})

test('a balance goes up to 2^53-1 exactly and not further', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  const topUp = (amount: number) =>
    service.asInternal('POST', '/top_up', { user_id: 'bob', amount })
  assert.equal((await topUp(Number.MAX_SAFE_INTEGER)).body.balance, Number.MAX_SAFE_INTEGER)
  assertRefused(await topUp(1), 'BALANCE_LIMIT')
  assertRefused(await topUp(Number.MAX_SAFE_INTEGER), 'BALANCE_LIMIT')
  const deduct = await service.asInternal('POST', '/deduct', { user_id: 'bob', amount: 1 })
  assert.equal(deduct.body.balance, Number.MAX_SAFE_INTEGER - 1)
  assert.equal((await topUp(1)).body.balance, Number.MAX_SAFE_INTEGER)
})

test('what can be deducted goes up to 2^53-1 exactly, credit included, and not further', async (t) => {
  const service = await startService(t)
  const max = Number.MAX_SAFE_INTEGER
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  const move = (path: string, amount: number) =>
    service.asInternal('POST', path, { user_id: 'bob', amount })
  const credit = (credit_limit: number) =>
    service.asInternal('PATCH', '/account/bob', { credit_limit })
  const state = async () => {
    const { balance, available } = (await service.asInternal('GET', '/balance/bob')).body
    return { balance, available }
  }

  assert.equal((await move('/top_up', 1_000)).body.available, 1_000)
  assertRefused(await credit(max), 'BALANCE_LIMIT')
  assertRefused(await credit(max - 999), 'BALANCE_LIMIT')
  assert.deepEqual(await state(), { balance: 1_000, available: 1_000 })
  assert.equal((await credit(max - 1_000)).body.available, max)
  assert.deepEqual(await state(), { balance: 1_000, available: max })

  assertRefused(await move('/top_up', 1), 'BALANCE_LIMIT')
  const charge = await move('/deduct', 1)
  assert.equal(charge.body.available, max - 1)
  assert.equal((await move('/top_up', 1)).body.available, max)
  const refund = { transfer_id: charge.body.transfer_id }
  assertRefused(await service.asInternal('POST', '/refund', refund), 'BALANCE_LIMIT')
  assert.deepEqual(await state(), { balance: 1_000, available: max })

  // Held money can be had back, and a whole hold is captured.
  const hold = await move('/holds', max)
  assert.deepEqual([hold.status, hold.body.available], [201, 0])
  assertRefused(await move('/top_up', 1), 'BALANCE_LIMIT')
  await service.asInternal('POST', `/holds/${hold.body.hold_id}/release`)
  assert.deepEqual(await state(), { balance: 1_000, available: max })
  assert.equal((await move('/deduct', max)).body.balance, 1_000 - max)
  assert.equal((await service.asInternal('POST', '/refund', refund)).body.available, 1)
})

test('an account beyond that from before is not rounded, and comes down', async (t) => {
  const service = await startService(t)
  const max = Number.MAX_SAFE_INTEGER
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'bob', amount: 3 })
  await query(service.database, `update accounts set credit_limit = ${max} where user_id = 'bob'`)
  const read = () => service.asInternal('GET', '/balance/bob')
  assert.equal((await read()).body.available, max)
  const tier = await service.asInternal('PATCH', '/account/bob', { tier: 'free' })
  assert.deepEqual([tier.status, tier.body.available], [200, max])
  const top = await service.asInternal('POST', '/top_up', { user_id: 'bob', amount: 1 })
  assertRefused(top, 'BALANCE_LIMIT')
  const deduct = (amount: number) =>
    service.asInternal('POST', '/deduct', { user_id: 'bob', amount })
  assert.equal((await deduct(1)).body.available, max)
  assert.equal((await deduct(2)).body.available, max)
  assert.equal((await deduct(1)).body.available, max - 1)
})
