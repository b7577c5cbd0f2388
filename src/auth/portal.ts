import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import { checkPermission } from './permission.ts'
import { type PortalVisit, type Sessions, documentOrigins, requireOwnOrigin } from './sessions.ts'

/**
 * Notes the user's session behind a request; false for none.
 * @throws Refusal `ORIGIN_NOT_ALLOWED`, or `PERMISSION_DENIED` for what the session does not open
 */
export async function recogniseVisit(
  request: FastifyRequest,
  sessions: Sessions | undefined,
): Promise<boolean> {
  if (request.headers.cookie === undefined || sessions === undefined) return false
  const visit = await sessions.ofPortal(request)
  if (visit === null) return false
  requireOwnOrigin(request, sessions)
  requireOpen(request, visit)
  request.portal = visit
  request.identity = visit.identity
  request.actor = { id: `portal:${visit.sessionId}`, ip: request.ip }
  checkPermission(request, visit.identity.permissions)
  return true
}

/** Refuses, in routes of `app` that the portal opens, whatever is not of the session's own account. */
export function admitPortal(app: FastifyInstance): void {
  documentOrigins(app, ({ portal }) => portal !== undefined)
  app.addHook('onRoute', (route) => {
    if (route.config?.portal === undefined) return
    route.preHandler = [
      async (request: FastifyRequest) => {
        if (request.portal !== null) requireOwnAccount(request, request.portal)
      },
      ...[route.preHandler ?? []].flat(),
    ]
  })
}

function requireOpen(request: FastifyRequest, { allow }: PortalVisit): void {
  const { portal } = request.routeOptions.config
  if (portal === 'read' || (portal !== undefined && allow.has(portal))) return
  throw new Refusal('PERMISSION_DENIED', { message: 'The portal’s session does not open this.' })
}

/** Parameters and body are validated by now. A route that names no account is not opened. */
function requireOwnAccount(request: FastifyRequest, visit: PortalVisit): void {
  type Named = { user_id?: string; transfer_id?: string } | null | undefined
  const { user_id: inPath, transfer_id: transferId } = (request.params as Named) ?? {}
  const userId = inPath ?? (request.body as Named)?.user_id
  const isOwn =
    userId === undefined
      ? transferId !== undefined && visit.isOwnTransfer(transferId)
      : userId === visit.userId
  if (!isOwn) {
    throw new Refusal('PERMISSION_DENIED', {
      message: 'The portal’s session is of another account.',
    })
  }
}
