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
