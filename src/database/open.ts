import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import { startEmbeddedPostgres } from './embedded/index.ts'
import { CONNECTIONS_MAX } from './kinds.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { requireSessions } from './pooler.ts'
import { powersOf } from './powers.ts'

/** Connections that are left for commands and for the database server itself. */
const COMMANDS_MAX = 20

export interface OpenOptions {
  database: DatabaseConfig
  /** Of the role that owns the tables; undefined: that of `database` migrates. */
  migrationUrl: string | undefined
  dataDir: string
  /** How many processes will connect. */
  processes: number
  production: boolean
  migrateOnStart: boolean
}

export interface OpenDatabase {
  config: DatabaseConfig
  /** How many migrations this start has applied. */
  migrated: number
  /** Stops the embedded server, if it was started here. */
  close(): Promise<void>
}

export interface OpenLog {
  info: (message: string) => void
  warn: (message: string) => void
}

/** The database is not fit for use; the message says why and what to do. */
export class DatabaseNotReady extends Error {}

/**
 * Opens the configured database, or else the embedded one, with its schema up to date.
 * @param aborted gives up between its steps
 * @throws DatabaseNotReady for a schema that lacks migrations, or a server that may lose commits
 * @throws SessionsShared for a pooler that does not give each connection its own session
 */
export async function openDatabase(
  config: OpenOptions,
  log: OpenLog,
  aborted?: AbortSignal,
): Promise<OpenDatabase> {
  const embedded =
    config.database.url === undefined
      ? await startEmbeddedPostgres({
          dataDir: config.dataDir,
          settings: settingsFor(config.processes),
          log: log.info,
          aborted,
        })
      : null
  const opened: OpenDatabase = {
    config: embedded === null ? config.database : { ...config.database, url: embedded.url },
    migrated: 0,
    close: async () => embedded?.stop(),
  }
  try {
    if (embedded === null) await requireSessions(opened.config)
    await checkDurability(opened.config, config.production, log)
    if (config.migrateOnStart) {
      const url = embedded?.migrationUrl ?? config.migrationUrl ?? opened.config.url
      const owner = { ...opened.config, url }
      opened.migrated = await migrate(owner, opened.config, { log: log.info, aborted })
    }
    const pending = await pendingMigrations(opened.config)
    if (pending > 0) {
      throw new DatabaseNotReady(
        `The database lacks ${pending} migration${pending === 1 ? '' : 's'}: run \`node dist/cli.js migrate\`, or \`npx strongroom migrate\` if it is installed as a package`,
      )
    }
    await checkRole(opened.config, log)
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

/**
 * The embedded server's default settings have room for one process and some commands, not for more.
 */
function settingsFor(processes: number): Record<string, string> {
  const connections = processes * CONNECTIONS_MAX + COMMANDS_MAX
  return processes > 1 ? { max_connections: `${connections}` } : {}
}

/** An acknowledged commit survives a crash only with these settings on. */
async function checkDurability(
  config: DatabaseConfig,
  production: boolean,
  log: OpenLog,
): Promise<void> {
  const client = connect(config, { name: 'start', connectionsMax: 1 })
  try {
    const rows = await client<{ name: string }[]>`
      select name from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`
    if (rows.length === 0) return
    const names = rows.map((row) => row.name).join(', ')
    const message = `The database may lose acknowledged commits: ${names} off`
    if (production) throw new DatabaseNotReady(message)
    log.warn(message)
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** The role that answers requests must not be able to undo what keeps the ledger and the audit log. */
async function checkRole(config: DatabaseConfig, log: OpenLog): Promise<void> {
  const client = connect(config, { name: 'start', connectionsMax: 1 })
  try {
    const { altering } = await powersOf(client)
    if (altering.length === 0) return
    log.warn(
      `The role of DATABASE_URL can alter and drop the tables, as it ${altering.join(', ')}: give ` +
        'them an owner of their own, with MIGRATION_DATABASE_URL',
    )
  } finally {
    await client.end({ timeout: 5 })
  }
}
