import type { FastifyInstance } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import { type Bearers, identify } from './bearers.ts'
import { type Gate, countAdmitted } from './gates.ts'
import { checkPermission, requirePermissions } from './permission.ts'
import { admitPortal, recogniseVisit } from './portal.ts'
import { markScope } from './scope.ts'

/**
 * Requires `X-INTERNAL-TOKEN: <token>` with a token of the environment or the database, or a session
 * of the portal where a route is open to it. Answers every other request with the same 403.
 */
export function requireInternalToken(app: FastifyInstance, bearers: Bearers, gate: Gate): void {
  admitPortal(app)
  markScope(app, {
    scope: 'internal',
    security: ['InternalToken'],
    refusals: ['FORBIDDEN', 'RATE_LIMITED'],
  })
  requirePermissions(app)
  const admit = countAdmitted(app, gate)
  app.addHook('onRequest', async (request, reply) => {
    // Node joins repeated headers with a comma, so a token that is sent twice matches nothing.
    const presented = request.headers['x-internal-token']
    if (presented === undefined && (await recogniseVisit(request, bearers.sessions))) {
      return admit(request, reply)
    }
    const found = identify(
      bearers,
      typeof presented === 'string' ? presented : undefined,
      request.ip,
    )
    // A known token is found without waiting.
    const identity = found instanceof Promise ? await found : found
    if (identity === null) {
      request.log.warn('Unauthorized request: invalid/missing X-INTERNAL-TOKEN')
      await gate.fail(request, reply)
      throw new Refusal('FORBIDDEN')
    }
    request.identity = identity
    request.actor = { id: `internal:${identity.tokenId}`, ip: request.ip }
    await admit(request, reply)
    checkPermission(request, identity.permissions)
  })
}
