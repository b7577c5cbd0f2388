import sensible from '@fastify/sensible'
import { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { VERSION } from '../package/version.ts'
import { callerAddress } from './caller-address.ts'
import { connectionLimits, serverLimits } from './connections.ts'
import { deadline } from './deadline.ts'
import { draining } from './draining.ts'
import { earlyAnswers } from './early-answers.ts'
import { errors, refuseBadUrl } from './errors.ts'
import { requestLog } from './logging.ts'
import { metrics } from './metrics.ts'
import { requestIdOf, requestIds } from './request-id.ts'
import { loggerOfRequest } from './request-logger.ts'
import { securityHeaders } from './security-headers.ts'
import { knownRoutes } from './unknown-routes.ts'
import { schemaController } from './validation.ts'

/** The options of Fastify itself. */
export function serverOptions(logger: FastifyBaseLogger) {
  return {
    ...serverLimits,
    loggerInstance: logger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'request_id',
    }),
    genReqId: requestIdOf,
    childLoggerFactory: loggerOfRequest,
    schemaController,
    frameworkErrors: refuseBadUrl,
  }
}

export interface Step {
  name: string
  add: (app: FastifyInstance) => PromiseLike<unknown>
}

/**
 * The steps that every request passes, in this order. `npm run bench -- --only plumbing` measures
 * the cost of each.
 */
export function passage(config: { trustProxy: readonly string[] }): readonly Step[] {
  return [
    { name: 'its id', add: (app) => app.register(requestIds) },
    { name: "the caller's address", add: (app) => app.register(callerAddress, config) },
    { name: 'errors', add: (app) => app.register(errors) },
    { name: 'limits of connections', add: (app) => app.register(connectionLimits) },
    { name: 'answers before the body', add: (app) => app.register(earlyAnswers) },
    { name: 'known routes', add: (app) => app.register(knownRoutes) },
    { name: 'the drain', add: (app) => app.register(draining) },
    { name: 'the deadline', add: (app) => app.register(deadline) },
    { name: 'the log', add: (app) => app.register(requestLog) },
    { name: 'metrics', add: (app) => app.register(metrics, { version: VERSION }) },
    { name: 'sensible', add: (app) => app.register(sensible) },
    { name: 'security headers', add: (app) => app.register(securityHeaders) },
  ]
}
