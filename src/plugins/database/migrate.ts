import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Logger, runMigrations } from 'graphile-worker'
import type postgres from 'postgres'
import type { DatabaseConfig } from '../../config.ts'
import { connect } from './connect.ts'
import { applyMigrations } from './migrations.ts'
import { pgPool } from './pg-pool.ts'

const FOLDER = fileURLToPath(new URL('../../../drizzle', import.meta.url))

/** Any constant will do; it serialises replicas that start at the same time. */
const LOCK_KEY = 5_746_101
const LOCK_POLL_MS = 100

/**
 * Applies the migrations of a folder that the database has not seen.
 * @throws LockNotHad when a table is in use by one transaction all the time
 */
export async function migrate(
  database: DatabaseConfig | string,
  folder = FOLDER,
  aborted?: AbortSignal,
): Promise<void> {
  const config = typeof database === 'string' ? configOf(database) : database
  const settings = { statement_timeout: '0' }
  const client = connect(config, { name: 'migrate', connectionsMax: 1, settings })
  try {
    await becomeOnly(client, aborted)
    await applyMigrations(client, folder, aborted)
    aborted?.throwIfAborted()
    await migrateJobs(config)
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** By asking again and again: a statement that waits is one that an index built CONCURRENTLY waits for. */
async function becomeOnly(client: postgres.Sql, aborted?: AbortSignal): Promise<void> {
  for (;;) {
    aborted?.throwIfAborted()
    const [row] = await client`select pg_try_advisory_lock(${LOCK_KEY}) as taken`
    if (row?.['taken'] === true) return
    await delay(LOCK_POLL_MS)
  }
}

/** The job queue has tables of its own, in a schema of its own. */
async function migrateJobs(config: DatabaseConfig): Promise<void> {
  const pool = pgPool(config, 1)
  try {
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) })
  } finally {
    await pool.end()
  }
}

/** How many migrations the database lacks; the service does not start on an old schema. */
export async function pendingMigrations(config: DatabaseConfig): Promise<number> {
  const journal = readFileSync(`${FOLDER}/meta/_journal.json`, 'utf8')
  const { entries } = JSON.parse(journal) as { entries: { when: number }[] }
  const client = connect(config, { name: 'migrate', connectionsMax: 1 })
  try {
    const [table] = await client`select to_regclass('drizzle.__drizzle_migrations') as name`
    if (table?.['name'] === null) return entries.length
    const [last] =
      await client`select coalesce(max(created_at), 0)::text as at from drizzle.__drizzle_migrations`
    return entries.filter((entry) => entry.when > Number(last?.['at'])).length
  } finally {
    await client.end({ timeout: 5 })
  }
}

function configOf(url: string): DatabaseConfig {
  return { url, ssl: 'disable', ca: undefined }
}
