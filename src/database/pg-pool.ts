import pg from 'pg'
import type { DatabaseConfig } from './config.ts'
import { serverUrls } from './hosts.ts'
import { type Kind, settingStatements, settingsOf } from './kinds.ts'

/** The code with which the server itself refuses to write. */
class StandbyFound extends Error {
  readonly code = '25006'
}

/** A pool of node-postgres, for the job queue. Everything else uses postgres.js. */
export function pgPool(
  config: DatabaseConfig,
  kind: Kind,
  connectionsMax = kind.connectionsMax,
): pg.Pool {
  const urls = serverUrls(config.url ?? '')
  let server = 0

  /**
   * Knows one server: the last one that worked. After a failed connection, the next client tries
   * another.
   */
  class Client extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      super({ ...options, connectionString: urls[server % urls.length] })
      let isGood = false
      this.once('connect', () => (isGood = true))
      this.once('end', () => isGood || server++)
    }
  }

  const question = `${settingStatements(settingsOf(kind))}; select pg_is_in_recovery() as standby`
  const pool = new pg.Pool({
    Client,
    max: connectionsMax,
    ssl: config.ssl === 'verify-full' ? { rejectUnauthorized: true, ca: config.ca } : false,
    application_name: 'strongroom queue',
    connectionTimeoutMillis: 4_000,
    verify: (client, done) => {
      client.query<{ standby: boolean }>(question, (error: Error | null, results) => {
        // Several statements return a list of results.
        const [row] = error === null ? ([results].flat().at(-1)?.rows ?? []) : []
        const isStandby = row?.standby === true
        if (isStandby) server++
        done(isStandby ? new StandbyFound() : (error ?? undefined))
      })
    },
  })
  // The next connection replaces a lost one; without listeners its error would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
