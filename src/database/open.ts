import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import { startEmbeddedPostgres } from './embedded/index.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { requireSessions } from './pooler.ts'

export interface OpenOptions {
  database: DatabaseConfig
  dataDir: string
  production: boolean
  migrateOnStart: boolean
}

export interface OpenDatabase {
  config: DatabaseConfig
  /** Stops the embedded server, if it was started here. */
  close(): Promise<void>
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
  log: (message: string) => void,
  aborted?: AbortSignal,
): Promise<OpenDatabase> {
  const embedded =
    config.database.url === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, log, aborted })
      : null
  const opened: OpenDatabase = {
    config: embedded === null ? config.database : { ...config.database, url: embedded.url },
    close: async () => embedded?.stop(),
  }
  try {
    if (embedded === null) await requireSessions(opened.config)
    await checkDurability(opened.config, config.production, log)
    if (config.migrateOnStart) await migrate(opened.config, undefined, log, aborted)
    const pending = await pendingMigrations(opened.config)
    if (pending > 0) {
      throw new DatabaseNotReady(
        `The database lacks ${pending} migration${pending === 1 ? '' : 's'}: run \`node dist/cli.js migrate\``,
      )
    }
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** An acknowledged commit survives a crash only with these settings on. */
async function checkDurability(
  config: DatabaseConfig,
  production: boolean,
  log: (message: string) => void,
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
    log(message)
  } finally {
    await client.end({ timeout: 5 })
  }
}
