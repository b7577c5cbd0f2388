import { type Clock, DAY_S } from './clock.ts'
import { ApiError, invalidRequest } from './errors.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** An answer, and whether its key is to remember it. */
export interface Outcome {
  answer: Answer
  isRemembered: boolean
}

interface Entry {
  endpoint: string
  params: string
  /** Seconds. */
  since: number
  /** Null while the first request is on its way. */
  answer: Answer | null
}

const KEY_LENGTH_MAX = 255

/**
 * What Stripe does for an `Idempotency-Key` on a POST: the first answer again for a day, also when
 * that is a 500; an error for the key with another request, or while the first is still running.
 * Nothing is kept of a request that was refused before it began.
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
