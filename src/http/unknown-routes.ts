import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { Refusal } from '../refusals/index.ts'
import { serverLimits } from './connections.ts'

/** What of a path may be repeated in an answer: none of it means anything but itself, or is a secret. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]{1,24}){1,8}\/?$/

/** Where CORS takes preflights: it shows no route. */
const ANY_PATH = '*'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that a path takes, by the routes there are; none of an unknown path. */
    methodsOf(path: string): HTTPMethod[]
  }
}

/**
 * Knows which methods each path takes, credential or not. Fastify finds a route by method and path
 * together, so this is a second router, of the same kind, that is asked for one method at a time.
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
      // Of a route that is the root of a prefix, Fastify tells the hook above one path of its two.
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
 * Refuses, in the limits of this scope, what is no route anywhere: 405 for another method of a known
 * path, 404 for the rest. That is decided before the body, which is not looked at.
 */
export function refuseUnknownRoutes(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (request, reply) => {
    if (request.is404) refuse(request, reply)
  })
  // For handlers that call it: of files, for those they don't have.
  scope.setNotFoundHandler(refuse)
}

/** The same for what CORS has left: an `OPTIONS` that is no preflight, or one of a strange origin. */
export function refuseOtherPreflights(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === ANY_PATH) refuse(request, reply)
  })
}

/** @throws Refusal `METHOD_NOT_ALLOWED` or `NOT_FOUND` */
function refuse(request: FastifyRequest, reply: FastifyReply): never {
  const [path = ''] = request.url.split('?', 1)
  const methods = request.server.methodsOf(path)
  // A method that is known here has answered that there is nothing under this path.
  if (methods.length > 0 && !methods.includes(request.method as HTTPMethod)) {
    void reply.header('allow', methods.join(', '))
    throw new Refusal('METHOD_NOT_ALLOWED')
  }
  const message = `No such route: ${request.method} ${path}`
  throw new Refusal('NOT_FOUND', PLAIN_PATH.test(path) ? { message } : {})
}
