import { WorkersFailed } from './cluster/workers.ts'
import { ConfigError } from './config.ts'
import { LockNotHad } from '../database/migrations.ts'
import { DatabaseNotReady } from '../database/open.ts'
import { isOutage, messageOf } from '../database/outages.ts'
import { OutcomeUnknown } from '../database/outcomes.ts'
import { WrongRoles } from '../database/roles.ts'
import { SessionsShared } from '../database/pooler.ts'
import { databaseErrorCode, isConnectionLost } from '../database/faults.ts'

const WRONG_PASSWORD =
  'The database refuses the user or password in DATABASE_URL, or in MIGRATION_DATABASE_URL where that ' +
  'is set: check both, and encode special characters as in any URL (`@` is `%40`).'

/** What to do about a fault, by the code from the system or the database. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is taken: stop what listens there, or set PORT.',
  EADDRNOTAVAIL: 'This machine has no such address: check HOST.',
  EEXIST: 'DATA_DIR is a file: set it to a folder.',
  ENOTDIR: 'DATA_DIR is below something that is no folder: set it to another one.',
  ENOSPC: 'The disk is full: make room where DATA_DIR is.',
  EROFS: 'DATA_DIR is on a disk that can only be read: set it to a folder that can be written to.',
  '28P01': WRONG_PASSWORD,
  '28000': WRONG_PASSWORD,
  '3D000': 'The database named in DATABASE_URL does not exist: create it, or name another.',
  '42501':
    'The user in DATABASE_URL lacks a privilege. Migrations need the owner of the database, by ' +
    'MIGRATION_DATABASE_URL; `strongroom migrate` then gives the user in DATABASE_URL what it needs.',
}

/** The most likely causes why a database can't be reached. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: is PostgreSQL running on that port?',
  ECONNRESET:
    'It closed the connection, as a server without TLS does. If it is on this machine, set DATABASE_SSL=disable.',
  ENOENT: 'There is no such socket: is PostgreSQL running?',
  ENOTFOUND: 'No host has this name.',
  EAI_AGAIN: 'The name server does not answer.',
  CONNECT_TIMEOUT: 'It does not answer: does a firewall block the connection?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name than the one in DATABASE_URL.',
}

const OTHER_AUTHORITY =
  'Its certificate is from an authority that is not known here: set DATABASE_CA_FILE to its file.'

function isOfTls(code: string | undefined): boolean {
  return /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code ?? '')
}

/** Why a command can't start, and what to do about it. Contains no value of a setting. */
export function explainStartupFault(error: unknown): string {
  if (error instanceof ConfigError) {
    return `${error.message}:\n${error.faults.map((fault) => `  - ${fault}`).join('\n')}`
  }
  if (error instanceof OutcomeUnknown) {
    return 'The connection was lost at the commit: look whether it was done, and else run it again.'
  }
  const isOurs = [DatabaseNotReady, LockNotHad, SessionsShared, WorkersFailed, WrongRoles].some(
    (kind) => error instanceof kind,
  )
  if (isOurs && error instanceof Error) return error.message
  const code = databaseErrorCode(error)
  if (code === 'EACCES' || code === 'EPERM') return explainPermission(error)
  const advice = code === undefined ? undefined : ADVICE[code]
  if (advice !== undefined) return advice
  if (code === 'CONNECTION_DESTROYED') {
    return 'The database is a standby, which takes no writes: name its primary in DATABASE_URL too.'
  }
  const said = messageOf(error)
  if (isOutage(error) && said !== undefined) {
    return (
      `The database, or a pooler in front of it, refuses the connection (${code}): ${said}. ` +
      'Check DATABASE_URL: a pooler must be in session mode, and pass on what a connection sets.'
    )
  }
  if (isConnectionLost(error) && !isMissingFile(error)) {
    const remedy = REMEDIES[code ?? ''] ?? (isOfTls(code) ? OTHER_AUTHORITY : undefined)
    const more = remedy === undefined ? '' : ` ${remedy}`
    return `The database can not be reached (${code}): check DATABASE_URL and DATABASE_SSL.${more}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** A missing file has the same code as a missing socket. */
function isMissingFile(error: unknown): boolean {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return false
  return error.code === 'ENOENT' && error.syscall !== 'connect'
}

function explainPermission(error: unknown): string {
  const isPort = error instanceof Error && 'syscall' in error && error.syscall === 'listen'
  return isPort
    ? 'This user may not listen on the port: set PORT to 1024 or more.'
    : 'This user may not write to DATA_DIR: change its owner, or set DATA_DIR to another folder.'
}
