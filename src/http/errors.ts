import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify'
import fp from 'fastify-plugin'
import type { Attempt } from './outcomes/attempt.ts'
import {
  REFUSALS,
  Refusal,
  type RefusalCode,
  type RefusalDetails,
  type Repeat,
} from '../refusals/index.ts'
import { isDatabaseUnavailable, isTimeUp } from '../database/faults.ts'
import { outageLog } from '../database/outages.ts'
import { OutcomeUnknown } from '../database/outcomes.ts'
import { detailsOf } from './faults-in-words.ts'
import { closeBehindAnswer, closeLater } from './early-answers.ts'
import { newRequestId } from './request-id.ts'

const RETRY_AFTER_S = 1

export interface ErrorBody {
  statusCode: number
  error: string
  code: RefusalCode
  message: string
  request_id: string
  details?: RefusalDetails
}

export type ErrorAnswer = ErrorBody & Repeat

export function errorBody(refusal: Refusal, requestId: string): ErrorAnswer {
  return {
    statusCode: refusal.statusCode,
    error: STATUS_CODES[refusal.statusCode] ?? 'Error',
    code: refusal.code,
    message: refusal.message,
    request_id: requestId,
    ...(refusal.details && { details: refusal.details }),
    ...refusal.repeat,
  }
}

/** Gives all errors the same shape: refusals, validation errors and faults of the service. */
export const errors = fp(
  async (app: FastifyInstance) => {
    const noteOutage = outageLog(app.log)
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const cause = refusalFor(error)
      const refusal = request.attempt?.hasStored ? ofWhatIsStored(cause, request.attempt) : cause
      noteOutage(error, 'a request')
      if (cause.statusCode === 500) request.log.error({ err: error }, 'Request failed')
      return send(refusal, request, reply)
    })
  },
  { name: 'errors' },
)

function send(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (refusal.statusCode === 503) void reply.header('retry-after', RETRY_AFTER_S)
  if (refusal.statusCode === 401) void reply.header('www-authenticate', challengeOf(request))
  return reply
    .code(refusal.statusCode)
    .type('application/json; charset=utf-8')
    .send(errorBody(refusal, request.id))
}

/** Every 401 must have one (RFC 9110, section 15.5.2). Customers have keys, and operators tokens. */
function challengeOf({ routeOptions }: FastifyRequest): string {
  const scheme = routeOptions.config.scope === 'customer' ? 'ApiKey' : 'Bearer'
  return `${scheme} realm="strongroom"`
}

/** A 5xx would say that nothing is stored, so after a stored write it becomes `OUTCOME_UNKNOWN`. */
function ofWhatIsStored(refusal: Refusal, { repeat }: Attempt): Refusal {
  const isWrong = refusal.statusCode >= 500 && refusal.code !== 'OUTCOME_UNKNOWN'
  return isWrong ? new Refusal('OUTCOME_UNKNOWN', { repeat, cause: refusal }) : refusal
}

/** What the caller may know of an error; the cause of a 500 stays in the log. */
export function refusalFor(error: Partial<FastifyError>): Refusal {
  if (error instanceof Refusal) return error
  if (error.validation) return refusalOfFaults(error.validation)
  if (error instanceof OutcomeUnknown) return new Refusal('OUTCOME_UNKNOWN')
  if (isTimeUp(error)) return new Refusal('TIMEOUT')
  if (isDatabaseUnavailable(error)) return new Refusal('DATABASE_UNAVAILABLE')
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('PAYLOAD_TOO_LARGE')
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Refusal('UNSUPPORTED_MEDIA_TYPE')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal('BAD_REQUEST')
  }
  return new Refusal('INTERNAL_ERROR')
}

/** What a caller is told of a text that does not match its schema. */
export function refusalOfFaults(faults: readonly FastifySchemaValidationError[]): Refusal {
  return new Refusal('VALIDATION_FAILED', { details: detailsOf(faults) })
}

/** Refusals by the router, which runs no hook: the URL is badly encoded or too long. */
export function refuseBadUrl(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  request.log.info({ method: request.method, route: 'unmatched', status: 400 }, 'Request')
  void reply.header('x-request-id', request.id)
  void send(new Refusal('BAD_REQUEST'), request, reply)
}

/** Refusals before there is a request: the bytes are broken or too slow. */
export function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // The client would take the next answer for that of its first request.
  if (closeBehindAnswer(socket)) return
  // The answer may still be on its way.
  if (socket.bytesWritten > 0) return closeLater(socket)
  const code =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'REQUEST_TIMEOUT'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'HEADERS_TOO_LARGE'
        : 'BAD_REQUEST'
  const requestId = newRequestId()
  const body = JSON.stringify(errorBody(new Refusal(code), requestId))
  socket.write(
    `HTTP/1.1 ${REFUSALS[code][0]} ${STATUS_CODES[REFUSALS[code][0]]}\r\n` +
      'content-type: application/json; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  )
  closeLater(socket)
}
