import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { Refusal } from '../refusals/index.ts'
import { serverLimits } from './connections.ts'

/** The paths that an answer may repeat: they contain no markup and no secret. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]{1,24}){1,8}\/?$/

/** CORS takes preflights on this path, which is no route of its own. */
const ANY_PATH = '*'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of a path's routes; empty for an unknown path. */
    methodsOf(path: string): HTTPMethod[]
  }
}

/**
 * Knows which methods each path takes, with or without a credential. Fastify finds a route by method
 * and path together. So this is a second router of the same kind, which is asked for one method at a
 * time.
 */
export const knownRoutes = fp(
  async (app: FastifyInstance) => {
    const router = findMyWay(serverLimits.routerOptions)
    const urls = new Set<string>()
    const methods = new Set<HTTPMethod>()
    app.addHook('onRoute', ({ method, url }) => {
      if (url === ANY_PATH) return
      urls.add(url)
      if (!url.endsWith('*')) urls.add(`${url}/`)
      for (const name of [method].flat() as HTTPMethod[]) methods.add(name)
    })
    app.addHook('onReady', async () => {
      // For the root of a prefix, Fastify reports only one of its two paths to the hook above.
      for (const url of urls) {
        for (const method of methods) {
          if (app.hasRoute({ method, url })) router.on(method, url, () => undefined)
        }
      }
    })
    app.decorate('methodsOf', (path) =>
      [...methods].filter((method) => router.find(method, path) !== null).toSorted(),
    )
  },
  { name: 'known-routes' },
)

/**
 * Refuses unknown routes, within the limits of this scope: 405 for another method of a known path,
 * 404 for everything else. This happens before the body, which is not read.
 */
export function refuseUnknownRoutes(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (request, reply) => {
    if (request.is404) refuse(request, reply)
  })
  // For handlers that call it, such as the one of files, when a file does not exist.
  scope.setNotFoundHandler(refuse)
}

/**
 * The same for what CORS passes on: an `OPTIONS` that is no preflight, or a preflight of a foreign
 * origin.
 */
export function refuseOtherPreflights(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === ANY_PATH) refuse(request, reply)
  })
}

/** @throws Refusal `METHOD_NOT_ALLOWED` or `NOT_FOUND` */
function refuse(request: FastifyRequest, reply: FastifyReply): never {
  const [path = ''] = request.url.split('?', 1)
  // `OPTIONS *` concerns no path, although a route with a wildcard would match it.
  const methods = path === ANY_PATH ? [] : request.server.methodsOf(path)
  // A known method was handled, and found nothing under this path.
  if (methods.length > 0 && !methods.includes(request.method as HTTPMethod)) {
    void reply.header('allow', methods.join(', '))
    throw new Refusal('METHOD_NOT_ALLOWED')
  }
  const message = `No such route: ${request.method} ${path}`
  throw new Refusal('NOT_FOUND', PLAIN_PATH.test(path) ? { message } : {})
}
