import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { SERVICE_ROLE } from '../support/database.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { assertNothingWritten, query } from '../support/tables.ts'

test('promise 14: with any audit table closed, no act happens and the caller is told so', async (t) => {
  const tried = counts(t, {
    promise: '14',
    what: 'Acts while a table of the log can’t be written',
    trials: 0,
  })
  const service = await startService(t)
  const { database } = service
  const { body: created } = await service.asAdmin('POST', '/api/customers', {
    email: 'ada@example.com',
  })
  const customer = `/api/customers/${created.customer.customer_id}`
  const { body: key } = await service.asAdmin('POST', `${customer}/api-keys`, {})
  const { body: license } = await service.asAdmin('POST', '/api/licenses', {
    customer_id: created.customer.customer_id,
  })
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const { body: charge } = await service.asInternal('POST', '/deduct', {
    user_id: 'ada',
    amount: 10,
  })
  const { body: hold } = await service.asInternal('POST', '/holds', { user_id: 'ada', amount: 10 })

  const acts = [
    () => service.asAdmin('POST', '/api/customers', { email: 'bob@example.com' }),
    () => service.asAdmin('PATCH', customer, { status: 'suspended' }),
    () => service.asAdmin('POST', `${customer}/api-keys`, {}),
    () => service.asAdmin('GET', `${customer}/export`),
    () => service.asAdmin('DELETE', customer),
    () => service.asAdmin('POST', `${customer}/api-keys/${key.key.key_id}/rotate`, {}),
    () => service.asAdmin('DELETE', `${customer}/api-keys/${key.key.key_id}`),
    () => service.asAdmin('PUT', '/api/plans/pro', { name: 'Pro', features: {}, limits: {} }),
    () => service.asAdmin('POST', '/api/licenses', { customer_id: created.customer.customer_id }),
    () => service.asAdmin('POST', `/api/licenses/${license.license.license_id}/revoke`, {}),
    () => service.asAdmin('DELETE', '/api/usage/cleanup?older_than_days=1'),
    () => service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' }),
    () => service.asInternal('PATCH', '/account/ada', { status: 'frozen' }),
    () => service.asInternal('GET', '/account/ada/export'),
    () => service.asInternal('DELETE', '/account/ada?force=true'),
    () => service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
    () => service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1 }),
    () => service.asInternal('POST', '/refund', { transfer_id: charge.transfer_id }),
    () => service.asInternal('POST', '/holds', { user_id: 'ada', amount: 1 }),
    () => service.asInternal('POST', `/holds/${hold.hold_id}/capture`, {}),
    () => service.asInternal('POST', `/holds/${hold.hold_id}/release`, {}),
  ]
  const state = () =>
    query(
      database,
      `select row_to_json(a)::text from accounts a union all select row_to_json(c)::text from customers c
      union all select row_to_json(k)::text from api_keys k union all select row_to_json(h)::text from holds h
      union all select row_to_json(l)::text from licenses l order by 1`,
    )
  const tables = await query<{ name: string }[]>(
    database,
    `select table_name as name from information_schema.tables where table_name like 'audit\\_%'`,
  )
  assert.ok(tables.length >= 7)
  tried.trials = tables.length * acts.length
  tried.faults = tables.length
  const before = await state()
  await assertNothingWritten(database, async () => {
    for (const { name } of tables) {
      await query(database, `revoke insert on ${name} from ${SERVICE_ROLE}`)
      for (const act of acts) {
        const answer = await act()
        assertRefused(answer, 'DATABASE_UNAVAILABLE', name)
      }
      await query(database, `grant insert on ${name} to ${SERVICE_ROLE}`)
    }
  })
  assert.deepEqual(await state(), before)
  assert.equal(
    (await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })).status,
    200,
  )
})
