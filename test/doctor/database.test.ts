import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import postgres from 'postgres'
import { CAPABILITIES } from '../../src/capabilities.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { socketHost } from '../../src/database/hosts.ts'
import { examine } from '../../src/doctor/examine.ts'
import { triggersOf } from '../../src/doctor/guards.ts'
import { expect, scene } from '../support/doctor.ts'
import { query } from '../support/tables.ts'

test('what is broken in the database is found, and found mended', async (t) => {
  const { look, service } = await scene(t)
  const { database } = service
  const role = new URL(database.url).username
  for (const [breaks, mends, check, status, reason] of [
    [
      'alter table transfers disable trigger transfers_only_forget',
      'alter table transfers enable trigger transfers_only_forget',
      'guards',
      'failure',
      /transfers/,
    ],
    [
      `grant update on audit_records to ${role}`,
      `revoke update on audit_records from ${role}`,
      'privileges',
      'failure',
      /UPDATE on audit_records/,
    ],
    [
      `grant update (amount) on transfers to ${role}`,
      `revoke update (amount) on transfers from ${role}`,
      'privileges',
      'failure',
      /UPDATE of transfers\.amount/,
    ],
    [
      `grant update (amount) on transfers to ${role}`,
      `revoke update (amount) on transfers from ${role}`,
      'privileges',
      'failure',
      /UPDATE of transfers\.amount/,
    ],
    [
      `create schema mine authorization ${role}`,
      'drop schema mine',
      'privileges',
      'failure',
      /owns the schema mine/,
    ],
    [
      `grant create on schema public to ${role}`,
      `revoke create on schema public from ${role}`,
      'privileges',
      'failure',
      /can make things in the schema public/,
    ],
    [
      `grant truncate on plans to public`,
      `revoke truncate on plans from public`,
      'privileges',
      'failure',
      /TRUNCATE on plans/,
    ],
    [
      `revoke select on plans from ${role}`,
      `grant select on plans to ${role}`,
      'privileges',
      'failure',
      /lacks what it needs: SELECT on plans/,
    ],
    [
      `revoke insert on audit_records from ${role}`,
      `grant insert on audit_records to ${role}`,
      'audit log',
      'failure',
      /503/,
    ],
    [
      `alter database ${database.name} set synchronous_commit = off`,
      `alter database ${database.name} set synchronous_commit = on`,
      'synchronous_commit',
      'failure',
      /lost/,
    ],
    [
      `insert into stripe_events (id, type, livemode, created_at, payload, status) values ('evt_1', 'x', true, now(), '{}', 'parked')`,
      `delete from stripe_events`,
      'stripe events',
      'warning',
      /1 event/,
    ],
    [
      `insert into stripe_events (id, type, livemode, created_at, payload, received_at) values ('evt_1', 'x', true, now(), '{}', now() - interval '7 minutes')`,
      `delete from stripe_events`,
      'stripe events',
      'warning',
      /7 minutes/,
    ],
    [
      `update usage_retention set cleaned_at = now() - interval '3 days'`,
      `update usage_retention set cleaned_at = now()`,
      'retention',
      'warning',
      /90 days/,
    ],
    [
      `insert into accounts (user_id, tier, asset, balance) values ('ada', 'pro', 'USD/2', 5)`,
      `delete from accounts where user_id = 'ada'`,
      'ledger',
      'failure',
      /sum to zero/,
    ],
    [
      `create table kept as table drizzle.__drizzle_migrations; delete from drizzle.__drizzle_migrations`,
      `insert into drizzle.__drizzle_migrations table kept`,
      'migrations',
      'failure',
      /migrations lacking/,
    ],
  ] as const) {
    await query(database, breaks)
    expect(await look(), check, status, reason)
    await query(database, mends)
    expect(await look(), check, 'pass')
  }
})

test('the sessions of other roles count among the connections too', async (t) => {
  // A server that no other test opens connections to.
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-doctor-'))
  const server = await startEmbeddedPostgres({ dataDir: folder, settings: { fsync: 'off' } })
  const others = postgres(server.adminUrl, { max: 5, ...socketHost(server.adminUrl) })
  t.after(async () => {
    await others.end({ timeout: 0 })
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const free = async () => {
    const examined = await examine({ DATABASE_URL: server.url, DATA_DIR: folder }, { folder }, [])
    const line = examined.flatMap(({ lines }) => lines).find(({ check }) => check === 'connections')
    return Number(/^(\d+) of \d+ are free/.exec(line?.reason ?? '')?.[1])
  }
  const before = await free()
  const sessions = await Promise.all(Array.from({ length: 5 }, () => others.reserve()))
  const meanwhile = await free()
  for (const session of sessions) session.release()
  assert.equal(meanwhile, before - 5)
})

test('a role that owns the tables fails, whether or not another is named that migrates', async (t) => {
  const { look, service } = await scene(t)
  const { ownerUrl, url } = service.database
  const bound = await look()
  expect(bound, 'privileges', 'pass')
  expect(bound, 'MIGRATION_DATABASE_URL', 'pass', /DATABASE_URL can not migrate/)
  const both = await look({ MIGRATION_DATABASE_URL: ownerUrl })
  expect(both, 'MIGRATION_DATABASE_URL', 'pass')
  expect(both, 'privileges', 'pass')

  const one = await look({ DATABASE_URL: ownerUrl })
  expect(one, 'MIGRATION_DATABASE_URL', 'failure', /is not set: DATABASE_URL migrates/)
  expect(one, 'privileges', 'failure', /owns the database, /)
  const same = await look({ DATABASE_URL: ownerUrl, MIGRATION_DATABASE_URL: ownerUrl })
  expect(same, 'privileges', 'failure', /owns the database, /)
  assert.ok(![...one.values()].some((line) => JSON.stringify(line).includes(new URL(url).password)))
})

test('every trigger of the schema is looked for', async (t) => {
  const { service } = await scene(t)
  const rows = await query<{ name: string }[]>(
    service.database,
    `select tgname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not tgisinternal and c.relnamespace = 'public'::regnamespace order by 1`,
  )
  assert.deepEqual(
    rows.map(({ name }) => name),
    [...triggersOf(CAPABILITIES)],
  )
})
