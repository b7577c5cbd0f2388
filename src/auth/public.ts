import type { FastifyInstance } from 'fastify'
import type { Gate } from './gates.ts'
import { waitingHook } from './hook.ts'
import { markScope } from './scope.ts'

/**
 * Requires no credential: routes registered in `app` are open to anyone.
 * @param gate null for routes without a limit
 */
export function allowAnyone(app: FastifyInstance, gate: Gate | null): void {
  markScope(app, {
    scope: 'public',
    security: [],
    refusals: gate === null ? [] : ['RATE_LIMITED'],
  })
  if (gate !== null) {
    app.addHook(
      'onRequest',
      waitingHook((request, reply) => gate.admit(request, reply)),
    )
  }
}
