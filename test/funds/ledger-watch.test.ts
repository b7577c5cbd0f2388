import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchLedger } from '../support/ledger-watch.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

test('the watch beside a drill finds each way to break the ledger meanwhile', async (t) => {
  const service = await startService(t)
  const { database } = service
  const post = (path: string, body: object = {}) => service.asInternal('POST', path, body)
  await post('/account', { user_id: 'ada', tier: 'pro' })
  await post('/top_up', { user_id: 'ada', amount: 1_000 })

  const goOn = watchLedger(t, database.url)
  await post('/deduct', { user_id: 'ada', amount: 100 })
  const hold = await post('/holds', { user_id: 'ada', amount: 200 })
  await post(`/holds/${hold.body.hold_id}/capture`, { amount: 150 })
  await post('/grants', { user_id: 'ada', amount: 50 })
  await goOn()

  const ada = `(select id from accounts where user_id = 'ada')`
  const columns = `debit_account_id, credit_account_id, asset, amount, kind, balance_after, held_after,
    available_after, fingerprint, actor, created_at`
  const add = `insert into transfers (account_id, seq, idempotency_key, ${columns})
    select account_id, seq + 1, 'another', ${columns} from transfers
    where account_id = ${ada} order by seq desc limit 1`
  for (const [edit, undo, finding] of [
    [
      `update accounts set balance = balance + 1 where user_id = 'ada'`,
      `update accounts set balance = balance - 1 where user_id = 'ada'`,
      /not the sum of its transfers/,
    ],
    [
      `update accounts set held = held + 1, balance = balance + 1 where user_id = 'ada'`,
      `update accounts set held = held - 1, balance = balance - 1 where user_id = 'ada'`,
      /not as its last transfer left it/,
    ],
    [add, `delete from transfers where seq > (select seq from accounts where id = ${ada})`, /gap/],
    [
      `alter table accounts drop constraint accounts_floor;
       update accounts set lapsed = -2000 where user_id = 'ada'`,
      `update accounts set lapsed = 0 where user_id = 'ada'`,
      /below its floor/,
    ],
  ] as const) {
    const end = watchLedger(t, database.url)
    await query(database, 'alter table transfers disable trigger all')
    await query(database, edit)
    await assert.rejects(end, finding)
    await query(database, undo)
  }
  const after = watchLedger(t, database.url)
  await after()
})
