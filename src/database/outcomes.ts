import type postgres from 'postgres'
import type { Database } from './handles.ts'

/** Lost on a connection that was in use: what had been sent may or may not have been done. */
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

/** What the server warns of when a commit's wait for its standby is cut short. */
const UNREPLICATED = { code: '01000', routine: 'SyncRepWaitForLSN' }
/** What it warns of when there is nothing to commit: the transaction ended with another session. */
const NO_TRANSACTION = '25P01'

/** A commit, or a statement that commits by itself, was sent, and nothing says what became of it. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('Whether it was committed is not known', { cause })
    this.name = 'OutcomeUnknown'
  }
}

/**
 * Sends what commits, and tells a lost answer from a refusal.
 * @throws OutcomeUnknown when it may have been committed; any other error means that it was not
 */
export async function committing<T>(send: () => PromiseLike<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw leavesOpen(error) ? new OutcomeUnknown(error) : error
  }
}

/** The same for transactions of Drizzle, whose commit is sent when `work` has returned. */
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
 * For `onnotice`: a warning by which a statement has failed, though the server reports a success.
 * https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION
 * @returns the error that the statement is rejected with; undefined for any other notice
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
    // A connection that could not be made has carried nothing.
    return syscall !== 'connect' && (LOST_IN_USE.has(code) || SESSION_ENDED.test(code))
  }
  return false
}
