import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import type { TestDatabase } from './database.ts'
import { eventually } from './processes.ts'
import type { Service } from './service.ts'
import { query } from './tables.ts'

/**
 * Locks rows like another open transaction.
 * @param rows a query `… for update`
 * @returns a function that ends the transaction
 */
export async function lockRows(database: TestDatabase, rows: string): Promise<() => Promise<void>> {
  const { sql, locked } = await begin(database, rows)
  if (locked.length === 0) throw new Error('There was nothing to lock')
  return async () => {
    await sql.unsafe('rollback')
    await sql.end({ timeout: 5 })
  }
}

/** Holds a statement's locks until they are released, its change is committed, or the test ends. */
export async function lock(
  t: Pick<TestContext, 'after'>,
  { database }: Pick<Service, 'database'>,
  statement: string,
): Promise<{ release: () => Promise<unknown>; commit: () => Promise<unknown> }> {
  const { sql } = await begin(database, statement)
  t.after(() => sql.end({ timeout: 1 }))
  return { release: () => sql.unsafe('rollback'), commit: () => sql.unsafe('commit') }
}

async function begin({ adminUrl: url }: TestDatabase, statement: string) {
  const sql = postgres(url, {
    ...socketHost(url),
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'holder' },
  })
  await sql.unsafe('begin')
  return { sql, locked: await sql.unsafe(statement) }
}

/** Whether this many connections to the database come to wait for a lock. */
export function waitForLocks(database: TestDatabase, count = 1): Promise<boolean> {
  return eventually(async () => (await locksWaitedFor(database)) >= count, 15_000)
}

/** How many connections to the database wait for a lock. */
export async function locksWaitedFor(database: TestDatabase): Promise<number> {
  const [row] = await query<{ waiting: number }[]>(
    database,
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.waiting ?? 0
}

/**
 * Waits until nothing runs in the database any more: everything that would still happen has happened.
 */
export async function settled(service: Service): Promise<void> {
  const isQuiet = async () => {
    const [row] = await query(
      service.database,
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    )
    return row?.['count'] === 0
  }
  assert.ok(await eventually(isQuiet, 30_000))
  // Work that waited in the process reaches the database now.
  await delay(500)
  assert.ok(await eventually(isQuiet, 30_000))
}
