import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { connect } from '../../src/database/connect.ts'
import { type MigrateOptions, migrate } from '../../src/database/migrate.ts'
import { LOCK_WAIT_MS } from '../../src/database/migrations.ts'
import {
  OWNER_ROLE,
  type TestDatabase,
  asAdmin,
  configOf,
  createDatabase,
  databaseUrl,
} from '../support/database.ts'
import { lock } from '../support/locks.ts'
import { moneyClients } from '../support/money-clients.ts'
import { findDangers } from '../support/migration-rules.ts'
import { eventually } from '../support/processes.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const CLIENTS = 8
const USERS = ['ada', 'bob', 'cy']
/** A lock is waited for so long, and what queues behind it has its own work to do then. */
const WAIT_MS_MAX = LOCK_WAIT_MS + 2_000

interface Entry {
  idx: number
  when: number
  tag: string
}

/** A copy of `drizzle/`, changed. */
function copyOf(t: TestContext, change: (entries: Entry[], folder: string) => Entry[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync('drizzle', folder, { recursive: true })
  const path = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: Entry[] }
  journal.entries = change(journal.entries, folder)
  writeFileSync(path, JSON.stringify(journal))
  return folder
}

/** With further migrations, as those of the next version. */
function withFurther(t: TestContext, files: readonly string[]): string {
  return copyOf(t, (entries, folder) => {
    const { idx, when } = entries.at(-1) ?? { idx: 0, when: 0 }
    const further = files.map((sql, index) => {
      const tag = `next_${index}`
      writeFileSync(join(folder, `${tag}.sql`), sql)
      return { ...entries[0], idx: idx + 1 + index, when: when + 1 + index, tag }
    })
    return [...entries, ...further]
  })
}

function migrateAs(
  { url, ownerUrl }: Pick<TestDatabase, 'url' | 'ownerUrl'>,
  options: MigrateOptions = {},
): Promise<number> {
  return migrate(configOf(ownerUrl), configOf(url), options)
}

function open(t: TestContext, url: string, connectionsMax: number): postgres.Sql {
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'test', connectionsMax })
  t.after(() => sql.end({ timeout: 1 }))
  return sql
}

/** A transaction that has changed rows of the tables and does not end. */
async function openTransaction(t: TestContext, url: string, tables: readonly string[]) {
  const sql = open(t, url, 1)
  await sql`begin`
  for (const table of tables) await sql`lock table ${sql(table)} in row exclusive mode`
  return () => sql`rollback`
}

/** A database without any table. */
async function createEmpty(t: TestContext): Promise<Pick<TestDatabase, 'url' | 'ownerUrl'>> {
  const database = await createDatabase()
  const { adminUrl } = database
  const empty = `${database.name}_empty`
  t.after(async () => {
    await asAdmin(adminUrl, (sql) => sql.unsafe(`drop database ${empty} with (force)`))
    await database.drop()
  })
  await asAdmin(adminUrl, (sql) =>
    sql.unsafe(`create database ${empty} template template0 owner ${OWNER_ROLE}`),
  )
  const [url = '', ownerUrl = ''] = [database.url, database.ownerUrl].map((one) =>
    databaseUrl(one, empty),
  )
  return { url, ownerUrl }
}

test('a service goes on while the next version migrates its database, a long transaction in the way', async (t) => {
  const service = await startService(t)
  for (const userId of USERS) {
    await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id: userId, amount: 100_000 })
  }
  const folder = withFurther(t, [
    `alter table transfers add column drill text;--> statement-breakpoint
     alter table accounts add column drill bigint not null default 0;--> statement-breakpoint
     alter table accounts add constraint drill check (drill >= 0) not valid;`,
    'alter table accounts validate constraint drill;',
    `drop index concurrently if exists drill;--> statement-breakpoint
     create index concurrently drill on transfers (created_at);`,
  ])
  for (const tag of ['next_0', 'next_1', 'next_2']) {
    assert.deepEqual(findDangers(readFileSync(join(folder, `${tag}.sql`), 'utf8')), [])
  }
  const endTransaction = await openTransaction(t, service.database.ownerUrl, [
    'accounts',
    'transfers',
  ])
  const clients = moneyClients({
    clients: CLIENTS,
    userIds: USERS,
    origin: () => service.origin,
  })
  t.after(() => clients.stop())

  let isDone = false
  const migrating = migrateAs(service.database, { folder }).then(() => (isDone = true))
  // Through a wait for the lock that fails, and into the next.
  await delay(LOCK_WAIT_MS * 2.5)
  assert.equal(isDone, false, 'it did not wait for the transaction')
  const meanwhile = clients.acknowledged.size
  await endTransaction()
  await migrating
  const acknowledged = clients.acknowledged.size
  const goesOn = await eventually(() => clients.acknowledged.size > acknowledged + CLIENTS, 5_000)
  await clients.stop()

  const waits_ms = [...clients.acknowledged.keys()].map((one) => (one.answeredAt ?? 0) - one.sentAt)
  const wait_ms = Math.max(...waits_ms)
  t.diagnostic(
    `${clients.acknowledged.size} acknowledged, ${meanwhile} of them before the lock was had, ` +
      `${clients.totals().failed} failed; the longest wait ${wait_ms} ms`,
  )
  assert.ok(meanwhile > 0 && goesOn)
  assert.deepEqual(
    [clients.wrong, clients.totals().failed],
    [[], 0],
    JSON.stringify(clients.answers),
  )
  assert.ok(wait_ms < WAIT_MS_MAX)
  const sql = open(t, service.database.url, 1)
  const [index] =
    await sql`select indisvalid as valid from pg_index where indexrelid = 'drill'::regclass`
  assert.equal(index?.['valid'], true)
})

test('the newest migration makes nobody wait, even when it has to wait itself', async (t) => {
  const database = await createEmpty(t)
  const { ownerUrl: url } = database
  await migrateAs(database, { folder: copyOf(t, (entries) => entries.slice(0, -1)) })
  const sql = open(t, url, CLIENTS)
  const tables = (
    await sql<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'public' order by 1`
  ).map(({ name }) => name)
  assert.ok(tables.length > 5)
  const endTransaction = await openTransaction(t, url, tables)

  const ended = new AbortController()
  let [probes, wait_ms] = [0, 0]
  const probing = Promise.all(
    tables.map(async (table) => {
      while (!ended.signal.aborted) {
        const at = performance.now()
        await sql.begin((one) => one`lock table ${one(table)} in row exclusive mode`)
        wait_ms = Math.max(wait_ms, performance.now() - at)
        probes++
        await delay(5)
      }
    }),
  )
  const migrating = migrateAs(database)
  await delay(LOCK_WAIT_MS * 1.5)
  await endTransaction()
  await migrating
  ended.abort()
  await probing
  t.diagnostic(
    `${probes} probes of ${tables.length} tables, the longest wait ${Math.round(wait_ms)} ms`,
  )
  assert.ok(probes > tables.length)
  assert.ok(wait_ms < WAIT_MS_MAX)
})

test('whoever waits for another that migrates says which that is', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const held = await lock(t, { database }, 'select pg_advisory_lock(5746101)')
  const said: string[] = []
  const migrating = migrateAs(database, { log: (message) => said.push(message) })
  assert.ok(await eventually(() => said.length > 0, 20_000))
  assert.match(said[0] ?? '', /"holder", connected since .*pg_terminate_backend\(\d+\)/)
  await query(
    database,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'holder'`,
  )
  await migrating
  await held.release().catch(() => undefined)
})
