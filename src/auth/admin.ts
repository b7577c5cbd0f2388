import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tokens } from '../process/config.ts'
import { Refusal } from '../refusals/index.ts'
import { type Gate, countAdmitted } from './gates.ts'
import { markScope } from './scope.ts'
import { tokenMatcher } from './tokens.ts'

const BEARER = /^Bearer ([\x21-\x7e]+)$/

/** `Authorization: Bearer <ADMIN_API_TOKEN>`, or the same 401 for every other request. */
export function requireAdminToken(app: FastifyInstance, tokens: Tokens, gate: Gate): void {
  const match = tokenMatcher(tokens)
  markScope(app, {
    scope: 'admin',
    security: ['AdminToken'],
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED'],
  })
  const admit = countAdmitted(app, gate)
  app.addHook('onRequest', async (request, reply) => {
    const presented = bearerToken(request)
    const tokenId = presented === undefined ? null : match(presented)
    if (tokenId === null) {
      await gate.fail(request, reply)
      void reply.header('www-authenticate', 'Bearer realm="strongroom"')
      throw new Refusal('UNAUTHORIZED')
    }
    request.actor = { id: `admin:${tokenId}`, ip: request.ip }
    await admit(request, reply)
  })
}

/** Node keeps the first of two Authorization headers and drops the other: two are none. */
function bearerToken(request: FastifyRequest): string | undefined {
  const headers = request.raw.headersDistinct['authorization'] ?? []
  return headers.length === 1 ? BEARER.exec(headers[0] ?? '')?.[1] : undefined
}
