import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Logger, runMigrations } from 'graphile-worker'
import type postgres from 'postgres'
import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import { grantTo } from './grants.ts'
import { MIGRATION } from './kinds.ts'
import { ROOT } from '../package/root.ts'
import { applyMigrations } from './migrations.ts'
import { pgPool } from './pg-pool.ts'
import { serviceRole } from './roles.ts'

const FOLDER = fileURLToPath(new URL('drizzle', ROOT))

/** An arbitrary constant. The lock serialises replicas that start at the same time. */
const LOCK_KEY = 5_746_101
const LOCK_POLL_MS = 100
const NAME_HOLDER_AFTER_MS = 5_000

export interface MigrateOptions {
  folder?: string
  /** Hears who holds the lock of those that migrate, if that takes long. */
  log?: (message: string) => void
  aborted?: AbortSignal | undefined
}

/**
 * Applies the migrations that the database has not seen, and gives the service's role what it needs:
 * in the transaction of each migration, so that what runs meanwhile lacks nothing at any moment.
 * @param owner as the role that owns the tables
 * @param service as the role that is to use them; where it is the owner, it is given nothing
 * @returns how many migrations there were
 * @throws LockNotHad when a table is in use by one transaction all the time
 * @throws WrongRoles where the owner does not own what is there, or both are not of one database
 */
export async function migrate(
  owner: DatabaseConfig,
  service: DatabaseConfig,
  { folder = FOLDER, log = () => undefined, aborted }: MigrateOptions = {},
): Promise<number> {
  const client = connect(owner, { name: 'migrate', connectionsMax: 1, bounds: MIGRATION })
  try {
    await becomeOnly(client, log, aborted)
    const role = await serviceRole(client, service, LOCK_KEY)
    const count = await applyMigrations(client, folder, role, aborted)
    aborted?.throwIfAborted()
    await migrateJobs(owner)
    if (role !== null) await client.begin((transaction) => grantTo(transaction, role))
    return count
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** Polls for the lock: an index that is built CONCURRENTLY would wait for a statement that waits. */
async function becomeOnly(
  client: postgres.Sql,
  log: (message: string) => void,
  aborted?: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  let isSaid = false
  for (;;) {
    aborted?.throwIfAborted()
    const [row] = await client`select pg_try_advisory_lock(${LOCK_KEY}) as taken`
    if (row?.['taken'] === true) return
    if (!isSaid && performance.now() - startedAt > NAME_HOLDER_AFTER_MS) {
      isSaid = true
      log(`Waiting for another that migrates: ${await holder(client)}`)
    }
    await delay(LOCK_POLL_MS)
  }
}

async function holder(client: postgres.Sql): Promise<string> {
  const [row] = await client<{ pid: number; name: string; since: string; state: string }[]>`
    select a.pid, a.application_name as name, coalesce(a.state, 'unknown') as state,
      to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') as since
    from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objid = ${LOCK_KEY} and l.classid = 0
      and l.database = (select oid from pg_database where datname = current_database())`
  if (row === undefined) return 'it has just ended'
  const { pid, name, since, state } = row
  return (
    `process ${pid} of the server, "${name}", connected since ${since} and ${state}. If nothing of ` +
    `the kind runs, end it: select pg_terminate_backend(${pid})`
  )
}

/** The job queue has its own tables in its own schema. */
async function migrateJobs(config: DatabaseConfig): Promise<void> {
  const pool = pgPool(config, MIGRATION)
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
