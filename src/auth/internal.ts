import type { FastifyInstance } from 'fastify'
import type { Tokens } from '../process/config.ts'
import { Refusal } from '../refusals/index.ts'
import { type Gate, countAdmitted } from './gates.ts'
import { markScope } from './scope.ts'
import { tokenMatcher } from './tokens.ts'

/** `X-INTERNAL-TOKEN: <INTERNAL_SERVICE_TOKEN>`, or the same 403 for every other request. */
export function requireInternalToken(app: FastifyInstance, tokens: Tokens, gate: Gate): void {
  const match = tokenMatcher(tokens)
  markScope(app, {
    scope: 'internal',
    security: ['InternalToken'],
    refusals: ['FORBIDDEN', 'RATE_LIMITED'],
  })
  const admit = countAdmitted(app, gate)
  app.addHook('onRequest', async (request, reply) => {
    // Node joins repeated headers with a comma, so a token given twice matches nothing.
    const presented = request.headers['x-internal-token']
    const tokenId = typeof presented === 'string' ? match(presented) : null
    if (tokenId === null) {
      request.log.warn('Unauthorized request: invalid/missing X-INTERNAL-TOKEN')
      await gate.fail(request, reply)
      throw new Refusal('FORBIDDEN')
    }
    request.actor = { id: `internal:${tokenId}`, ip: request.ip }
    await admit(request, reply)
  })
}
