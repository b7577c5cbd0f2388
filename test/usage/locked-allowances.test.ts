import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertSound } from '../support/ledger.ts'
import { lockRows } from '../support/locks.ts'
import { inParallel } from '../support/scale.ts'
import { type Answer, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

interface Caller {
  customerId: string
  call: ReturnType<typeof asCustomer>
}

test('reports of a customer whose rows are locked keep no other from being stored, and are stored once', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'paid', { metered: { paid: { via: 'funds', asset: 'USD/2', price: 2 } } })
  const customers: Caller[] = []
  for (let index = 0; index < 2; index++) {
    const made = await createCustomer(service, { email: `${index}@example.com`, plan: 'paid' })
    await service.asInternal('POST', '/account', { user_id: made.customerId, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: made.customerId, amount: 10_000 })
    customers.push({ customerId: made.customerId, call: asCustomer(service, made.apiKey) })
  }
  const [first, second] = customers
  assert.ok(first && second)
  const ofFirst = `customer_id = '${first.customerId}' for update`
  let stored = 0
  for (const metric of ['plain', 'paid']) {
    const report = (customer: Caller): Promise<Answer> =>
      customer.call('POST', '/api/usage/report', { metrics: { [metric]: 1 } })
    for (const customer of customers) assert.equal((await report(customer)).status, 201)
    for (const rows of [
      `select from usage_allowances where ${ofFirst}`,
      `select from usage_totals where ${ofFirst}`,
    ]) {
      const unlock = await lockRows(service.database, rows)
      const waiting: Promise<Answer[]> = inParallel(3, 3, () => report(first))
      const others: Answer[] = await inParallel(3, 3, () => report(second)).finally(
        () => void unlock(),
      )
      assert.deepEqual(
        others.map(({ status }) => status),
        [201, 201, 201],
        `${metric}: ${rows}`,
      )
      const answers = await waiting
      const refused = answers.filter(({ status }) => status !== 201).map(({ body }) => body)
      stored += answers.length - refused.length
      assert.deepEqual(refused, [], `${metric}: ${rows}`)
    }
  }
  assert.equal(stored, 12)
  const [row] = await query<{ values: number; sum: number }[]>(
    service.database,
    `select value_count as values, (
       select sum(sum)::int from usage_totals t where t.customer_id = a.customer_id and period = 'month'
     ) as sum
     from usage_allowances a where a.customer_id = '${first.customerId}'`,
  )
  assert.deepEqual(row, { values: stored + 2, sum: stored + 2 })
  const { body } = await service.asInternal('GET', `/balance/${first.customerId}`)
  assert.equal(body.balance, 10_000 - 7 * 2)
  await assertSound(service.database)
})
