import type { FastifyInstance } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import type { Gate } from './gates.ts'
import { markScope } from './scope.ts'

export interface KeyHolder {
  customerId: string
  status: 'active' | 'suspended'
  keyId: string
  keyName: string | null
  keyExpiresAt: Date | null
}

export interface KeyVerifier {
  /**
   * The holder of a key that is valid now; null for every other string, whatever is wrong with it.
   * @throws Refusal `DATABASE_UNAVAILABLE`, or `OVERLOADED` where too many slow hashes wait
   */
  verify(presented: string): KeyHolder | null | Promise<KeyHolder | null>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key this is; null outside the customer scope. */
    keyHolder: KeyHolder | null
  }
}

/** `X-API-Key: cust_<id>_<secret>`, or the same 401 for every other request. */
export function requireApiKey(app: FastifyInstance, verifier: KeyVerifier, gate: Gate): void {
  markScope(app, {
    scope: 'customer',
    security: ['CustomerApiKey'],
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED', 'OVERLOADED'],
  })
  app.addHook('onRequest', async (request, reply) => {
    const presented = request.headers['x-api-key']
    const found = typeof presented === 'string' ? verifier.verify(presented) : null
    // Of a known key it is known at once: nothing to wait for.
    const holder = found instanceof Promise ? await found : found
    if (holder === null) {
      await gate.fail(request, reply)
      void reply.header('www-authenticate', 'ApiKey realm="strongroom"')
      throw new Refusal('UNAUTHORIZED')
    }
    request.keyHolder = holder
    request.actor = { id: `key:${holder.keyId}`, ip: request.ip }
    await gate.admit(request, reply)
  })
}

/**
 * The customer in a path, who must be the key's own. Anybody else's id looks like none at all.
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
