import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type Account, give, run } from './account.ts'
import type { Binaries } from './binaries.ts'

/** sockaddr_un holds 107 bytes, of which the server's file takes `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_BYTES_MAX = 90

/** The files of one embedded server. */
export interface Cluster {
  data: string
  socketFolder: string
  log: string
}

/** Makes the server's files, or finds them, below a folder that only its account enters. */
export function prepareCluster(home: string, binaries: Binaries, account: Account): Cluster {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  give(home, account)
  const cluster = {
    data: join(home, 'data'),
    socketFolder: socketFolder(home),
    log: join(home, 'server.log'),
  }
  makePrivate(cluster.socketFolder, account)
  if (!existsSync(cluster.data)) initialise(home, cluster.data, binaries, account)
  writeAccessRules(cluster.data, account)
  return cluster
}

/** Into a folder beside, and renamed when whole: a start that is killed leaves no half a cluster. */
function initialise(home: string, data: string, binaries: Binaries, account: Account): void {
  const draft = join(home, `new-${process.pid}`)
  const made = run(account, binaries, binaries.initdb, [
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--username=postgres',
    '--auth=trust',
    '--no-instructions',
    '-D',
    draft,
  ])
  if (made.status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    throw new Error(`The embedded PostgreSQL could not be set up: ${made.stderr.trim()}`)
  }
  try {
    renameSync(draft, data)
  } catch (error) {
    // Another process was faster: its cluster serves as well.
    if (!existsSync(data)) throw error
  }
  const drafts = readdirSync(home).filter((name) => name.startsWith('new-'))
  for (const name of drafts) rmSync(join(home, name), { recursive: true, force: true })
}

/**
 * Only who can enter the socket's folder reaches the server: its own user. Where that is `nobody`,
 * whom other programs share, the operating system's word that the caller is root is asked for too.
 */
function writeAccessRules(data: string, account: Account): void {
  const method = account.identity === undefined ? 'trust' : 'peer map=owner'
  const owner = userInfo().username
  writeFileSync(join(data, 'pg_hba.conf'), `local all all ${method}\n`, { mode: 0o644 })
  writeFileSync(join(data, 'pg_ident.conf'), `owner ${owner} all\n`, { mode: 0o644 })
}

/** A name made from the path, so that a later process finds the running server's socket. */
function socketFolder(home: string): string {
  const folder = join(home, 'socket')
  if (Buffer.byteLength(folder) <= SOCKET_FOLDER_BYTES_MAX) return folder
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16)
  return join(tmpdir(), `strongroom-${name}`)
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
