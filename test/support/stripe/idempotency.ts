import { type Clock, DAY_S } from './clock.ts'
import { ApiError, invalidRequest } from './errors.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** An answer, and whether its key remembers it. */
export interface Outcome {
  answer: Answer
  isRemembered: boolean
}

interface Entry {
  endpoint: string
  params: string
  /** In seconds. */
  since: number
  /** Null while the first request is running. */
  answer: Answer | null
}

const KEY_LENGTH_MAX = 255

/**
 * Stripe's treatment of an `Idempotency-Key` on a POST: it repeats the first answer for a day, even a
 * 500, and refuses the key with another request or while the first one is still running. A request
 * that was refused before it began is not remembered.
 */
export function createIdempotency(clock: Clock) {
  const entries = new Map<string, Entry>()

  return async function once(
    request: { key: string; endpoint: string; params: string },
    work: () => Promise<Outcome>,
  ): Promise<{ answer: Answer; isReplay: boolean }> {
    const { key, endpoint, params } = request
    if (key.length > KEY_LENGTH_MAX) throw invalidRequest('Idempotency key is too long')
    const found = entries.get(key)
    if (found !== undefined && found.since > clock.now() - DAY_S) {
      if (found.endpoint !== endpoint || found.params !== params) {
        throw otherRequest(key, found.endpoint === endpoint)
      }
      if (found.answer === null) throw inUse(key)
      return { answer: found.answer, isReplay: true }
    }
    const entry: Entry = { endpoint, params, since: clock.now(), answer: null }
    entries.set(key, entry)
    try {
      const { answer, isRemembered } = await work()
      if (isRemembered) entry.answer = answer
      return { answer, isReplay: false }
    } finally {
      if (entry.answer === null) entries.delete(key)
    }
  }
}

function otherRequest(key: string, isSameEndpoint: boolean): ApiError {
  const same = isSameEndpoint ? 'with the same parameters' : 'for the same endpoint'
  return new ApiError(400, {
    type: 'idempotency_error',
    message:
      `Keys for idempotent requests can only be used ${same} they were first used with. ` +
      `Try using a key other than '${key}' if you meant to execute a different request.`,
  })
}

function inUse(key: string): ApiError {
  return new ApiError(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key: ${key}`,
  })
}
