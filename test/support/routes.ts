import diagnostics from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Scope } from '../../src/auth/scope.ts'

export interface RegisteredRoute {
  method: string
  url: string
  scope: Scope | undefined
  /** Operators call it too. */
  isForAdmins: boolean
}

/**
 * Collects the routes of every Fastify instance that starts in this process from here on, also routes
 * that no document names. Read them after the service has started, because guards mark routes later.
 */
export function collectRoutes(): () => RegisteredRoute[] {
  const routes: RouteOptions[] = []
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', (route) => void routes.push(route))
  })
  return () => {
    const all = routes.flatMap(({ method, url, config }) =>
      [method].flat().map((name) => ({
        method: name,
        url,
        scope: config?.scope,
        isForAdmins: config?.adminPermission !== undefined,
      })),
    )
    return all.toSorted((a, b) => (`${a.url} ${a.method}` < `${b.url} ${b.method}` ? -1 : 1))
  }
}

/** A call that a Fastify instance of this process has answered. */
export interface AnsweredCall {
  /** Such as `GET /balance/:user_id`. */
  route: string
  status: number
}

/** Collects the calls to every Fastify instance that starts in this process from here on. */
export function collectCalls(): AnsweredCall[] {
  const calls: AnsweredCall[] = []
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance }
    // Before the caller has the answer, so that the call is known when the caller goes on.
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      calls.push({
        route: `${request.method} ${request.routeOptions.url ?? ''}`,
        status: reply.statusCode,
      })
      done()
    })
  })
  return calls
}
