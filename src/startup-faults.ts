import { ConfigError } from './config.ts'
import { DatabaseNotReady } from './plugins/database/open.ts'
import { databaseErrorCode, isConnectionLost } from './plugins/database/faults.ts'

/** Why a command can not start, in words that say what to do; no value of any setting is in them. */
export function explainStartupFault(error: unknown): string {
  if (error instanceof ConfigError) {
    return `${error.message}:\n${error.faults.map((fault) => `  - ${fault}`).join('\n')}`
  }
  if (error instanceof DatabaseNotReady) return error.message
  const code = databaseErrorCode(error)
  if (code === 'EADDRINUSE') return 'The port is taken: stop what listens there, or set PORT.'
  if (code === 'EADDRNOTAVAIL') return 'This machine has no such address: check HOST.'
  if (code === 'EACCES') return 'No permission: check PORT (below 1024?) and who owns DATA_DIR.'
  if (code === '28P01' || code === '28000') {
    return 'The database refuses the user or password in DATABASE_URL.'
  }
  if (code === '3D000') return 'The database named in DATABASE_URL does not exist.'
  if (isConnectionLost(error)) {
    return `The database can not be reached (${code}): check DATABASE_URL and DATABASE_SSL.`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
