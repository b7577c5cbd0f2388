import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import { type Bearers, identify } from './bearers.ts'
import { type Gate, countAdmitted } from './gates.ts'
import { waitingHook } from './hook.ts'
import type { Identity } from './identity.ts'
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
  app.addHook(
    'onRequest',
    waitingHook((request, reply) => {
      // Node joins repeated headers with a comma, so a token that is sent twice matches nothing.
      const presented = request.headers['x-internal-token']
      if (presented === undefined) return admitVisit(request, reply)
      const token = typeof presented === 'string' ? presented : undefined
      const found = identify(bearers, token, request.ip)
      // A known token is found synchronously.
      if (found instanceof Promise) return found.then((identity) => judge(request, reply, identity))
      return judge(request, reply, found)
    }),
  )

  async function admitVisit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (await recogniseVisit(request, bearers.sessions)) return admit(request, reply)
    return refuse(request, reply)
  }

  function judge(request: FastifyRequest, reply: FastifyReply, identity: Identity | null) {
    if (identity === null) return refuse(request, reply)
    request.identity = identity
    request.actor = { id: `internal:${identity.tokenId}`, ip: request.ip }
    const admitted = admit(request, reply)
    if (admitted !== undefined) {
      return admitted.then(() => checkPermission(request, identity.permissions))
    }
    checkPermission(request, identity.permissions)
    return undefined
  }

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    request.log.warn('Unauthorized request: invalid/missing X-INTERNAL-TOKEN')
    await gate.fail(request, reply)
    throw new Refusal('FORBIDDEN')
  }
}
