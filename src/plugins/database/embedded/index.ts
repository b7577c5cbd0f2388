import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../socket.ts'
import { chooseAccount } from './account.ts'
import { packageFolder, prepareBinaries } from './binaries.ts'
import { prepareCluster } from './cluster.ts'
import { clusterServer, serverUrl } from './server.ts'

const ROLE = 'strongroom'
const DATABASE = 'strongroom'
const SUPERVISION_MS = 200

/** Held by the process that owns the server, for as long as its session lasts. */
const OWNER_LOCK = 5_746_102

export interface EmbeddedPostgres {
  /** For the service's own role, which is no superuser and owns the database. */
  url: string
  /** For the cluster's superuser: tests and operators. */
  adminUrl: string
  /** Stops the server if this process owns it; a guest only lets go of it. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The server's files are in `<dataDir>/postgres`. */
  dataDir: string
  settings?: Record<string, string>
  log?: (message: string) => void
}

/**
 * A real PostgreSQL from npm's packages, reached by a Unix socket only. It outlives a killed service
 * and is found again by the next; it is started again when it dies; whoever owns it stops it.
 * A second process on the same folder is a guest, and inherits the server when its owner is gone.
 * @throws Error in plain words where it can not run, naming DATABASE_URL as the way out
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log = () => undefined } = options
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true })
  const binaries = prepareBinaries(packageFolder(), join(dataDir, 'postgres-lib'))
  const account = chooseAccount(binaries, dataDir)
  const cluster = prepareCluster(join(dataDir, 'postgres'), binaries, account)
  const server = clusterServer(cluster, binaries, account, options.settings ?? {})

  const how = await server.ensureRunning()
  log(
    how === 'started'
      ? 'The embedded PostgreSQL has started'
      : 'The embedded PostgreSQL runs already',
  )

  let owned = false
  const session = postgres(server.adminUrl, {
    ...socketHost(server.adminUrl),
    max: 1,
    max_lifetime: null,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => undefined,
    // The lock ends with the session that took it.
    onclose: () => (owned = false),
  })
  await claim()
  await createDatabase(session)

  const stopping = new AbortController()
  const supervision = supervise()

  async function claim(): Promise<void> {
    const [row] = await session`select pg_try_advisory_lock(${OWNER_LOCK}) as owned`
    owned = row?.['owned'] === true
  }

  /** Owner or guest: whoever finds that the server has died starts it again. */
  async function supervise(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(SUPERVISION_MS, undefined, { ref: false, signal: stopping.signal }).catch(
        () => undefined,
      )
      if (stopping.signal.aborted) return
      try {
        await (owned ? session`select 1` : claim())
      } catch {
        await restart()
      }
    }
  }

  async function restart(): Promise<void> {
    try {
      const found = await server.ensureRunning()
      if (found === 'started') log('The embedded PostgreSQL had died and was started again')
    } catch (error) {
      log(error instanceof Error ? error.message : String(error))
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await supervision
    const wasOwned = owned
    await session.end({ timeout: 1 })
    if (!wasOwned) return
    await server.stop()
    log('The embedded PostgreSQL has stopped')
  }

  return { url: serverUrl(cluster.socketFolder, ROLE, DATABASE), adminUrl: server.adminUrl, stop }
}

/** Also mends a first start that was cut off between its steps. */
async function createDatabase(session: postgres.Sql): Promise<void> {
  const [found] = await session`
    select exists (select from pg_roles where rolname = ${ROLE}) as role,
      exists (select from pg_database where datname = ${DATABASE}) as database`
  if (found?.['role'] !== true) await session.unsafe(`create role ${ROLE} login`)
  if (found?.['database'] !== true) {
    await session.unsafe(`create database ${DATABASE} owner ${ROLE}`)
  }
}
