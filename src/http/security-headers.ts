import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Sends helmet's headers with every answer. They never change, so helmet writes them once: as a
 * global plugin it would compile its policies for each request, a third of an empty route's time.
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
    // Answers are data, for which a browser loads nothing. The docs page has its own policy.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    // These concern windows, downloads and plug-ins of pages; answers here are not pages.
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
