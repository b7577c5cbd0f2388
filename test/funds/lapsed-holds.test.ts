import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { addLapsedHolds } from '../support/lapsed-holds.ts'
import { assertSound } from '../support/ledger.ts'
import { lockRows } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { scaled } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const COUNT = scaled(150_000, 3_000, 50_000)
/** What a batch of one call may write: its own transfer and the holds it ends. */
const TOGETHER_MAX = 301

async function openAccounts(service: Service, ...users: string[]): Promise<void> {
  for (const user of users) {
    await service.asInternal('POST', '/account', { user_id: user, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: user, amount: COUNT })
  }
}

async function count(service: Service, rows: string): Promise<number> {
  const [row] = await query<{ n: number }[]>(
    service.database,
    `select count(*)::int as n from ${rows}`,
  )
  return row?.n ?? -1
}

async function largestAuditRow(service: Service): Promise<number> {
  const [row] = await query<{ n: number }[]>(
    service.database,
    'select max(cardinality(account_ids))::int as n from audit_records',
  )
  return row?.n ?? -1
}

test('any number of lapsed holds counts at once, and is ended a few hundred at a time', async (t) => {
  counts(t, { promise: '4', what: 'Lapsed holds of one account count at once', trials: COUNT })
  const service = await startService(t)
  await openAccounts(service, 'ada', 'bob')
  await addLapsedHolds(service.database, 'ada', COUNT)
  const deduct = (user: string, amount: number) =>
    service.asInternal('POST', '/deduct', { user_id: user, amount })

  const { body: balance } = await service.asInternal('GET', '/balance/ada')
  assert.deepEqual([balance.balance, balance.held, balance.available], [COUNT, 0, COUNT])
  assert.equal((await deduct('ada', COUNT + 1)).body.code, 'INSUFFICIENT_FUNDS')
  const all = await deduct('ada', COUNT)
  assert.deepEqual([all.status, all.body.balance, all.body.available], [200, 0, 0])
  assert.equal((await deduct('ada', 1)).body.code, 'INSUFFICIENT_FUNDS')
  const credit = await service.asInternal('PATCH', '/account/ada', { credit_limit: 5 })
  assert.deepEqual([credit.status, credit.body.available], [200, 5])
  assert.equal((await deduct('ada', 5)).body.available, 0)
  const refused = await service.asInternal('PATCH', '/account/ada', { credit_limit: 4 })
  assert.equal(refused.body.code, 'CREDIT_LIMIT_IN_USE')

  assert.ok((await largestAuditRow(service)) <= TOGETHER_MAX)
  await assertSound(service.database)

  await t.test('no batch of others has any of them in it', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => deduct(index % 2 ? 'ada' : 'bob', 1)),
    )
    const mixed = await count(
      service,
      `audit_records r where exists (
        select from accounts where user_id = 'bob' and id = any(r.account_ids)
      ) and (
        select count(*) from accounts a, unnest(r.account_ids) as one where a.id = one and a.user_id = 'ada'
      ) > 40`,
    )
    assert.equal(mixed, 0)
  })

  await t.test('the job ends them all, page by page', async () => {
    const none = async () => (await count(service, "holds where status = 'open'")) === 0
    assert.ok(await eventually(none, scaled(300_000, 60_000)))
    assert.ok((await largestAuditRow(service)) <= TOGETHER_MAX + 40)
    assert.equal(await count(service, "holds where status = 'expired'"), COUNT)
    await assertSound(service.database)
  })
})

test('an account that is locked keeps the job from no other', async (t) => {
  const service = await startService(t)
  await openAccounts(service, 'ada', 'bob')
  await addLapsedHolds(service.database, 'ada', 700)
  await addLapsedHolds(service.database, 'bob', 10)
  const exported = await service.asInternal('GET', '/account/bob/export')
  assert.equal(exported.body.account.held, 0)
  const open = (user: string) =>
    count(
      service,
      `holds h join accounts a on a.id = h.account_id
       where h.status = 'open' and a.user_id = '${user}'`,
    )
  const unlock = await lockRows(
    service.database,
    "select id from accounts where user_id = 'ada' for update",
  )
  try {
    // The job may have had its first page before the lock.
    const left = await open('ada')
    assert.ok(left > 0)
    assert.ok(await eventually(async () => (await open('bob')) === 0, 60_000))
    assert.equal(await open('ada'), left)
  } finally {
    await unlock()
  }
  assert.ok(await eventually(async () => (await open('ada')) === 0, 60_000))
  await assertSound(service.database)
})
