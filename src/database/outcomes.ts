import type postgres from 'postgres'
import type { Database } from './handles.ts'

/** The connection was lost in use: what had been sent may or may not have been done. */
const LOST_IN_USE = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
])

/** The server ends the session; it may have committed just before. */
const SESSION_ENDED = /^(0800|57P0[12])/

/** The server's warning when a commit's wait for its standby is cut short. */
const UNREPLICATED = { code: '01000', routine: 'SyncRepWaitForLSN' }
/** Its warning when there is nothing to commit: the transaction ended with another session. */
const NO_TRANSACTION = '25P01'

/** A commit, or a statement that commits by itself, was sent, and its outcome is unknown. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('Whether it was committed is not known', { cause })
    this.name = 'OutcomeUnknown'
  }
}

/**
 * Sends a statement that commits, and distinguishes a lost answer from a refusal.
 * @throws OutcomeUnknown when it may have been committed; any other error means that it was not
 */
export async function committing<T>(send: () => PromiseLike<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw leavesOpen(error) ? new OutcomeUnknown(error) : error
  }
}

/** The same for Drizzle's transactions, whose commit is sent after `work` has returned. */
export function withOutcomes(db: Database): Database {
  const transaction: Database['transaction'] = async (work, config) => {
    let isSent = false
    try {
      return await db.transaction(async (tx) => {
        const result = await work(tx)
        isSent = true
        return result
      }, config)
    } catch (error) {
      throw isSent && leavesOpen(error) ? new OutcomeUnknown(error) : error
    }
  }
  return Object.create(db, { transaction: { value: transaction } }) as Database
}

/**
 * For `onnotice`: recognises warnings of statements that failed although the server reports success.
 * https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION
 * @returns the error with which the statement is rejected; undefined for any other notice
 */
export function failureIn(notice: postgres.Notice): Error | undefined {
  const { code, routine } = notice
  const isUnreplicated = code === UNREPLICATED.code && routine === UNREPLICATED.routine
  if (!isUnreplicated && code !== NO_TRANSACTION) return undefined
  return Object.assign(new Error(notice['message']), { code, routine })
}

function leavesOpen(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, routine, syscall } = cause as Error & Partial<Record<string, unknown>>
    if (typeof code !== 'string') continue
    if (code === UNREPLICATED.code) return routine === UNREPLICATED.routine
    // A connection that was never made has sent nothing.
    return syscall !== 'connect' && (LOST_IN_USE.has(code) || SESSION_ENDED.test(code))
  }
  return false
}
