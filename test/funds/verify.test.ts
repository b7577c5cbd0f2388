import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../../src/database/connect.ts'
import { describeVerification, verifyLedger } from '../../src/funds/verify.ts'
import { asAdmin } from '../support/database.ts'
import { startService } from '../support/service.ts'

test('the ledger verifies, and each way to break it is found', async (t) => {
  const service = await startService(t)
  const post = (path: string, body: object = {}) => service.asInternal('POST', path, body)
  for (const user_id of ['ada', 'bob']) {
    await post('/account', { user_id, tier: 'pro' })
    await post('/top_up', { user_id, amount: 1_000 })
    const charge = await post('/deduct', { user_id, amount: 100 })
    await post('/refund', { transfer_id: charge.body.transfer_id, amount: 40 })
    const hold = await post('/holds', { user_id, amount: 200 })
    await post(`/holds/${hold.body.hold_id}/capture`, { amount: 150 })
    await post('/holds', { user_id, amount: 10 })
    await post('/grants', { user_id, amount: 50 })
    await post('/deduct', { user_id, amount: 20 })
  }
  const sql = connect(
    { url: service.database.url, ssl: 'disable', ca: undefined },
    { name: 'verify', connectionsMax: 1 },
  )
  t.after(() => sql.end())

  const sound = await verifyLedger(sql)
  assert.deepEqual(sound.findings, [])
  assert.equal(
    describeVerification(sound),
    'The ledger is sound: 18 transfers, 2 accounts, 1 asset, every sum zero.\n',
  )

  const last = `account_id = (select min(account_id) from transfers) and seq`
  for (const [edit, rule] of [
    [`update accounts set balance = balance + 1 where user_id = 'ada'`, /sum to zero/],
    [`update accounts set held = held - 1 where user_id = 'ada'`, /open holds/],
    [`update accounts set seq = seq - 1 where user_id = 'ada'`, /last transfer/],
    [`update transfers set amount = amount + 1 where ${last} = 2`, /following from/],
    [`update transfers set balance_after = balance_after + 1 where ${last} = 1`, /following from/],
    [`delete from transfers where ${last} = 3`, /without a gap/],
    [`update transfers set asset = 'EUR/2' where ${last} = 2`, /one asset/],
    [
      `update transfers set credit_account_id = (select id from accounts where system = 'stripe') where ${last} = 2`,
      /between the accounts/,
    ],
    [`update transfers set amount = amount + 900 where ${last} = 3`, /at most in full/],
    [`update accounts set granted = granted - 1 where user_id = 'ada'`, /has in grants/],
    [`update grants set remaining = remaining + 1`, /without what they took/],
    [
      `update transfers set grants = '[[1, 21]]' where grants is not null and kind = 'deduct'`,
      /at most its amount/,
    ],
    [`update holds set status = 'released', captured = 0 where status = 'captured'`, /every hold/],
  ] as const) {
    await asAdmin(service.database.adminUrl, async (admin) => {
      await admin.begin(async (tx) => {
        await tx.unsafe(`alter table transfers disable trigger all`)
        await tx.unsafe(edit)
        const { findings } = await verifyIn(tx)
        assert.match(findings.map((finding) => finding.rule).join('; '), rule, edit)
        await tx.unsafe('rollback')
      })
    })
  }
  assert.deepEqual((await verifyLedger(sql)).findings, [])
})

/** Inside the transaction that made the edit, which is then rolled back. */
function verifyIn(tx: Parameters<typeof verifyLedger>[0] | object) {
  const same = { begin: (_options: string, work: (inner: object) => unknown) => work(tx) }
  return verifyLedger(same as unknown as Parameters<typeof verifyLedger>[0])
}
