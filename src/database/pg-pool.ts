import pg from 'pg'
import type { DatabaseConfig } from './config.ts'
import { serverUrls } from './hosts.ts'
import { type Kind, settingStatements, settingsOf } from './kinds.ts'

/** As the server itself refuses to write. */
class StandbyFound extends Error {
  readonly code = '25006'
}

/** A pool of node-postgres, which the job queue is built on. All else goes through postgres.js. */
export function pgPool(
  config: DatabaseConfig,
  kind: Kind,
  connectionsMax = kind.connectionsMax,
): pg.Pool {
  const urls = serverUrls(config.url ?? '')
  let server = 0

  /** Knows one server: goes to the last one that was good, and the next time to another if it is not. */
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
        // Of several statements each has its result.
        const [row] = error === null ? ([results].flat().at(-1)?.rows ?? []) : []
        const isStandby = row?.standby === true
        if (isStandby) server++
        done(isStandby ? new StandbyFound() : (error ?? undefined))
      })
    },
  })
  // A connection that is lost is replaced by the next one; without listeners it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
