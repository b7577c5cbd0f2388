import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Logger, pino, stdSerializers } from 'pino'
import { databaseErrorCode } from '../database/faults.ts'
import { logDestination } from './log-destination.ts'
import { traceIdOf } from './trace-context.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

declare module 'fastify' {
  interface FastifyRequest {
    /** The user whose money a request of the internal scope concerns, if it names one. */
    userId: string | null
  }
}

/**
 * Logs only listed fields. Everything else stays out, so no secret has to be recognised.
 * @param sharesOutput whether other processes write to the same standard output
 */
export function createLogger(level: LogLevel, { sharesOutput = false } = {}): Logger {
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      serializers: { err: describeError, req: () => undefined },
    },
    logDestination({
      sharesOutput,
      onDropped: (lines) => {
        logger.warn({ lines }, 'Lines were dropped while the log could not be written')
      },
    }),
  )
  return logger
}

/**
 * An error without its message: messages of the driver, of Stripe and of Node quote parameters, which
 * are personal data or secrets. The stack's frames show where it happened.
 */
function describeError(error: unknown) {
  if (!(error instanceof Error)) return { type: typeof error }
  const { type, stack } = stdSerializers.err(error)
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const cause = error.cause instanceof Error ? error.cause : error
  const constraint = 'constraint_name' in cause ? cause.constraint_name : undefined
  return { type, code: databaseErrorCode(error), constraint, stack: frames.join('\n') }
}

/** One line for each request, with its route but never its URL, which may contain anything. */
export const requestLog = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('userId', null)
    app.addHook('onResponse', (request, reply, done) => {
      app.log.info(
        {
          request_id: request.id,
          trace_id: traceIdOf(request.raw),
          method: request.method,
          route: request.routeOptions.url ?? 'unmatched',
          status: reply.statusCode,
          duration_ms: Math.round(reply.elapsedTime * 100) / 100,
          scope: request.routeOptions.config.scope,
          actor: request.actor?.id,
        },
        messageOf(request, reply),
      )
      done()
    })
  },
  { name: 'request-log' },
)

function messageOf(request: FastifyRequest, reply: FastifyReply): string {
  const isAuthorized = request.actor?.id.startsWith('internal:') === true
  if (!isAuthorized || reply.statusCode === 403) return 'Request'
  const user = request.userId === null ? '' : ` for user ${request.userId}`
  return `Authorized request${user} with valid internal token`
}
