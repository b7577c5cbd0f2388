import { constants } from 'node:os'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import { type Config, processEnvironment, readConfig } from '../process/config.ts'
import { withDevelopmentSecrets } from '../process/development-secrets.ts'
import { connect } from '../database/connect.ts'
import type { Database } from '../database/index.ts'
import { type OpenDatabase, type OpenLog, openDatabase } from '../database/open.ts'
import { withOutcomes } from '../database/outcomes.ts'
import { createLogger } from '../http/logging.ts'
import { STOP_SIGNALS } from '../process/signals.ts'

const SILENT: OpenLog = { info: () => undefined, warn: () => undefined }

/** @throws ConfigError */
export function ownConfig(): Config {
  return readConfig(withDevelopmentSecrets(processEnvironment()))
}

/** For commands that need only the database: Drizzle and raw SQL. */
export async function withDatabase<T>(
  work: (db: Database, sql: postgres.Sql, migrated: number) => Promise<T>,
  changes: Partial<Config> = {},
): Promise<T> {
  const database = await open({ ...ownConfig(), ...changes })
  // Drizzle changes its client's serialisers, so raw SQL has a separate client.
  const client = connect(database.config, { name: 'command', connectionsMax: 1 })
  const sql = connect(database.config, { name: 'command', connectionsMax: 1 })
  try {
    const db = withOutcomes(drizzle(client, { casing: 'snake_case' }))
    return await work(db, sql, database.migrated)
  } finally {
    await Promise.all([client.end({ timeout: 5 }), sql.end({ timeout: 5 })])
    await database.close()
  }
}

/** For commands that need the app's plugins, such as Stripe's client. */
export async function withApp<T>(work: (app: FastifyInstance) => Promise<T>): Promise<T> {
  const config = ownConfig()
  const database = await open(config)
  // Imported here, because most commands do not need it and start twice as fast without.
  const { buildApp } = await import('../app.ts')
  // Only long-running processes publish the log. A command leaves that to them.
  const auditLog = { ...config.auditLog, key: undefined }
  const ofCommand = { ...config, database: database.config, auditLog }
  const app = await buildApp(ofCommand, createLogger('silent'))
  try {
    await app.ready()
    return await work(app)
  } finally {
    await app.close()
    await database.close()
  }
}

/** Closes the database on a signal too: otherwise an embedded server would keep running. */
async function open(config: Config): Promise<OpenDatabase> {
  const stopping = new AbortController()
  const opening = openDatabase(config, SILENT, stopping.signal)
  const stop = (signal: NodeJS.Signals) => {
    stopping.abort()
    const end = () => process.exit(128 + constants.signals[signal])
    opening.then((database) => database.close()).then(end, end)
  }
  for (const signal of STOP_SIGNALS) process.once(signal, stop)
  const listenNoMore = () => STOP_SIGNALS.forEach((signal) => process.off(signal, stop))
  try {
    const database = await opening
    const close = () => database.close().finally(listenNoMore)
    return { ...database, close }
  } catch (error) {
    listenNoMore()
    throw error
  }
}
