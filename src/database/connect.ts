import postgres from 'postgres'
import type { DatabaseConfig } from './config.ts'
import { serverUrls, socketHost } from './hosts.ts'
import { COMMAND, KINDS, type Kind, type KindName, settingStatements, settingsOf } from './kinds.ts'
import { failureIn } from './outcomes.ts'

/**
 * A kind of connection for programs beside the service, which are not in the service's table of
 * kinds.
 */
export interface OtherKind {
  /** Shown in pg_stat_activity. */
  name: string
  connectionsMax: number
  bounds?: Kind
}

/**
 * A pool of postgres.js, the only driver here. It opens no connection before its first query.
 * @param kind the name of one of the service's kinds, or the kind of another program
 * @throws Error when the driver lacks the fixes in patches/, which the build applies
 */
export function connect(
  config: DatabaseConfig,
  kind: KindName | OtherKind,
  connectionsMax?: number,
): postgres.Sql {
  if (config.url === undefined) throw new Error('There is no database URL to connect to')
  const { name, bounds, max } = readKind(kind)
  const [first = '', ...others] = serverUrls(config.url)
  const options = {
    ...hosts(first, others),
    // A standby lags behind: it may lack changes that have been acknowledged.
    target_session_attrs: 'primary' as const,
    max: connectionsMax ?? max,
    ...(bounds.isKept && { max_lifetime: null }),
    ssl: config.ssl === 'verify-full' ? { rejectUnauthorized: true, ca: config.ca } : false,
    connect_timeout: 4,
    // Arrays are sent as literals with a cast, so their types need not be fetched.
    fetch_types: false,
    types: { bigint: postgres.BigInt },
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: failureIn,
    connection: { application_name: `strongroom ${name}`, TimeZone: 'UTC' },
    // Set by statements: a pooler refuses or drops most settings of a startup message.
    session: settingStatements(settingsOf(bounds)),
  }
  const sql = postgres(first, options)
  if (!('survivesLostConnections' in sql && 'appliesSession' in sql)) {
    throw new Error('postgres.js is not patched: run `npm run build` once')
  }
  return sql
}

function readKind(kind: KindName | OtherKind): { name: string; bounds: Kind; max: number } {
  if (typeof kind === 'string') {
    return { name: kind, bounds: KINDS[kind], max: KINDS[kind].connectionsMax }
  }
  return { name: kind.name, bounds: kind.bounds ?? COMMAND, max: kind.connectionsMax }
}

/**
 * Parses the servers one by one. The driver would give the first server's port to those without one,
 * and would split an IPv6 address at its first colon.
 */
function hosts(first: string, others: readonly string[]) {
  const parsed = [first, ...others].map((url) => new URL(url))
  const isSocket = 'host' in socketHost(first)
  if (isSocket || parsed[0]?.hostname === '') return socketHost(first)
  // The driver takes lists, although its types do not say so.
  return {
    host: parsed.map(({ hostname }) =>
      decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
    ) as unknown as string,
    port: parsed.map(({ port }) => Number(port || 5432)) as unknown as number,
  }
}
