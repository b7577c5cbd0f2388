import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { isConnectionLost } from '../faults.ts'
import { socketHost } from '../hosts.ts'
import { chooseAccount } from './account.ts'
import { packageFolder, prepareBinaries } from './binaries.ts'
import { prepareCluster } from './cluster.ts'
import { clusterServer, serverUrl } from './server.ts'

const OWNER = 'strongroom_owner'
const ROLE = 'strongroom'
const DATABASE = 'strongroom'
const SUPERVISION_MS = 200
const LEAVE_MS_MAX = 2_000
const START_TRIES_MAX = 3

/**
 * Every process that uses the server holds this lock shared. The last one to leave takes it alone,
 * and stops the server.
 */
const USERS_LOCK = 5_746_102
const SETUP_LOCK = 5_746_103

export interface EmbeddedPostgres {
  /** For the service's own role, which owns nothing. */
  url: string
  /** For the role that owns the database and its tables. */
  migrationUrl: string
  /** The URL for the cluster's superuser: for tests and operators. */
  adminUrl: string
  /** Stops the server, unless another process still uses it. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The folder above the server's files, which are in `<dataDir>/postgres`. */
  dataDir: string
  settings?: Record<string, string>
  log?: (message: string) => void
  /** Aborts the start, which then leaves nothing running. */
  aborted?: AbortSignal | undefined
}

/**
 * A real PostgreSQL from npm packages, reached only through a Unix socket. It survives a killed
 * service, and the next one finds it again. If it dies, any process that uses it restarts it. The
 * last process to leave stops it, also if another process started it.
 * @throws Error in plain words where it can't run, which suggests DATABASE_URL instead
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log = () => undefined, aborted } = options
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true })
  const binaries = prepareBinaries(packageFolder(), join(dataDir, 'postgres-lib'))
  const account = chooseAccount(binaries, dataDir)
  const cluster = await prepareCluster(join(dataDir, 'postgres'), binaries, account, aborted)
  const server = clusterServer(cluster, binaries, account, options.settings ?? {})

  let joined = false
  const session = postgres(server.adminUrl, {
    ...socketHost(server.adminUrl),
    max: 1,
    max_lifetime: null,
    connect_timeout: 5,
    backoff: () => 0.1,
    fetch_types: false,
    onnotice: () => undefined,
    // The lock ends with the session that took it.
    onclose: () => (joined = false),
  })
  const stopping = new AbortController()
  let supervision: Promise<void> | undefined
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  supervision = supervise()
  const urlOf = (role: string) => serverUrl(cluster.socketFolder, role, DATABASE)
  return { url: urlOf(ROLE), migrationUrl: urlOf(OWNER), adminUrl: server.adminUrl, stop }

  async function start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const how = await server.ensureRunning(aborted)
      try {
        await joinUsers()
        await createDatabase(session, serverUrl(cluster.socketFolder, 'postgres', DATABASE))
        log(`The embedded PostgreSQL ${how === 'started' ? 'has started' : 'runs already'}`)
        return
      } catch (error) {
        // The last process to leave may just have stopped the server that was found.
        if (tries === START_TRIES_MAX || !isConnectionLost(error)) throw error
      }
    }
  }

  async function joinUsers(): Promise<void> {
    await session`select pg_advisory_lock_shared(${USERS_LOCK})`
    joined = true
  }

  async function supervise(): Promise<void> {
    let lastWords = ''
    while (!stopping.signal.aborted) {
      try {
        await delay(SUPERVISION_MS, undefined, { ref: false, signal: stopping.signal })
        await (joined ? session`select 1` : joinUsers())
        lastWords = ''
      } catch {
        if (stopping.signal.aborted) return
        const words = await restart()
        if (words !== lastWords && words !== '') log(words)
        lastWords = words
      }
    }
  }

  async function restart(): Promise<string> {
    try {
      const how = await server.ensureRunning(stopping.signal)
      return how === 'started' ? 'The embedded PostgreSQL had died and was started again' : ''
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    const others = await Promise.race([areThereOthers(), delay(LEAVE_MS_MAX, undefined)])
    // Without an answer the server hangs or is gone. It is then ended, and other processes restart
    // it.
    if (others === undefined) await session.end({ timeout: 0 })
    await supervision
    if (others !== true) {
      await server.stop()
      log('The embedded PostgreSQL has stopped')
    }
    await session.end({ timeout: 0 })
  }

  async function areThereOthers(): Promise<boolean | undefined> {
    try {
      // First unlock, then try to lock alone: of two processes that leave at once, at least one finds
      // itself alone.
      await session`select pg_advisory_unlock_all()`
      const [row] = await session`select pg_try_advisory_lock(${USERS_LOCK}) as alone`
      return row?.['alone'] !== true
    } catch {
      return undefined
    }
  }
}

/** Creates what is missing, also after a first start that was interrupted between its steps. */
async function createDatabase(session: postgres.Sql, url: string): Promise<void> {
  await session`select pg_advisory_lock(${SETUP_LOCK})`
  try {
    for (const role of [OWNER, ROLE]) {
      const [found] = await session`select from pg_roles where rolname = ${role}`
      if (found === undefined) await session.unsafe(`create role ${role} login`)
    }
    const [found] = await session<{ owner: string; is_closed: boolean }[]>`
      select pg_get_userbyid(datdba) as owner, datacl is not null as is_closed
      from pg_database where datname = ${DATABASE}`
    if (found === undefined) await session.unsafe(`create database ${DATABASE} owner ${OWNER}`)
    if (found?.owner === ROLE) await makeOver(url)
    if (found?.is_closed !== true) {
      await session.unsafe(`revoke connect, temporary on database ${DATABASE} from public`)
      await session.unsafe(`grant connect on database ${DATABASE} to ${ROLE}`)
    }
  } finally {
    await session`select pg_advisory_unlock(${SETUP_LOCK})`
  }
}

/** One of a version whose single role owned everything. The next migration gives that role its part. */
async function makeOver(url: string): Promise<void> {
  const sql = postgres(url, {
    ...socketHost(url),
    max: 1,
    fetch_types: false,
    onnotice: () => undefined,
  })
  try {
    await sql.unsafe(`reassign owned by ${ROLE} to ${OWNER}`)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
