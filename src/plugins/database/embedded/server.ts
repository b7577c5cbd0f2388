import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { type Account, command } from './account.ts'
import { socketHost } from '../socket.ts'
import type { Binaries } from './binaries.ts'
import type { Cluster } from './cluster.ts'

const START_MS_MAX = 60_000
const POLL_MS = 50
const FAST_STOP_MS_MAX = 10_000
const LOG_BYTES_MAX = 1_048_576

/** What does not come from the caller; durable as PostgreSQL's own defaults are. */
const SETTINGS = {
  listen_addresses: '',
  max_connections: '60',
  shared_buffers: '128MB',
  timezone: 'UTC',
  jit: 'off',
  // Errors of single statements go to who sent them; here their text could be personal data.
  log_min_messages: 'fatal',
  log_min_error_statement: 'panic',
}

/** Starts, finds and stops the server of a cluster; which process owns it is not known here. */
export function clusterServer(
  cluster: Cluster,
  binaries: Binaries,
  account: Account,
  settings: Record<string, string>,
) {
  const adminUrl = serverUrl(cluster.socketFolder, 'postgres', 'postgres')

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
   * Returns when a server answers: one that runs already, as after a kill of the process that had
   * started it, or else a new one. Tries again while what a killed server has left still holds on.
   */
  async function ensureRunning(): Promise<'found' | 'started'> {
    const deadline = Date.now() + START_MS_MAX
    if (await answers()) return 'found'
    let child = launch()
    while (!(await answers())) {
      if (Date.now() > deadline)
        throw new Error(`The embedded PostgreSQL does not start: see ${cluster.log}`)
      await delay(POLL_MS)
      if (child.exitCode !== null || child.signalCode !== null) child = launch()
    }
    return 'started'
  }

  /** In a session of its own: Ctrl-C on the terminal must not reach it before the service drained. */
  function launch(): ChildProcess {
    const all = { ...SETTINGS, unix_socket_directories: cluster.socketFolder, ...settings }
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const { file, args, options } = command(account, binaries, binaries.postgres, [
      '-D',
      cluster.data,
      ...flags,
    ])
    const log = openSync(cluster.log, logSize() > LOG_BYTES_MAX ? 'w' : 'a', 0o600)
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

  /** Ends the server's sessions and waits until it has written everything and is gone. */
  async function stop(): Promise<void> {
    const pid = postmasterPid()
    if (pid === undefined) return
    signal(pid, 'SIGINT')
    const deadline = Date.now() + FAST_STOP_MS_MAX
    while (isRunning(pid) && Date.now() < deadline) await delay(POLL_MS)
    if (!isRunning(pid)) return
    signal(pid, 'SIGQUIT')
    while (isRunning(pid)) await delay(POLL_MS)
  }

  function postmasterPid(): number | undefined {
    try {
      const [line = ''] = readFileSync(join(cluster.data, 'postmaster.pid'), 'utf8').split('\n')
      return /^\d+$/.test(line) ? Number(line) : undefined
    } catch {
      return undefined
    }
  }

  return { adminUrl, ensureRunning, stop }
}

/** The folder of a Unix socket stands in a URL's place for a host, as libpq has it too. */
export function serverUrl(socketFolder: string, user: string, database: string): string {
  return `postgres://${user}@${encodeURIComponent(socketFolder)}/${database}`
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch {
    return false
  }
}

/** A child that ended is still there until Node has collected it; that does not count. */
function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/, ''))
  } catch {
    return false
  }
}
