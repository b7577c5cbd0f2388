import postgres from 'postgres'
import type { DatabaseConfig } from '../../config.ts'
import { serverUrls, socketHost } from './hosts.ts'
import { failureIn } from './outcomes.ts'

export interface ConnectOptions {
  /** Shown in pg_stat_activity. */
  name: string
  connectionsMax: number
  /** PostgreSQL settings of these connections. */
  settings?: Record<string, string>
}

/**
 * A pool of postgres.js, the only driver here. Opens no connection before its first query.
 * @throws Error when the driver lacks the fix for lost connections (patches/, applied by the build)
 */
export function connect(config: DatabaseConfig, options: ConnectOptions): postgres.Sql {
  if (config.url === undefined) throw new Error('There is no database URL to connect to')
  const [first = '', ...others] = serverUrls(config.url)
  const sql = postgres(first, {
    ...hosts(first, others),
    // A standby is behind: what it shows may lack what has been acknowledged.
    target_session_attrs: 'primary',
    max: options.connectionsMax,
    ssl: config.ssl === 'verify-full' ? { rejectUnauthorized: true, ca: config.ca } : false,
    connect_timeout: 4,
    // Array types need not be asked for: arrays are sent as literals with a cast.
    fetch_types: false,
    types: { bigint: postgres.BigInt },
    backoff: (retries) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: failureIn,
    connection: {
      application_name: `strongroom ${options.name}`,
      TimeZone: 'UTC',
      statement_timeout: 15_000,
      // A peer that vanished in mid-transaction must not hold its row locks.
      idle_in_transaction_session_timeout: 10_000,
      ...options.settings,
    },
  })
  if (!('survivesLostConnections' in sql)) {
    throw new Error('postgres.js is not patched: run `npm run build` once')
  }
  return sql
}

/**
 * The servers one by one: the driver would give those without a port that of the first, and takes an
 * IPv6 address for the port that begins at its first colon.
 */
function hosts(first: string, others: readonly string[]) {
  const parsed = [first, ...others].map((url) => new URL(url))
  const isSocket = 'host' in socketHost(first)
  if (isSocket || parsed[0]?.hostname === '') return socketHost(first)
  // The driver takes lists, which its types do not say.
  return {
    host: parsed.map(({ hostname }) =>
      decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
    ) as unknown as string,
    port: parsed.map(({ port }) => Number(port || 5432)) as unknown as number,
  }
}
