import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'
import { traceIdOf } from './trace-context.ts'

/**
 * The logger of a request. It adds the ids of the request and its trace to each line. The real
 * logger is made with the first line, because most requests log only their end, a line that has
 * both ids anyway.
 */
class RequestLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: object
  readonly #request: Pick<IncomingMessage, 'headers'>
  #made: FastifyBaseLogger | null = null

  constructor(
    parent: FastifyBaseLogger,
    bindings: object,
    request: Pick<IncomingMessage, 'headers'>,
  ) {
    this.#parent = parent
    this.#bindings = bindings
    this.#request = request
  }

  get #logger(): FastifyBaseLogger {
    if (this.#made !== null) return this.#made
    const trace_id = traceIdOf(this.#request)
    this.#made = this.#parent.child(
      trace_id === undefined ? this.#bindings : { ...this.#bindings, trace_id },
    )
    return this.#made
  }

  get level(): string {
    return this.#parent.level
  }

  get silent(): FastifyBaseLogger['silent'] {
    return this.#logger.silent.bind(this.#logger)
  }

  child(...given: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#logger.child(...given)
  }

  fatal(...given: [unknown]): void {
    this.#logger.fatal(...given)
  }

  error(...given: [unknown]): void {
    this.#logger.error(...given)
  }

  warn(...given: [unknown]): void {
    this.#logger.warn(...given)
  }

  info(...given: [unknown]): void {
    this.#logger.info(...given)
  }

  debug(...given: [unknown]): void {
    this.#logger.debug(...given)
  }

  trace(...given: [unknown]): void {
    this.#logger.trace(...given)
  }
}

/** Every log line about a request names it, and its trace if it has one. */
export const loggerOfRequest: NonNullable<FastifyServerOptions['childLoggerFactory']> = (
  logger,
  bindings,
  _options,
  request,
) => new RequestLogger(logger, bindings, request)
