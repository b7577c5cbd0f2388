/** Outages of the network and the server as postgres.js and Node name them. */
const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ETIMEDOUT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * SQLSTATEs after which the same request may succeed later, by class: connection, resources,
 * operator intervention, system; a conflict of transactions; a read-only standby, or a session that lost
 * its transaction; and a privilege that is missing (without its audit record an act must not happen, and
 * an operator must act). And a lock that was not had in time (55P03), like a statement that took too long
 * (57014): the transaction is aborted, so it did not happen.
 */
const RETRYABLE_STATES = /^(08|53|57|58|40)...$|^25006$|^25P01$|^42501$|^55P03$/

/** The code of a database error, also where Drizzle has wrapped it; undefined for anything else. */
export function databaseErrorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}

/** Whether a statement failed by this unique, check or foreign key constraint. */
export function violates(error: unknown, constraint: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('constraint_name' in cause) return cause.constraint_name === constraint
  }
  return false
}

/** Whether the connection was lost: what was under way may or may not have been committed. */
export function isConnectionLost(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code !== undefined && (CONNECTION_CODES.has(code) || /^(08|57P)/.test(code))
}

/**
 * Whether a statement was ended for taking too long, or for a lock that was not to be had: the
 * transaction is aborted, so nothing of it has happened.
 */
export function isTimeUp(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code === '55P03' || code === '57014'
}

export function isDatabaseUnavailable(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code !== undefined && (CONNECTION_CODES.has(code) || RETRYABLE_STATES.test(code))
}

/** A lock was not had within its time: by then the transaction is aborted, and nothing has happened. */
export function isLockNotHad(error: unknown): boolean {
  return databaseErrorCode(error) === '55P03'
}
