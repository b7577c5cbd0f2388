import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type Account, type Command, command, give } from './account.ts'
import type { Binaries } from './binaries.ts'
import { isRunning, signal } from './processes.ts'

/** sockaddr_un holds 107 bytes, of which the server's file takes `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_BYTES_MAX = 90

/** The files of one embedded server. */
export interface Cluster {
  /** Shown in the titles of the server's processes. */
  name: string
  data: string
  socketFolder: string
  log: string
}

/** Makes the server's files, or finds them, below a folder that only its account enters. */
export async function prepareCluster(
  home: string,
  binaries: Binaries,
  account: Account,
  aborted?: AbortSignal,
): Promise<Cluster> {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  give(home, account)
  const name = `strongroom-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`
  const cluster = {
    name,
    data: join(home, 'data'),
    socketFolder: socketFolder(home, name),
    log: join(home, 'server.log'),
  }
  makePrivate(cluster.socketFolder, account)
  if (!existsSync(cluster.data)) await initialise(home, cluster.data, binaries, account, aborted)
  writeAccessRules(cluster.data, account)
  return cluster
}

/** Of this process; in a container the process before may have had the same number. */
const ownDrafts = new Set<string>()

/** Into a folder beside, and renamed when whole: a start that is killed leaves no half a cluster. */
async function initialise(
  home: string,
  data: string,
  binaries: Binaries,
  account: Account,
  aborted?: AbortSignal,
): Promise<void> {
  removeDrafts(home)
  const name = `new-${process.pid}-${randomBytes(4).toString('hex')}`
  const draft = join(home, name)
  ownDrafts.add(name)
  const initdb = command(account, binaries, binaries.initdb, [
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C',
    '--builtin-locale=C.UTF-8',
    '--username=postgres',
    '--auth=trust',
    '--no-instructions',
    '-D',
    draft,
  ])
  try {
    await finished(initdb, aborted)
    renameSync(draft, data)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Another process was faster: its cluster serves as well.
    if (!existsSync(data)) throw error
  } finally {
    ownDrafts.delete(name)
  }
  // What is committed in the cluster must not be lost with its name.
  const folder = openSync(home, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** In a group of its own: a program that it starts does not outlive it when the start is given up. */
async function finished({ file, args, options }: Command, aborted?: AbortSignal): Promise<void> {
  aborted?.throwIfAborted()
  const child = spawn(file, args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let reason = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (reason += text))
  child.on('error', (error) => (reason = error.message))
  const giveUp = () => child.pid !== undefined && signal(-child.pid, 'SIGKILL')
  aborted?.addEventListener('abort', giveUp, { once: true })
  const status = await new Promise((resolve) => child.once('close', resolve))
  aborted?.removeEventListener('abort', giveUp)
  aborted?.throwIfAborted()
  if (status !== 0) {
    throw new Error(`The embedded PostgreSQL could not be set up: ${reason.trim()}`)
  }
}

/** Of starts that were killed; their initdb may still be writing, then the next start removes it. */
function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    const pid = Number(/^new-(\d+)-/.exec(name)?.[1] ?? 0)
    const isUnderWay = pid === process.pid ? ownDrafts.has(name) : isRunning(pid)
    if (pid === 0 || isUnderWay) continue
    try {
      rmSync(join(home, name), { recursive: true, force: true })
    } catch {
      // It costs space and nothing else.
    }
  }
}

/**
 * Only who can enter the socket's folder reaches the server: its own user. Where that is `nobody`,
 * whom other programs share, the operating system's word that the caller is root is asked for too.
 */
function writeAccessRules(data: string, account: Account): void {
  const trusted = account.identity === undefined
  write(join(data, 'pg_hba.conf'), `local all all ${trusted ? 'trust' : 'peer map=owner'}\n`)
  // Only asked for where this is root: other users need not have a name.
  if (!trusted) write(join(data, 'pg_ident.conf'), `owner ${userInfo().username} all\n`)
}

/** Where `nobody` owns the folder, root must not be led elsewhere by a link. */
function write(path: string, content: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644)
  writeFileSync(file, content)
  closeSync(file)
}

/**
 * Elsewhere where the path is too long or would be read as a list; the name is made from the path,
 * so that a later process finds the socket.
 */
function socketFolder(home: string, name: string): string {
  const folder = join(home, 'socket')
  if (Buffer.byteLength(folder) <= SOCKET_FOLDER_BYTES_MAX && !/[,"]/.test(folder)) return folder
  const elsewhere = join(tmpdir(), name)
  return Buffer.byteLength(elsewhere) <= SOCKET_FOLDER_BYTES_MAX ? elsewhere : join('/tmp', name)
}

function makePrivate(folder: string, account: Account): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.getuid?.() === 0) {
    chownSync(folder, account.owner, account.identity?.gid ?? process.getgid?.() ?? 0)
    chmodSync(folder, 0o700)
  }
  // In a shared folder somebody else may have made it before: then it is not ours to trust.
  const { uid, mode } = lstatSync(folder)
  if (uid !== account.owner || (mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a private folder of the embedded PostgreSQL: remove it`)
  }
}
