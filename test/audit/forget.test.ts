import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportLog } from '../../src/audit/export.ts'
import { transferSource } from '../../src/funds/log-source.ts'
import { forgetPersonal } from '../../src/audit/personal.ts'
import { forgetSalt } from '../../src/funds/forget.ts'
import { type Details, commitmentsOf } from '../../src/funds/commitments.ts'
import { settled } from '../support/audit.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

test('what is personal of an account goes once it is closed; nothing else ever changes', async (t) => {
  const service = await startService(t)
  const { app, database } = service
  const details = { reason: 'Canary Street', reference: 'canary-1', metadata: { note: 'canary' } }
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', {
    user_id: 'ada',
    amount: 5,
    ...details,
    idempotency_key: 'canary-key',
  })
  await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 5 })

  const [account] = await query<{ id: string; salt: Buffer }[]>(
    database,
    `select id, salt from accounts where user_id = 'ada'`,
  )
  assert.ok(account)
  const columns = `seq::int, kind, amount::int, reason, reference, metadata, ip, idempotency_key as "idempotencyKey",
    fingerprint, ip_commitment, details_commitment`
  const transfersNow = () =>
    query<(Omit<Details, 'seq'> & { seq: number } & Record<string, unknown>)[]>(
      database,
      `select ${columns} from transfers order by seq`,
    )
  const before = await transfersNow()
  const expected = before.map((row) =>
    commitmentsOf(account.salt, { ...row, seq: BigInt(row.seq) }),
  )
  const log = async () => {
    const lines: string[] = []
    const { firstMisfit } = await exportLog(app.audit.sql, transferSource, {
      lines: async (chunk) => void lines.push(chunk.toString()),
      hashes: async () => undefined,
      report: () => undefined,
    })
    assert.equal(firstMisfit, null)
    return lines.join('')
  }
  await settled(service)
  const logged = await log()
  const forget = () =>
    app.db.transaction(async (tx) => {
      await forgetPersonal(tx, [`acct_${account.id}`], 100)
      await forgetSalt(tx, BigInt(account.id))
    })

  await assert.rejects(forget, 'an account in use')
  assert.deepEqual(await transfersNow(), before)

  await query(database, `update accounts set status = 'closed' where user_id = 'ada'`)
  await forget()
  const after = await transfersNow()
  assert.deepEqual(
    after.map(({ seq, kind, amount }) => [seq, kind, amount]),
    before.map(({ seq, kind, amount }) => [seq, kind, amount]),
  )
  assert.deepEqual(
    after.map((row) => [row['ip_commitment'], row['details_commitment']]),
    expected.map(({ ip, details: one }) => [ip, one]),
  )
  const everything = await query<{ row: string }[]>(
    database,
    `select t::text as row from transfers t union all select p::text from audit_personal p
    union all select r::text from audit_records r`,
  )
  const text = JSON.stringify(everything)
  assert.ok(!/canary/i.test(text) && !text.includes('127.0.0.1'), text)
  assert.deepEqual(
    await query(database, 'select 1 from accounts where salt is not null and user_id is not null'),
    [],
  )
  await forget()
  assert.deepEqual(await transfersNow(), after)
  assert.equal(await log(), logged, 'the log is what it was, to the byte')
  const { body } = await service.asAdmin('GET', `/api/audit?subject=acct_${account.id}&limit=2`)
  for (const { ip, metadata } of body.data) {
    assert.match(ip, /^sha256:/)
    assert.match(metadata.details, /^sha256:/)
  }

  for (const change of [
    'amount = amount + 1',
    `reason = 'other'`,
    `details_commitment = 'sha256:00'`,
    'audit_record_id = null',
    `actor = 'system'`,
  ]) {
    await assert.rejects(query(database, `update transfers set ${change}`), /never changed/, change)
  }
  await assert.rejects(query(database, 'delete from transfers'), /never changed/)
})
