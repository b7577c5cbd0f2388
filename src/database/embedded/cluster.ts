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

/** sockaddr_un holds 107 bytes, and the server's file needs some of them: `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_BYTES_MAX = 90

/** The files of one embedded server. */
export interface Cluster {
  /** Shown in the titles of the server's processes. */
  name: string
  data: string
  socketFolder: string
  log: string
}

/** Creates or finds the server's files, in a folder that only its account can enter. */
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

/** The drafts of this process; in a container the process before may have had the same number. */
const ownDrafts = new Set<string>()

/**
 * Creates the cluster in a folder beside, and renames it when complete: a killed start leaves no
 * incomplete cluster.
 */
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
    // Another process was faster, and its cluster serves as well.
    if (!existsSync(data)) throw error
  } finally {
    ownDrafts.delete(name)
  }
  // Makes the name durable: what is committed in the cluster must not be lost with it.
  const folder = openSync(home, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/**
 * Runs a program in its own process group, so that an aborted start also ends the program's children.
 */
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

/**
 * Removes the drafts of killed starts. If their initdb is still writing, the next start removes them.
 */
function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    const pid = Number(/^new-(\d+)-/.exec(name)?.[1] ?? 0)
    const isUnderWay = pid === process.pid ? ownDrafts.has(name) : isRunning(pid)
    if (pid === 0 || isUnderWay) continue
    try {
      rmSync(join(home, name), { recursive: true, force: true })
    } catch {
      // What remains only costs space.
    }
  }
}

/**
 * Access to the socket's folder protects the server: only its own user can enter it. If that user is
 * `nobody`, which other programs share, the operating system must also confirm that the caller is
 * root.
 */
function writeAccessRules(data: string, account: Account): void {
  const trusted = account.identity === undefined
  write(join(data, 'pg_hba.conf'), `local all all ${trusted ? 'trust' : 'peer map=owner'}\n`)
  // The name is needed only for root; other users may have none.
  if (!trusted) write(join(data, 'pg_ident.conf'), `owner ${userInfo().username} all\n`)
}

/** If `nobody` owns the folder, a link there must not lead root elsewhere. */
function write(path: string, content: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644)
  writeFileSync(file, content)
  closeSync(file)
}

/**
 * Uses another folder if the path is too long or would be read as a list. Its name is derived from
 * the path, so that a later process finds the socket.
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
  // In a shared folder another user may have created it first; such a folder can't be trusted.
  const { uid, mode } = lstatSync(folder)
  if (uid !== account.owner || (mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a private folder of the embedded PostgreSQL: remove it`)
  }
}
