import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalid } from '../http/schemas.ts'
import { recognise } from './admin.ts'
import { type KeyMeans, admitKey, countCalls, keyHolderOf, refuseKey } from './api-key.ts'
import type { Bearers } from './bearers.ts'
import type { Gates } from './gates.ts'
import { identityOf } from './identity.ts'
import { requireGranted, requirePermissions } from './permission.ts'
import { markScope } from './scope.ts'
import { documentOrigins } from './sessions.ts'

/**
 * A customer's API key or an operator's token, each by itself and under its own limits. What has neither,
 * a wrong one or both gets the 401 of customers.
 */
export function requireApiKeyOrAdminToken(
  app: FastifyInstance,
  keys: KeyMeans,
  bearers: Bearers,
  gates: Pick<Gates, 'customer' | 'admin'>,
): void {
  markScope(app, {
    scope: 'customer',
    security: ['CustomerApiKey', 'AdminToken'],
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED', 'OVERLOADED'],
  })
  requirePermissions(app)
  documentOrigins(app)
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.adminPermission !== undefined) return
    throw new Error(`${String(method)} ${url} does not say which permission operators need`)
  })
  app.addHook('onRequest', async (request, reply) => {
    const hasKey = request.headers['x-api-key'] !== undefined
    const { authorization, cookie } = request.headers
    if (authorization === undefined && (hasKey || cookie === undefined)) {
      return admitKey(request, reply, keys, gates.customer)
    }
    if (hasKey) return refuseKey(request, reply, gates.customer)
    if (!(await recognise(request, bearers))) return refuseKey(request, reply, gates.admin)
    await gates.admin.admit(request, reply)
    const { adminPermission = '' } = request.routeOptions.config
    requireGranted(identityOf(request).permissions, adminPermission)
  })
  countCalls(app, keys)
}

/**
 * The customer that a call is for: the key's own, or the one that an operator names in the body.
 * @throws Refusal `VALIDATION_FAILED` where an operator names none, or a customer any
 */
export function customerInBody(request: FastifyRequest, named: string | undefined): string {
  if (request.identity === null) {
    if (named === undefined) return keyHolderOf(request).customerId
    throw invalid('/customer_id', 'is for operators: an API key says whose it is')
  }
  if (named === undefined) throw invalid('/customer_id', 'is required of operators')
  return named
}
