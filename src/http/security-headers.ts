import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Helmet's headers on every answer. They are the same for all of them, so helmet writes them once:
 * as a global plugin it would compile its policies anew for each request, a third of an empty
 * route's time.
 */
export const securityHeaders = fp(
  async (app: FastifyInstance) => {
    const headers = await headersOfHelmet()
    app.addHook('onRequest', (_request, reply, done) => {
      void reply.headers(headers)
      done()
    })
  },
  { name: 'security-headers' },
)

async function headersOfHelmet(): Promise<Record<string, string>> {
  const app = Fastify()
  await app.register(helmet, {
    // Answers are data: a browser has nothing to load for them. The docs page has its own policy.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    // About windows, downloads and plug-ins of pages, which answers here are not.
    crossOriginOpenerPolicy: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    originAgentCluster: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  })
  app.setNotFoundHandler(async (_request, reply) => reply.raw.getHeaders())
  const answer = await app.inject('/')
  await app.close()
  return answer.json<Record<string, string>>()
}
