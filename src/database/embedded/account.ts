import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { chownSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'

/** `nobody` on Linux. initdb insists on a passwd entry, and this user always has one. */
const NOBODY = 65_534

/** How to run PostgreSQL, which refuses to run as root. */
export interface Account {
  /** The owner of the server's files, as this process sees it. */
  owner: number
  /** Set where the programs run as another user than this process. */
  identity: { uid: number; gid: number } | undefined
  /** A program that starts the others, with its arguments. */
  prefix: readonly string[]
}

/** A program with its arguments and options, as spawn() takes them. */
export interface Command {
  file: string
  args: string[]
  options: { cwd: string; env: Record<string, string>; uid?: number; gid?: number }
}

/**
 * Chooses one of three accounts: this process's own user; for root, `nobody`, if every folder on the
 * path is open to it; or a user namespace, inside which this user appears as `nobody`. The namespace
 * also serves a user without a passwd entry, as is usual in containers.
 * @param folder an existing folder that will hold the server's files
 * @throws Error when none of the three can run the programs
 */
export function chooseAccount(binaries: Binaries, folder: string): Account {
  const uid = process.getuid?.()
  if (uid === undefined) throw refusal('It does not run on this platform.')
  const accounts: Account[] = []
  if (uid !== 0) {
    accounts.push({ owner: uid, identity: undefined, prefix: [] })
  } else if (process.platform === 'linux' && [binaries.folder, folder].every(isOpenToNobody)) {
    accounts.push({ owner: NOBODY, identity: { uid: NOBODY, gid: NOBODY }, prefix: [] })
  }
  if (process.platform === 'linux') {
    const user = [`--map-user=${NOBODY}`, `--map-group=${NOBODY}`]
    accounts.push({ owner: uid, identity: undefined, prefix: ['unshare', '--user', ...user, '--'] })
  }
  const reasons: string[] = []
  for (const account of accounts) {
    // Checks the user, its passwd entry, the programs and their libraries, and writes nothing.
    const probe = run(account, binaries, binaries.initdb, ['--show', '-D', join(folder, 'probe')])
    if (probe.status === 0) return account
    reasons.push(probe.error?.message ?? probe.stderr.trim())
  }
  if (uid !== 0) throw refusal(reasons.join('; '))
  throw refusal(
    `PostgreSQL does not run as root, ${folder} or ${binaries.folder} is closed to other users, ` +
      `and user namespaces can't be used here (${reasons.join('; ')}).`,
  )
}

export function command(
  account: Account,
  binaries: Binaries,
  program: string,
  args: string[],
): Command {
  const [file, ...rest] = [...account.prefix, program, ...args]
  // The service's environment is not passed on: it holds secrets, and variables such as PGPORT would
  // count.
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', ...binaries.env }
  // The current folder may be closed to the account, and a server must not keep it in use.
  return { file: file!, args: rest, options: { cwd: '/', env, ...account.identity } }
}

export function run(
  account: Account,
  binaries: Binaries,
  program: string,
  programArgs: string[],
): SpawnSyncReturns<string> {
  const { file, args, options } = command(account, binaries, program, programArgs)
  return spawnSync(file, args, { ...options, encoding: 'utf8' })
}

/**
 * Gives a folder to the account. The folder itself comes last, so that an interrupted change is
 * repeated.
 */
export function give(path: string, account: Account): void {
  if (process.getuid?.() !== 0 || statSync(path).uid === account.owner) return
  const group = account.identity?.gid ?? process.getgid?.() ?? 0
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) {
      chownSync(join(entry.parentPath, entry.name), account.owner, group)
    }
  }
  chownSync(path, account.owner, group)
}

function isOpenToNobody(folder: string): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path)
    const bit = uid === NOBODY ? 0o100 : gid === NOBODY ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (path === dirname(path)) return true
  }
}

function refusal(reason: string): Error {
  return new Error(
    `The embedded PostgreSQL can't run here: ${reason} ` +
      'Set DATABASE_URL to a PostgreSQL server of your own.',
  )
}
