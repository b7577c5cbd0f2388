import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SQLWrapper } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import * as byAccount from '../../../src/funds/finding/accounts.ts'
import * as byHold from '../../../src/funds/finding/holds.ts'
import { WALK_MAX } from '../../../src/funds/finding/places.ts'
import * as byTransfer from '../../../src/funds/finding/transfers.ts'
import { counts } from '../../support/counts.ts'
import { asAdmin } from '../../support/database.ts'
import { type Service, startService } from '../../support/service.ts'
import { scaled } from '../../support/scale.ts'

const ACCOUNTS = 2_000
const EACH = scaled(5_000, 50)

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** One hundred thousand transfers and more, of which every third is a hold, and few have a rare reason. */
async function fill(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'first', tier: 'pro' })
  await asAdmin(service.database.adminUrl, async (admin) => {
    await admin`
      insert into accounts (user_id, asset, tier, status, balance, seq)
      select 'user-' || n, 'USD/2', case when n % 500 = 0 then 'rare' else 'pro' end,
        case when n % 400 = 0 then 'frozen' else 'active' end, n, ${EACH}::int
      from generate_series(1, ${ACCOUNTS}::int) n`
    await admin`
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, reason, reference, actor, created_at
      )
      select a.id, n, a.id, s.id, a.asset, 1, case when n % 3 = 0 then 'hold' else 'deduct' end,
        1, 0, 1, 'key-' || a.id || '-' || n, sha256('1'),
        case when a.id % 100 = 0 and n = 7 then 'rare' else 'usage' end, 'job-' || n, 'test',
        now() - interval '1 year' + (n * ${ACCOUNTS}::int + a.id) * interval '10 milliseconds'
      from accounts a
      cross join generate_series(1, ${EACH}::int) n
      join accounts s on s.system = 'revenue' and s.asset = a.asset
      where a.user_id like 'user-%'`
    await admin`
      insert into holds (account_id, seq, amount, status, expires_at, closed_at)
      select account_id, seq, 1, case when seq = 21 and account_id % 100 = 0 then 'open' else 'released' end,
        now() + interval '1 day', case when seq = 21 and account_id % 100 = 0 then null else now() end
      from transfers where kind = 'hold'`
    await admin`vacuum analyze`
  })
}

test('no list reads a table through, on any page', async (t) => {
  counts(t, { promise: '', what: 'Pages of lists that read no table through', trials: EACH })
  const service = await startService(t)
  await fill(service)
  const db = service.app.databases.internal

  /** The most rows that any part of a plan has read, and that none has read a whole table. */
  async function read(query: SQLWrapper, about: string): Promise<number> {
    const rows = await db.execute<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      sql`explain (analyze, format json) ${query}`,
    )
    const root = rows[0]?.['QUERY PLAN'][0].Plan
    assert.ok(root)
    let most = 0
    const walk = (plan: Plan): void => {
      const name = `${plan['Node Type']} ${plan['Relation Name'] ?? ''}`
      assert.doesNotMatch(name, /Seq Scan (accounts|transfers|holds)/, about)
      const isRead = plan['Relation Name'] !== undefined
      const seen = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)
      if (isRead) most = Math.max(most, seen * plan['Actual Loops'])
      for (const child of plan.Plans ?? []) walk(child)
    }
    walk(root)
    return most
  }

  const { rows: someRows } = await byTransfer.findTransfers(db, none(), { limit: 50, before: null })
  const [newest] = someRows
  assert.ok(newest)
  /** Half the ledger in, hundreds of pages. */
  const [deep] = await db.execute<{ at: string; account: string; seq: string }>(sql`
    select created_at as at, account_id::text as account, seq::text as seq from transfers
    order by created_at, account_id, seq offset ${(ACCOUNTS * EACH) / 2}::int limit 1`)
  assert.ok(deep)
  const before = {
    createdAt: new Date(deep.at),
    accountId: BigInt(deep.account),
    seq: BigInt(deep.seq),
  }
  const { accountId } = newest

  await t.test('transfers: single filters read no more than they show', async () => {
    const filters: Partial<byTransfer.TransferFilter>[] = [
      {},
      { reference: 'job-7' },
      { reason: 'usage' },
      { reason: 'rare' },
      { kind: 'hold' },
      { kind: 'adjustment' },
      { idempotencyKey: newest.idempotencyKey },
      { accountId },
      { from: before.createdAt, to: new Date() },
      { accountId, from: before.createdAt, to: new Date() },
      { reference: 'job-7', from: before.createdAt },
    ]
    for (const filter of filters) {
      for (const page of [null, before]) {
        const about = JSON.stringify(filter, (_, value) =>
          typeof value === 'bigint' ? String(value) : (value as unknown),
        )
        const asked = { limit: 50, before: page }
        const way = await byTransfer.wayOf(db, { ...none(), ...filter }, asked)
        assert.equal(way.besides.length, 0, about)
        const rows = await read(byTransfer.pageQuery(db, way, asked), about)
        assert.ok(rows <= 51, `${about}: ${rows} rows`)
      }
    }
  })

  await t.test('transfers: combined ones walk so far and no further', async () => {
    const filters: Partial<byTransfer.TransferFilter>[] = [
      { kind: 'deduct' },
      { accountId, reason: 'rare' },
      { reference: 'job-7', reason: 'rare' },
      { kind: 'deduct', reason: 'usage' },
    ]
    for (const filter of filters) {
      for (const page of [null, before]) {
        const asked = { limit: 50, before: page }
        const way = await byTransfer.wayOf(db, { ...none(), ...filter }, asked)
        for (const one of [
          byTransfer.pageQuery(db, way, asked),
          byTransfer.endQuery(db, way, asked),
        ]) {
          const rows = await read(one, Object.keys(filter).join())
          assert.ok(rows <= WALK_MAX, `${rows} rows`)
        }
      }
    }
    // What a walk does not reach is on a page of its own.
    const found: bigint[] = []
    let pages = 0
    for (let page: byTransfer.TransferFilter & { at?: typeof before | null } = none(); ; pages++) {
      const at: typeof before | null = page.at ?? null
      const filter = { ...none(), kind: 'deduct' as const, reason: 'rare' }
      const { rows, last } = await byTransfer.findTransfers(db, filter, { limit: 5, before: at })
      found.push(...rows.map((row) => row.accountId))
      if (last === null) break
      page = { ...none(), at: last }
    }
    assert.equal(found.length, ACCOUNTS / 100)
    assert.equal(new Set(found).size, found.length)
  })

  await t.test('holds', async () => {
    for (const filter of [
      {},
      { accountId },
      { status: 'released' },
      { status: 'expired' },
    ] as const) {
      for (const page of [null, before]) {
        const asked = { limit: 50, before: page }
        const wanted = { accountId: undefined, status: undefined, ...filter }
        const walk = byHold.walkOf(wanted, asked)
        const rows = await read(
          byHold.holdsQuery(db, walk, wanted, asked),
          JSON.stringify(Object.keys(filter)),
        )
        assert.ok(rows <= ('status' in filter ? WALK_MAX : 51), `${rows} rows`)
      }
    }
    assert.ok((await read(byHold.openQuery(db), 'open')) <= 1_001)
    const { rows, last } = await byHold.findHolds(
      db,
      { accountId: undefined, status: 'open' },
      { limit: 50, before: null },
    )
    assert.deepEqual([rows.length, last], [ACCOUNTS / 100, null])
  })

  await t.test('accounts', async () => {
    const nothing: byAccount.AccountFilter = {
      status: undefined,
      tier: undefined,
      userIdPrefix: undefined,
      flag: undefined,
      below: undefined,
    }
    for (const filter of [
      {},
      { tier: 'rare' },
      { status: 'frozen' },
      { flag: 'charged_back' },
      { userIdPrefix: 'user-77' },
      { userIdPrefix: 'user-' },
      { below: 10n },
    ] as const) {
      for (const at of [null, 1_000n]) {
        const asked = { limit: 50, before: at }
        const way = await byAccount.wayOf(db, { ...nothing, ...filter }, asked)
        const about = Object.keys(filter).join()
        const rows = await read(byAccount.pageQuery(db, way, asked), about)
        assert.ok(rows <= (way.besides.length > 0 ? WALK_MAX : 55), `${about}: ${rows} rows`)
      }
    }
    assert.ok((await read(byAccount.alikeQuery(db, 'user-'), 'prefix')) <= 1_001)
  })
})

function none(): byTransfer.TransferFilter {
  return {
    accountId: undefined,
    reference: undefined,
    reason: undefined,
    kind: undefined,
    idempotencyKey: undefined,
    from: undefined,
    to: undefined,
  }
}
