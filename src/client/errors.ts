import type { components } from './generated/schema.ts'

type Body = Omit<components['schemas']['Error'], 'details'> & {
  details?: ErrorDetail[] | BudgetDetail
}

/** Every `code` of the service. A newer service may answer others. */
export type ServiceErrorCode = Body['code']

/**
 * Errors that the client itself detects: no connection, no complete answer in time, or an answer that
 * the call does not read, as from a proxy.
 */
export type ClientErrorCode = 'CONNECTION_FAILED' | 'CONNECTION_TIMEOUT' | 'UNKNOWN_ANSWER'

export type ErrorCode = ServiceErrorCode | ClientErrorCode

export interface ErrorDetail {
  /** A JSON pointer to what is wrong with the input. */
  path: string
  message: string
}

export interface BudgetDetail {
  budget_id: string
  remaining: number
}

/** Of a transfer: what its call alone would have been answered. Of a report: what became of it. */
export type BatchResult =
  components['schemas']['TransferResult'] | components['schemas']['UsageBatchResult']

/** A batch with all its keys and ids, those of the client too. */
export type SentBatch =
  components['schemas']['MoveManyRequest'] | components['schemas']['ReportUsageBatchRequest']

/** What a call was sent with: repeated with it, the call takes effect once. */
export interface Sent {
  idempotencyKey?: string | null
  reportId?: string | null
  batch?: SentBatch | null
}

const OF_THE_CALL = new Set(['request_id', 'report_id'])

interface Facts extends Sent {
  code: ErrorCode
  statusCode?: number
  requestId?: string | null
  details?: readonly ErrorDetail[]
  budget?: BudgetDetail | null
  retryAfterMs?: number | null
  results?: readonly BatchResult[]
  issued?: Readonly<Record<string, string>>
  cause?: unknown
}

/** Any failure of a call, except an abort by its own signal. Decide by `code`. */
export class StrongroomError extends Error {
  override readonly name = 'StrongroomError'
  readonly code: ErrorCode
  /** The HTTP status; null if no answer arrived. */
  readonly statusCode: number | null
  /** The id of the call in the service's log. */
  readonly requestId: string | null
  /** The faults of the input, with their places. */
  readonly details: readonly ErrorDetail[]
  /** Of `BUDGET_EXCEEDED`: which one, and what remains of it. */
  readonly budget: BudgetDetail | null
  /** How long the service asks to wait. */
  readonly retryAfterMs: number | null
  /** The call's key: repeated with it, the call moves money once, whatever happened to this try. */
  readonly idempotencyKey: string | null
  /** The report's id: repeated with it, the report counts once. */
  readonly reportId: string | null
  /** Of a batch: what became of each part, in order, as with `BATCH_REFUSED`. */
  readonly results: readonly BatchResult[]
  /**
   * What a call with `OUTCOME_UNKNOWN` may have issued, such as a `key_id`: look for it, and revoke
   * it.
   */
  readonly issued: Readonly<Record<string, string>>
  readonly #batch: SentBatch | null

  constructor(message: string, facts: Facts) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause })
    this.code = facts.code
    this.statusCode = facts.statusCode ?? null
    this.requestId = facts.requestId ?? null
    this.details = facts.details ?? []
    this.budget = facts.budget ?? null
    this.retryAfterMs = facts.retryAfterMs ?? null
    this.idempotencyKey = facts.idempotencyKey ?? null
    this.reportId = facts.reportId ?? null
    this.results = facts.results ?? []
    this.issued = facts.issued ?? {}
    this.#batch = facts.batch ?? null
  }

  /**
   * The transfers or reports of a batch as they were sent, each with its key or id: repeated as they
   * are here, each takes effect once. It is no property of its own, so no logger writes it.
   */
  get sent(): SentBatch | null {
    return this.#batch
  }
}

type Head = Pick<Response, 'status' | 'headers'>

/** The error for an answer of 400 and above. */
export function errorOf(response: Head, text: string, sent: Sent): StrongroomError {
  const body = bodyOf(text)
  if (body === null) return unknownAnswer(response, sent)
  const { code, message, details: given = [] } = body
  const isList = Array.isArray(given)
  const [details, budget] = isList ? [given, null] : [[], given]
  return new StrongroomError(message, {
    ...sent,
    ...factsOf(response),
    ...(body.idempotency_key !== undefined && { idempotencyKey: body.idempotency_key }),
    ...(body.report_id !== undefined && { reportId: body.report_id }),
    results: (body.results ?? []) as BatchResult[],
    issued: issuedIn(body),
    code,
    details,
    budget,
  })
}

/** The error for an answer that the call does not read: it may be a proxy's, or in another format. */
export function unknownAnswer(response: Head, sent: Sent): StrongroomError {
  const { status, headers } = response
  const type = headers.get('content-type') ?? 'not given'
  // All errors of the service have a code, but some successes are not JSON.
  const message =
    status < 400
      ? `This call does not read the answer ${status}; its type is ${type}.`
      : `The answer ${status} is not from the service.`
  return new StrongroomError(message, { ...sent, ...factsOf(response), code: 'UNKNOWN_ANSWER' })
}

function factsOf({ status, headers }: Head) {
  return {
    statusCode: status,
    requestId: headers.get('x-request-id'),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  }
}

/** All other ids at the top level, including those of a newer service. */
function issuedIn(body: Body): Record<string, string> {
  const ids = Object.entries(body).filter(
    ([name, value]) => name.endsWith('_id') && !OF_THE_CALL.has(name) && typeof value === 'string',
  )
  return Object.fromEntries(ids) as Record<string, string>
}

function bodyOf(text: string): Body | null {
  try {
    const body: unknown = JSON.parse(text)
    const isOurs = typeof body === 'object' && body !== null && 'code' in body && 'message' in body
    return isOurs ? (body as Body) : null
  } catch {
    return null
  }
}

/** Reads seconds or a date, as RFC 9110 allows. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
