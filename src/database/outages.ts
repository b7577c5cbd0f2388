import type { FastifyBaseLogger } from 'fastify'
import postgres from 'postgres'
import { databaseErrorCode, isConnectionLost } from './faults.ts'
import { NoConnectionFree } from './turns.ts'

/** An outage fails every call, and one log line in this time is enough for each kind and code. */
const QUIET_MS = 10_000
const REMEMBERED_MAX = 200

/**
 * SQLSTATE classes with which the server, or a pooler in front of it, refuses to serve: the
 * connection (08), the role (28), resources (53), and operators or limits (57).
 */
const REFUSING = /^(08|28|53|57)/

/** Whether an error means that a connection is unavailable or was lost. */
export function isOutage(error: unknown): boolean {
  return isConnectionLost(error) || REFUSING.test(databaseErrorCode(error) ?? '')
}

/**
 * Logs the server's own words about an outage: `too many connections for role "…"` says more than any
 * code. Messages of these classes name roles, databases and limits, and never quote the statement.
 * @returns a function to call with any error, and with the place where it occurred
 */
export function outageLog(log: FastifyBaseLogger): (error: unknown, where: string) => void {
  const saidAt = new Map<string, number>()
  return (error, where) => {
    if (!isOutage(error)) return
    const code = databaseErrorCode(error)
    const key = `${where} ${code}`
    const now = Date.now()
    if (now - (saidAt.get(key) ?? 0) < QUIET_MS) return
    if (saidAt.size >= REMEMBERED_MAX) saidAt.clear()
    saidAt.set(key, now)
    log.warn(
      { database: { where, code, message: messageOf(error) } },
      'The database does not serve',
    )
  }
}

/** The server's message. The driver's own errors name addresses, and their code says enough. */
export function messageOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const isSaid = cause instanceof postgres.PostgresError || cause instanceof NoConnectionFree
    if (isSaid) return cause.message.slice(0, 300)
  }
  return undefined
}
