import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportCustomer } from '../../../src/customers/export-customer.ts'
import { exportAccount } from '../../../src/funds/export-account.ts'
import { statementRange } from '../../../src/funds/finding/statement.ts'
import { statementCsv, statementJson } from '../../../src/funds/finding/statement-text.ts'
import { NO_SIGNATURE } from '../../../src/funds/operations.ts'
import { createCustomer } from '../../support/customers.ts'
import { asAdmin } from '../../support/database.ts'
import { BYTES_MAX, NOTES } from '../../support/notes.ts'
import { type Answer, startService } from '../../support/service.ts'

const COUNT = 120

const ID_FIELDS = ['transfer_id', 'customer_id', 'plan_id', 'license_id']

interface Page {
  data: Record<string, unknown>[]
  next_cursor: string | null
}

/** All of a text that is made piece by piece. */
async function textOf(pieces: AsyncIterable<string | Buffer>): Promise<string> {
  let text = ''
  for await (const piece of pieces) {
    assert.ok(piece.length < BYTES_MAX, `${piece.length} bytes`)
    text += String(piece)
  }
  return text
}

test('lists, statements and exports of long notes are made in small pieces', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  await service.asInternal('POST', '/holds', { user_id: 'ada', amount: 1, metadata: NOTES })
  const { customerId } = await createCustomer(service, { email: 'ada@example.com' })
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, metadata, actor, created_at
      )
      select a.id, 2 + n, a.id, s.id, a.asset, 1, case when n % 2 = 0 then 'deduct' else 'hold' end,
        1000 - n / 2, 1, 0, 'key-' || n, sha256('1'), t.metadata, 'test', clock_timestamp()
      from accounts a cross join generate_series(1, ${COUNT}::int) n
      join accounts s on s.system = 'revenue' and s.asset = a.asset
      join transfers t on t.account_id = a.id and t.seq = 2
      where a.user_id = 'ada'`
    await sql`
      insert into holds (account_id, seq, amount, status, expires_at, closed_at)
      select account_id, seq, 1, 'released', now(), now() from transfers where kind = 'hold' and seq > 2`
    await sql`
      update accounts set seq = 2 + ${COUNT}::int, balance = 1000 - ${COUNT}::int / 2, held = 0
      where user_id = 'ada'`
    await sql`
      insert into customers (id, email, company_name, status, metadata)
      select left(id, -4) || lpad(n::text, 4, '0'), n || email, company_name, status,
        (select metadata from transfers where seq = 2)
      from customers cross join generate_series(1, ${COUNT}::int) n where id = ${customerId}`
    await sql`
      insert into plans (id, name, features, limits)
      select 'plan-' || n, 'Plan', metadata, '{}'
      from transfers cross join generate_series(1, ${COUNT}::int) n where seq = 2`
    await sql`
      insert into licenses (
        id, customer_id, features, limits, issued_at, not_before, expires_at, key_id, token
      )
      select 'lic_' || lpad(n::text, 16, '0'), ${customerId}, metadata, '{}', now(), now(),
        now() + interval '1 day', ${service.app.keys.signingKeyId}, metadata::text
      from transfers cross join generate_series(1, ${COUNT}::int) n where seq = 2`
    await sql`
      insert into stripe_events (id, type, livemode, created_at, payload, status)
      select 'evt_' || n, 'customer.updated', false, now(),
        jsonb_build_object('customer', ${customerId}::text, 'notes', metadata), 'ignored'
      from transfers cross join generate_series(1, ${COUNT}::int) n where seq = 2`
  })

  await t.test('statements and exports', async () => {
    const { app } = service
    const db = app.databases.internal
    const range = await statementRange(db, 'ada', { from: undefined, to: undefined })
    const json = await textOf(statementJson(db, range))
    const { movements } = JSON.parse(json) as { movements: { metadata: unknown }[] }
    assert.equal(movements.length, 1 + COUNT / 2)
    assert.deepEqual(movements.at(-1)?.metadata, NOTES)
    await textOf(statementCsv(db, range))
    const document = await exportAccount(db, app.personal, NO_SIGNATURE.actor, 'ada')
    const { transfers } = JSON.parse(await textOf(document)) as { transfers: unknown[] }
    assert.equal(transfers.length, 2 + COUNT)
    const { actor } = NO_SIGNATURE
    const customer = await exportCustomer(app, db, actor, customerId)
    const { licenses, stripe_events: events } = JSON.parse(await textOf(customer)) as {
      licenses: unknown[]
      stripe_events: { event_id: string }[]
    }
    assert.equal(licenses.length, COUNT)
    assert.equal(new Set(events.map(({ event_id: id }) => id)).size, COUNT)
  })

  const lists: [string, number, (path: string) => Promise<Answer>][] = [
    ['/account/ada/transfers?', 2 + COUNT, (path) => service.asInternal('GET', path)],
    ['/transfers?', 2 + COUNT, (path) => service.asInternal('GET', path)],
    ['/transfers?kind=hold&user_id=ada&', 1 + COUNT / 2, (path) => service.asInternal('GET', path)],
    ['/holds?', 1 + COUNT / 2, (path) => service.asInternal('GET', path)],
    ['/holds?status=released&', COUNT / 2, (path) => service.asInternal('GET', path)],
    ['/api/customers?', 1 + COUNT, (path) => service.asAdmin('GET', path)],
    ['/api/plans?', COUNT, (path) => service.asAdmin('GET', path)],
    [`/api/licenses/${customerId}?`, COUNT, (path) => service.asAdmin('GET', path)],
  ]
  for (const [path, count, read] of lists) {
    await t.test(`GET ${path}`, async () => {
      const seen = new Set<unknown>()
      let pages = 0
      for (let cursor: string | null = ''; cursor !== null; pages++) {
        const { status, body } = await read(`${path}limit=200${cursor && `&cursor=${cursor}`}`)
        assert.equal(status, 200)
        const { data, next_cursor } = body as Page
        assert.ok(data.length > 0 || next_cursor === null)
        assert.ok(JSON.stringify(data).length < BYTES_MAX, `${data.length} items`)
        for (const one of data) seen.add(ID_FIELDS.map((field) => one[field]).find(Boolean))
        cursor = next_cursor
      }
      assert.equal(seen.size, count)
      assert.ok(pages > 5, `${pages} pages`)
    })
  }
})
