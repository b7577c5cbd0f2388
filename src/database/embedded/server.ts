import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { type Account, command } from './account.ts'
import { socketHost } from '../hosts.ts'
import type { Binaries } from './binaries.ts'
import type { Cluster } from './cluster.ts'
import { isOtherProgram, isRunning, isServerOf, membersOf, orphansOf, signal } from './processes.ts'

const START_MS_MAX = 60_000
const POLL_MS = 50
const STOP_MS_MAX = 6_000
const LOG_BYTES_MAX = 1_048_576

/** Settings that callers can't change; durability stays at PostgreSQL's defaults. */
const SETTINGS = {
  listen_addresses: '',
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  jit: 'off',
  // The caller receives a statement's error; in this log its text could be personal data.
  log_min_messages: 'fatal',
  log_min_error_statement: 'panic',
}

/** Starts, finds and stops a cluster's server, without knowing which processes use it. */
export function clusterServer(
  cluster: Cluster,
  binaries: Binaries,
  account: Account,
  settings: Record<string, string>,
) {
  const adminUrl = serverUrl(cluster.socketFolder, 'postgres', 'postgres')
  const lockFile = join(cluster.data, 'postmaster.pid')
  let launched: ChildProcess | undefined

  /** Whether a server answers; one that is starting up or shutting down does not. */
  async function answers(): Promise<boolean> {
    const sql = postgres(adminUrl, {
      ...socketHost(adminUrl),
      max: 1,
      connect_timeout: 5,
      fetch_types: false,
    })
    try {
      await sql`select 1`
      return true
    } catch {
      return false
    } finally {
      await sql.end({ timeout: 1 })
    }
  }

  /**
   * Returns when a server answers: one that already runs, as after a kill of the process that started
   * it, or a new one. Waits for a server that is starting, stopping or recovering.
   * @throws Error with PostgreSQL's own words when it does not start, or when aborted
   */
  async function ensureRunning(aborted?: AbortSignal): Promise<'found' | 'started'> {
    const deadline = Date.now() + START_MS_MAX
    let how: 'found' | 'started' = 'found'
    let logged = 0
    while (!(await answers())) {
      aborted?.throwIfAborted()
      if (Date.now() > deadline) throw new Error(notStarted('it does not answer'))
      if (isAlive(launched) || runningPid() !== undefined) {
        await delay(POLL_MS)
        continue
      }
      // The remains of a killed server may still hold these; any other failure would only repeat.
      const said = how === 'started' ? logFrom(logged) : ''
      if (said !== '' && !/lock file|shared memory/.test(said)) throw new Error(notStarted(said))
      if (how === 'started') await delay(POLL_MS)
      clearLeftovers()
      logged = logSize()
      launched = launch()
      how = 'started'
    }
    return how
  }

  /** Cleans up after a kill -9 of the server or a crash of the machine. */
  function clearLeftovers(): void {
    orphansOf(cluster.name, cluster.data).forEach((pid) => signal(pid, 'SIGKILL'))
    const pid = lockedPid()
    // The number in the lock file belongs to another program, for which PostgreSQL would wait for
    // ever.
    if (pid !== undefined && isRunning(pid) && isOtherProgram(pid)) rmSync(lockFile)
  }

  /**
   * Starts the server in its own session: Ctrl-C on the terminal must not reach it before the service
   * has drained.
   */
  function launch(): ChildProcess {
    const all = {
      ...SETTINGS,
      cluster_name: cluster.name,
      unix_socket_directories: cluster.socketFolder,
      ...settings,
    }
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const programArgs = ['-D', cluster.data, ...flags]
    const { file, args, options } = command(account, binaries, binaries.postgres, programArgs)
    const mode = logSize() > LOG_BYTES_MAX ? constants.O_TRUNC : constants.O_APPEND
    const log = openSync(
      cluster.log,
      mode | constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    )
    try {
      const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', log, log] })
      child.on('error', () => undefined)
      child.unref()
      return child
    } finally {
      closeSync(log)
    }
  }

  function logSize(): number {
    return statSync(cluster.log, { throwIfNoEntry: false })?.size ?? 0
  }

  function logFrom(offset: number): string {
    const text = readFileSync(cluster.log).subarray(offset).toString('utf8')
    return text.replace(/^.*(?=(FATAL|PANIC):)/gm, '').trim()
  }

  function notStarted(reason: string): string {
    return `The embedded PostgreSQL does not start (see ${cluster.log}): ${reason}`
  }

  /**
   * Ends the server's sessions and waits until it has written everything and ended. If that takes too
   * long, it is killed, and the next start recovers from its log.
   */
  async function stop(): Promise<void> {
    const pid = runningPid() ?? (isAlive(launched) ? launched?.pid : undefined)
    if (pid === undefined) return
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      signal(pid, name)
      // A paused process reacts to no signal except SIGKILL.
      for (const paused of [pid, ...membersOf(cluster.name)]) signal(paused, 'SIGCONT')
      const deadline = Date.now() + STOP_MS_MAX
      while (isRunning(pid) && Date.now() < deadline) await delay(POLL_MS)
      if (!isRunning(pid)) break
    }
    orphansOf(cluster.name, cluster.data).forEach((orphan) => signal(orphan, 'SIGKILL'))
  }

  function lockedPid(): number | undefined {
    try {
      const [line = ''] = readFileSync(lockFile, 'utf8').split('\n')
      return /^[1-9]\d*$/.test(line) ? Number(line) : undefined
    } catch {
      return undefined
    }
  }

  function runningPid(): number | undefined {
    const pid = lockedPid()
    return pid !== undefined && isServerOf(pid, cluster.data) ? pid : undefined
  }

  return { adminUrl, ensureRunning, stop }
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
}

/** A URL whose host is the folder of a Unix socket, as libpq allows. */
export function serverUrl(socketFolder: string, user: string, database: string): string {
  return `postgres://${user}@${encodeURIComponent(socketFolder)}/${database}`
}
