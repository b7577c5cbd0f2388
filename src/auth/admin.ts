import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import { type Bearers, identify } from './bearers.ts'
import { type Gate, countAdmitted } from './gates.ts'
import { type Identity, identityOf } from './identity.ts'
import { checkPermission, requirePermissions } from './permission.ts'
import { markScope } from './scope.ts'
import { type Sessions, documentOrigins, requireOwnOrigin } from './sessions.ts'

const BEARER = /^Bearer ([\x21-\x7e]+)$/

/**
 * Requires `Authorization: Bearer <token>` with a token of the environment or the database. Answers
 * every other request with the same 401.
 */
export function requireAdminToken(app: FastifyInstance, bearers: Bearers, gate: Gate): void {
  markScope(app, {
    scope: 'admin',
    security: ['AdminToken'],
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED'],
  })
  requirePermissions(app)
  if (bearers.sessions !== undefined) documentOrigins(app)
  const admit = countAdmitted(app, gate)
  app.addHook('onRequest', async (request, reply) => {
    if (!(await recognise(request, bearers))) {
      await gate.fail(request, reply)
      throw new Refusal('UNAUTHORIZED')
    }
    await admit(request, reply)
    checkPermission(request, identityOf(request).permissions)
  })
}

/** Notes whose token a request has; false for none that is good here. */
export async function recognise(request: FastifyRequest, bearers: Bearers): Promise<boolean> {
  const { authorization, cookie } = request.headers
  const found =
    authorization === undefined && cookie !== undefined && bearers.sessions !== undefined
      ? bySession(request, bearers.sessions)
      : identify(bearers, bearerToken(request), request.ip)
  // Of a known token it is known at once: nothing to wait for.
  const identity = found instanceof Promise ? await found : found
  if (identity === null) return false
  request.identity = identity
  request.actor = { id: `admin:${identity.tokenId}`, ip: request.ip }
  return true
}

/** @throws Refusal `ORIGIN_NOT_ALLOWED` */
async function bySession(request: FastifyRequest, sessions: Sessions): Promise<Identity | null> {
  const identity = await sessions.ofConsole(request)
  if (identity !== null) requireOwnOrigin(request, sessions)
  return identity
}

/** Node keeps the first of two Authorization headers and drops the other; here two count as none. */
function bearerToken(request: FastifyRequest): string | undefined {
  const headers = request.raw.headersDistinct['authorization'] ?? []
  return headers.length === 1 ? BEARER.exec(headers[0] ?? '')?.[1] : undefined
}
