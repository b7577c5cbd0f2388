import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const ACCEPTABLE = /^[A-Za-z0-9._-]{8,64}$/

export const newRequestId = randomUUID

/**
 * The caller's own id if it is short and plain, so that one id follows a call through all services.
 */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : newRequestId()
}

/** Every answer carries its request's id, also refusals and faults. */
export const requestIds = fp(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id)
      done()
    })
  },
  { name: 'request-ids' },
)
