import { type Received, textOf } from './answers.ts'
import { type Sent, StrongroomError, errorOf, unknownAnswer } from './errors.ts'

export interface TransportOptions {
  /** The time limit of each try, until the answer is complete; 10,000 by default. */
  timeoutMs?: number
  /** How often a failed call is tried again; 3 by default. */
  retries?: number
  /** Replaces the global `fetch`. */
  fetch?: (request: Request, init: RequestInit) => Promise<Response>
}

const TIMEOUT_MS = 10_000
export const RETRIES = 3
const FIRST_DELAY_MS = 200
const DELAY_MS_MAX = 5_000
/** If the service asks to wait longer than this, the caller gets the error and decides. */
const RETRY_AFTER_MS_MAX = 30_000

/** Statuses of faults that may pass. */
const PASSING = new Set([408, 429, 500, 502, 503, 504])
/** Errors that waiting does not fix, although their status suggests it. */
const LASTING = new Set(['SIGNING_KEY_MISSING', 'STRIPE_NOT_CONFIGURED'])
/** Refused before anything was done. */
const UNTOUCHED = new Set(['OVERLOADED', 'ACCOUNT_BUSY'])
/** Statuses whose answer has no body. */
const EMPTY = new Set([204, 205, 304])

export interface CallRules {
  /** Whether sending the call twice has the same effect as sending it once. */
  isRepeatable: (request: Request) => boolean
  /** Whether a successful answer can be the service's. */
  isOwn: (answer: Received, request: Request) => boolean
  /** The ids in the body, for the errors. */
  sent?: Sent
}

/**
 * A `fetch` that repeats calls after passing faults, with growing, random delays, and throws a
 * StrongroomError for every answer of 400 and above, and for one that is not the service's.
 */
export function transport(options: TransportOptions, { isRepeatable, isOwn, sent }: CallRules) {
  const retries = options.retries ?? RETRIES
  return async (first: Request): Promise<Response> => {
    let request = first
    let reportId = sent?.reportId ?? null
    for (let tries = 0; ; tries += 1) {
      const idempotencyKey = request.headers.get('idempotency-key')
      const ids = { ...sent, idempotencyKey, reportId }
      try {
        const answer = await attempt(request, options, ids)
        if (!isOwn(answer, first)) throw unknownAnswer(answer, ids)
        const { status, statusText, headers, bytes } = answer
        return new Response(EMPTY.has(status) ? null : bytes, { status, statusText, headers })
      } catch (error) {
        if (!(error instanceof StrongroomError) || tries === retries) throw error
        if (!mayPass(error)) throw error
        if (error.code === 'OUTCOME_UNKNOWN') {
          request = await named(request, error)
          reportId = error.reportId
        }
        const countsOnce = isRepeatable(request) || reportId !== null
        if (!countsOnce && !isUntouched(error) && !isSameAgain(error)) throw error
        await pause(delayMs(tries, error.retryAfterMs ?? 0), request.signal)
      }
    }
  }
}

async function attempt(request: Request, options: TransportOptions, sent: Sent) {
  const { timeoutMs = TIMEOUT_MS, fetch = globalThis.fetch } = options
  const ending = new AbortController()
  const abort = () => ending.abort(request.signal.reason)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    ending.abort()
  }, timeoutMs)
  request.signal.addEventListener('abort', abort)
  try {
    request.signal.throwIfAborted()
    // Following a redirect would carry the credential to an arbitrary place.
    const init: RequestInit = { signal: ending.signal, redirect: 'error' }
    const answer = await fetch(request.clone(), init)
    const bytes = await answer.arrayBuffer()
    if (answer.status >= 400) throw errorOf(answer, textOf(bytes), sent)
    const { status, statusText, headers } = answer
    return { status, statusText, headers, bytes }
  } catch (cause) {
    request.signal.throwIfAborted()
    if (cause instanceof StrongroomError) throw cause
    const [code, message] = isLate
      ? (['CONNECTION_TIMEOUT', `No answer came within ${timeoutMs} ms.`] as const)
      : (['CONNECTION_FAILED', 'The service could not be reached.'] as const)
    throw new StrongroomError(message, { ...sent, code, cause })
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', abort)
  }
}

/** Whether the same call may succeed in a moment. */
export function mayPass(error: StrongroomError): boolean {
  if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX || LASTING.has(error.code)) return false
  return error.statusCode === null || PASSING.has(error.statusCode)
}

/** These calls can be repeated even without a key. */
function isUntouched(error: StrongroomError): boolean {
  return error.statusCode === 429 || UNTOUCHED.has(error.code)
}

/** By contract, an answer names what may have been issued only if the call must not be repeated. */
function isSameAgain({ code, issued }: StrongroomError): boolean {
  return code === 'OUTCOME_UNKNOWN' && Object.keys(issued).length === 0
}

/** The same call with the key or id that the service has assigned, so that it happens once. */
async function named(request: Request, error: StrongroomError): Promise<Request> {
  const { idempotencyKey, reportId } = error
  if (idempotencyKey !== null && !request.headers.has('idempotency-key')) {
    const headers = new Headers(request.headers)
    headers.set('idempotency-key', idempotencyKey)
    return new Request(request.clone(), { headers })
  }
  if (reportId === null) return request
  const report = (await request.clone().json()) as object
  const body = JSON.stringify({ ...report, report_id: reportId })
  return new Request(request.clone(), { method: request.method, body })
}

/** Random, so that callers who failed together do not return together. */
export function delayMs(tries: number, atLeastMs: number): number {
  return atLeastMs + Math.random() * Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** tries)
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      if (signal.aborted) reject(signal.reason as Error)
      else resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
