/** Network and server outages, by the codes of postgres.js and Node. */
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
 * SQLSTATEs after which the same request may succeed later. By class: connection, resources, operator
 * intervention, system, transaction conflicts. Also a read-only standby (25006), a session that lost
 * its transaction (25P01), and a missing privilege (42501): without its audit record an act must not
 * happen, and an operator must help. After a lock timeout (55P03) or a statement timeout (57014) the
 * transaction is aborted, so it did not happen.
 */
const RETRYABLE_STATES = /^(08|53|57|58|40)...$|^25006$|^25P01$|^42501$|^55P03$/

/**
 * The code of a database error, also of one that Drizzle has wrapped; undefined for anything else.
 */
export function databaseErrorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}

/** Whether a statement violated this unique, check or foreign key constraint. */
export function violates(error: unknown, constraint: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('constraint_name' in cause) return cause.constraint_name === constraint
  }
  return false
}

/** Whether the connection was lost: a running statement may or may not have been committed. */
export function isConnectionLost(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code !== undefined && (CONNECTION_CODES.has(code) || /^(08|57P)/.test(code))
}

/**
 * Whether a statement or its wait for a lock took too long. The transaction is aborted, so nothing
 * has happened.
 */
export function isTimeUp(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code === '55P03' || code === '57014'
}

export function isDatabaseUnavailable(error: unknown): boolean {
  const code = databaseErrorCode(error)
  return code !== undefined && (CONNECTION_CODES.has(code) || RETRYABLE_STATES.test(code))
}

/** Whether a wait for a lock timed out. The transaction is aborted, so nothing has happened. */
export function isLockNotHad(error: unknown): boolean {
  return databaseErrorCode(error) === '55P03'
}
