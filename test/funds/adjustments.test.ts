import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSound } from '../support/ledger.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { assertDenied, issue } from '../support/tokens.ts'

test('money that an operator moves by hand', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const adjust = (body: object) => service.asAdmin('POST', '/api/funds/adjustments', body)
  const by = (amount: unknown, reason: unknown = 'by hand') => ({ user_id: 'ada', amount, reason })

  await t.test('goes both ways, once under a key', async () => {
    const given = await adjust({ ...by(250), idempotency_key: 'given' })
    assert.deepEqual([given.status, given.body.amount, given.body.balance], [201, 250, 1_250])
    const again = await adjust({ ...by(250), idempotency_key: 'given' })
    assert.deepEqual([again.status, again.body], [201, given.body])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')
    assertRefused(await adjust({ ...by(-250), idempotency_key: 'given' }), 'IDEMPOTENCY_KEY_REUSED')
    const taken = await adjust(by(-1_200))
    assert.deepEqual([taken.status, taken.body.amount, taken.body.balance], [201, -1_200, 50])
    const { body } = await service.asAdmin('GET', '/api/funds/transfers?kind=adjustment')
    assert.deepEqual(
      body.data.map(
        ({ kind, amount, debit_account, credit_account, reason }: Record<string, unknown>) => [
          kind,
          amount,
          debit_account,
          credit_account,
          reason,
        ],
      ),
      [
        ['adjustment', 1_200, 'ada', 'adjustments', 'by hand'],
        ['adjustment', 250, 'adjustments', 'ada', 'by hand'],
      ],
    )
    const statement = await service.asInternal('GET', '/account/ada/statement')
    assert.deepEqual(
      statement.body.movements.map(({ amount }: { amount: number }) => amount),
      [1_000, 250, -1_200],
    )
    assert.equal(statement.body.closing, 50)
  })

  await t.test('never below the floor, and of a frozen account too', async () => {
    const answer = await adjust(by(-51))
    assertRefused(answer, 'INSUFFICIENT_FUNDS')
    await service.asInternal('PATCH', '/account/ada', { status: 'frozen' })
    assert.equal((await adjust(by(-20))).body.balance, 30)
    assert.equal((await adjust(by(20))).body.balance, 50)
    await service.asInternal('PATCH', '/account/ada', { status: 'active', credit_limit: 10 })
    assert.equal((await adjust(by(-60))).body.balance, -10)
    assertRefused(await adjust(by(-1)), 'INSUFFICIENT_FUNDS')
    assert.equal((await adjust(by(60))).body.balance, 50)
    assertRefused(await adjust(by(9_007_199_254_740_991)), 'BALANCE_LIMIT')
  })

  await t.test('nothing else is taken', async () => {
    for (const body of [
      by(0),
      by(1.5),
      by('5'),
      by(5, ''),
      { user_id: 'ada', amount: 5 },
      { ...by(5), note: 'x' },
    ]) {
      assertRefused(await adjust(body), 'VALIDATION_FAILED', JSON.stringify(body))
    }
    assertRefused(await adjust({ ...by(5), user_id: 'nobody' }), 'ACCOUNT_NOT_FOUND')
    const auditor = await issue(service, { scope: 'admin', role: 'auditor' })
    assertDenied(await auditor.call('POST', '/api/funds/adjustments', by(5)), '`funds:write`')
    assert.equal((await auditor.call('GET', '/api/funds/accounts')).status, 200)
  })

  await t.test('and each is in the log, with who did it', async () => {
    const listed = async () => {
      const { body } = await service.asAdmin('GET', '/api/audit?event=funds.adjusted')
      return body.data as { actor: string; metadata: Record<string, unknown> }[]
    }
    assert.ok(await eventually(async () => (await listed()).length === 6, 10_000))
    const [last, first] = [(await listed())[0], (await listed()).at(-1)]
    assert.match(String(last?.actor), /^admin:/)
    assert.deepEqual(
      [first?.metadata['credit'], first?.metadata['debit']],
      ['acct_1', 'adjustments'],
    )
    const taken = (await listed()).filter(({ metadata }) => metadata['debit'] === 'acct_1')
    assert.equal(taken.length, 3)
  })
  await assertSound(service.database)
})
