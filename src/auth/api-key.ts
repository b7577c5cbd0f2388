import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import type { Gate } from './gates.ts'
import { waitingHook } from './hook.ts'
import { checkPermission, requirePermissions } from './permission.ts'
import { markScope } from './scope.ts'
import type { Verifier } from './verifier.ts'

export interface KeyHolder {
  customerId: string
  status: 'active' | 'suspended'
  keyId: string
  keyName: string | null
  keyExpiresAt: Date | null
  /** Null for all scopes. */
  scopes: ReadonlySet<string> | null
  isAllowedAt(address: string): boolean
}

/** Counts calls by key and hour. */
export interface KeyCallCounter {
  add(keyId: string, status: number): void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The customer whose key this is; null outside the customer scope. */
    keyHolder: KeyHolder | null
  }
}

/** What API keys are checked with. */
export interface KeyMeans {
  verifier: Verifier<KeyHolder>
  calls: KeyCallCounter
}

/** Requires `X-API-Key: cust_<id>_<secret>`, and answers every other request with the same 401. */
export function requireApiKey(app: FastifyInstance, keys: KeyMeans, gate: Gate): void {
  markScope(app, {
    scope: 'customer',
    security: ['CustomerApiKey'],
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED', 'OVERLOADED'],
  })
  requirePermissions(app)
  app.addHook(
    'onRequest',
    waitingHook((request, reply) => admitKey(request, reply, keys, gate)),
  )
  countCalls(app, keys)
}

/** Lets a request with a good key in, and no other. */
export function admitKey(
  request: FastifyRequest,
  reply: FastifyReply,
  { verifier, calls }: KeyMeans,
  gate: Gate,
): Promise<void> | undefined {
  const presented = request.headers['x-api-key']
  const found = typeof presented === 'string' ? verifier.verify(presented) : null
  // Of a known key it is known at once: nothing to wait for.
  return found instanceof Promise ? found.then(judge) : judge(found)

  function judge(holder: KeyHolder | null): Promise<void> | undefined {
    if (holder === null) return refuseKey(request, reply, gate)
    if (!holder.isAllowedAt(request.ip)) {
      calls.add(holder.keyId, 401)
      return refuseKey(request, reply, gate)
    }
    request.keyHolder = holder
    request.actor = { id: `key:${holder.keyId}`, ip: request.ip }
    const admitted = gate.admit(request, reply)
    if (admitted !== undefined) return admitted.then(() => checkPermission(request, holder.scopes))
    checkPermission(request, holder.scopes)
    return undefined
  }
}

/** @param gate of the scope that a credential was presented for */
export async function refuseKey(
  request: FastifyRequest,
  reply: FastifyReply,
  gate: Gate,
): Promise<never> {
  await gate.fail(request, reply)
  throw new Refusal('UNAUTHORIZED')
}

/** Counts the calls of each key, in `app` from here on. */
export function countCalls(app: FastifyInstance, { calls }: KeyMeans): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (request.keyHolder !== null) calls.add(request.keyHolder.keyId, reply.statusCode)
    done()
  })
}

/**
 * Requires that the customer in a path is the key's own. Another customer's id looks unknown.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export function requireOwn(request: { keyHolder: KeyHolder | null }, customerId: string): string {
  if (keyHolderOf(request).customerId !== customerId) throw new Refusal('CUSTOMER_NOT_FOUND')
  return customerId
}

/** The caller of a customer route. */
export function keyHolderOf(request: { keyHolder: KeyHolder | null }): KeyHolder {
  if (request.keyHolder === null) throw new Error('This route is behind no API key')
  return request.keyHolder
}
