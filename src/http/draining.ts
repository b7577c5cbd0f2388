import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    draining: {
      /** Whether requests should be sent elsewhere: the process is about to stop. */
      hasBegun(): boolean
      begin(): void
    }
  }
}

/**
 * From the order to stop on, readiness fails and answers say `Connection: close`. So a load balancer
 * leaves each connection between two requests, and not in the middle of one.
 */
export const draining = fp(
  async (app: FastifyInstance) => {
    let begun = false
    const begin = () => void (begun = true)
    app.decorate('draining', { hasBegun: () => begun, begin })
    app.addHook('preClose', async () => begin())
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (begun) void reply.header('connection', 'close')
      done()
    })
  },
  { name: 'draining' },
)
