import pg from 'pg'
import type { DatabaseConfig } from '../../config.ts'

/** A pool of node-postgres, which the job queue is built on. All else goes through postgres.js. */
export function pgPool(config: DatabaseConfig, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.url,
    max: connectionsMax,
    ssl: config.ssl === 'verify-full' ? { rejectUnauthorized: true, ca: config.ca } : false,
    application_name: 'strongroom jobs',
    connectionTimeoutMillis: 4_000,
  })
  // A connection that is lost is replaced by the next one; without listeners it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
