import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { asAdmin } from '../support/database.ts'
import { eventually, postmaster, serverProcesses, signalServer } from '../support/processes.ts'

/**
 * Throwaway servers from an installed PostgreSQL, whose own tools the drills are about. As root they
 * run as `postgres`, since PostgreSQL refuses root.
 */
const BIN = findPrograms()
const IDENTITY = process.getuid?.() === 0 ? identityOf('postgres') : undefined
const ROLE = 'strongroom'
const OWNER = 'strongroom_owner'
const END_MS_MAX = 10_000

export interface Cluster {
  data: string
  port: number
  /** As the service's role, which owns nothing. */
  url: string
  /** As the role that owns the database and migrates. */
  ownerUrl: string
  adminUrl: string
  /** Its whole group of processes, as a machine that loses power. */
  kill(): Promise<void>
  stop(): void
}

function findPrograms(): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).map(Number) : []
  const version = versions.toSorted((a, b) => b - a)[0]
  if (version === undefined)
    throw new Error('This drill needs PostgreSQL: apt-get install postgresql')
  return join(root, String(version), 'bin')
}

function identityOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** A folder that the servers' account may write in. */
export function folderFor(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder, { mode: 0o700 })
  if (IDENTITY !== undefined) chownSync(folder, IDENTITY.uid, IDENTITY.gid)
  chmodSync(parent, 0o711)
  return folder
}

/** Runs a program of PostgreSQL, or a script over them, to its end, as the servers' account. */
export async function runAsServer(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const file = program.includes('/') ? program : join(BIN, program)
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', PG_BIN: BIN, ...env },
    ...IDENTITY,
  })
  return stdout
}

/** An empty server with the two roles and the database. */
export async function createCluster(
  folder: string,
  port: number,
  settings: Record<string, string> = {},
): Promise<Cluster> {
  const data = join(folder, 'data')
  await runAsServer('initdb', ['-D', data, '--auth=trust', '--encoding=UTF8', '-U', 'postgres'])
  const cluster = await startCluster(data, port, settings)
  await asAdmin(cluster.adminUrl, async (sql) => {
    for (const role of [OWNER, ROLE]) await sql.unsafe(`create role ${role} login`)
    await sql.unsafe(`create database ${ROLE} owner ${OWNER}`)
  })
  return cluster
}

/** Starts a server on files that are there, and waits until it takes connections. */
export async function startCluster(
  data: string,
  port: number,
  settings: Record<string, string> = {},
): Promise<Cluster> {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(data, 'postgresql.auto.conf'), `port = ${port}\n${lines.join('')}`)
  const flags = ['-D', data, '-w', '-l', `${data}.log`]
  const started = spawn(join(BIN, 'pg_ctl'), [...flags, 'start'], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...IDENTITY,
  })
  const [complaint, [status]] = await Promise.all([text(started.stderr), once(started, 'exit')])
  if (status !== 0) {
    const log = readFileSync(`${data}.log`, 'utf8').split('\n').slice(-10).join('\n')
    throw new Error(`PostgreSQL did not start: ${complaint}\n${log}`)
  }
  const url = (role: string, database: string) => `postgres://${role}@127.0.0.1:${port}/${database}`
  return {
    data,
    port,
    url: url(ROLE, ROLE),
    ownerUrl: url(OWNER, ROLE),
    adminUrl: url('postgres', 'postgres'),
    kill: async () => {
      process.kill(postmaster(data), 'SIGKILL')
      signalServer(data, 'SIGKILL')
      await eventually(() => serverProcesses(data).length === 0, END_MS_MAX)
      // Its number is taken for that of a running server until its parent has asked for its end.
      rmSync(join(data, 'postmaster.pid'), { force: true })
    },
    stop: () =>
      void spawnSync(join(BIN, 'pg_ctl'), [...flags, '-m', 'immediate', 'stop'], {
        cwd: '/',
        stdio: 'ignore',
        ...IDENTITY,
      }),
  }
}

/** A copy that follows, and for which the primary's commits wait from now on. */
export async function standbyOf(primary: Cluster, folder: string, port: number): Promise<Cluster> {
  const data = join(folder, 'data')
  await asAdmin(primary.adminUrl, async (sql) => {
    await sql.unsafe(`alter system set synchronous_standby_names = ''`)
    await sql`select pg_reload_conf()`
  })
  const source = `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`
  await runAsServer('pg_basebackup', [
    `--dbname=${source}`,
    `--pgdata=${data}`,
    '--write-recovery-conf',
    '--checkpoint=fast',
  ])
  const standby = await startCluster(data, port)
  await asAdmin(primary.adminUrl, async (sql) => {
    await sql.unsafe(`alter system set synchronous_standby_names = 'standby'`)
    await sql`select pg_reload_conf()`
    const isSynchronous = async () => {
      const rows = await sql`select from pg_stat_replication where sync_state = 'sync'`
      return rows.length === 1
    }
    if (!(await eventually(isSynchronous, 30_000))) throw new Error('The standby does not follow')
  })
  return standby
}
