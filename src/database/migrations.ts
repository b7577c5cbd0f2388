import { setTimeout as delay } from 'node:timers/promises'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type postgres from 'postgres'
import { databaseErrorCode } from './faults.ts'
import { grantTo } from './grants.ts'

/**
 * While a migration waits for a lock, all later statements queue behind it. So it waits this long at
 * most, then tries again.
 */
export const LOCK_WAIT_MS = 1_000
const RETRY_DELAY_MS = 1_000
const TRIES_MAX = 120

/** A lock timeout or a deadlock: nothing of that migration has happened. */
const LOCK_NOT_HAD = /^(55P03|40P01)$/

/** One transaction keeps a table in use all the time; an operator must find out which. */
export class LockNotHad extends Error {
  constructor() {
    super(
      `A lock that a migration needs could not be had in ${TRIES_MAX} tries; it has changed nothing. ` +
        'pg_stat_activity shows which transaction has been open for so long.',
    )
  }
}

/**
 * Applies those migrations of a folder that are newer than the database's last, in order. Drizzle's
 * own migrator applies all of them in one transaction, which would keep each lock until the last is
 * done, and can't build an index beside the traffic. Here each migration has its own transaction and
 * a limit to its waits. A migration made of CONCURRENTLY statements has neither.
 * @param sql a single connection
 * @param role who uses the tables, if not their owner
 * @returns how many there were
 * @throws LockNotHad
 */
export async function applyMigrations(
  sql: postgres.Sql,
  folder: string,
  role: string | null,
  aborted?: AbortSignal,
): Promise<number> {
  const last = await lastApplied(sql)
  const all = readMigrationFiles({ migrationsFolder: folder })
  const lacking = all.filter(({ folderMillis }) => folderMillis > last)
  for (const migration of lacking) {
    aborted?.throwIfAborted()
    await withRetries(sql, migration, role)
  }
  return lacking.length
}

/** When the newest applied migration was made, in milliseconds; 0 for an empty database. */
async function lastApplied(sql: postgres.Sql): Promise<number> {
  const [found] = await sql`
    select from pg_tables where schemaname = 'drizzle' and tablename = '__drizzle_migrations'`
  // A role that only uses the tables may look whether anything lacks, and make nothing.
  if (found === undefined) {
    await sql`create schema if not exists drizzle`
    await sql`
      create table if not exists drizzle.__drizzle_migrations (
        id serial primary key, hash text not null, created_at bigint
      )`
  }
  const [last] = await sql<{ at: string }[]>`
    select coalesce(max(created_at), 0)::text as at from drizzle.__drizzle_migrations`
  return Number(last?.at)
}

async function withRetries(
  sql: postgres.Sql,
  migration: MigrationMeta,
  role: string | null,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await (isConcurrent(migration)
        ? applyBeside(sql, migration)
        : applyAlone(sql, migration, role))
    } catch (error) {
      if (!LOCK_NOT_HAD.test(databaseErrorCode(error) ?? '')) throw error
      if (tries === TRIES_MAX) throw new LockNotHad()
      await delay(RETRY_DELAY_MS)
    }
  }
}

function isConcurrent(migration: MigrationMeta): boolean {
  return migration.sql.some((text) => /\bconcurrently\b/i.test(text.replace(/--.*$/gm, '')))
}

async function applyAlone(
  sql: postgres.Sql,
  migration: MigrationMeta,
  role: string | null,
): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`set local lock_timeout = ${LOCK_WAIT_MS}`)
    for (const text of migration.sql) await transaction.unsafe(text)
    if (role !== null) await grantTo(transaction, role)
    await record(transaction, migration)
  })
}

/**
 * Its locks block no other statement, so it may wait for them. Its first statement drops what a
 * failed attempt has left.
 */
async function applyBeside(sql: postgres.Sql, migration: MigrationMeta): Promise<void> {
  for (const text of migration.sql) await sql.unsafe(text)
  await record(sql, migration)
}

async function record(
  sql: postgres.Sql | postgres.TransactionSql,
  { hash, folderMillis }: MigrationMeta,
): Promise<void> {
  await sql`
    insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`
}
