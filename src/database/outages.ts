import type { FastifyBaseLogger } from 'fastify'
import postgres from 'postgres'
import { databaseErrorCode, isConnectionLost } from './faults.ts'
import { NoConnectionFree } from './turns.ts'

/** An outage fails every call, and one line in this time is enough for each kind and code. */
const QUIET_MS = 10_000
const REMEMBERED_MAX = 200

/**
 * Whether the server, or what stands in front of it, refuses to serve: by SQLSTATE the connection
 * (08), who connects (28), its resources (53) and operators or its own limits (57).
 */
const REFUSING = /^(08|28|53|57)/

/** Whether an error means that a connection is not to be had, or was lost. */
export function isOutage(error: unknown): boolean {
  return isConnectionLost(error) || REFUSING.test(databaseErrorCode(error) ?? '')
}

/**
 * Logs what the server says of an outage, in its own words: `too many connections for role "…"` says
 * what no code does. These classes quote roles, databases and limits, and never what was asked.
 * @returns what to call with any error, and with where it was met
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

/** The server's words; the driver's own errors name addresses, which the code says enough of. */
export function messageOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const isSaid = cause instanceof postgres.PostgresError || cause instanceof NoConnectionFree
    if (isSaid) return cause.message.slice(0, 300)
  }
  return undefined
}
