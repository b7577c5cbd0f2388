import type { FastifyInstance } from 'fastify'
import { markScope } from './scope.ts'

/** No credential: what is registered in `app` is open to anyone. */
export function allowAnyone(app: FastifyInstance): void {
  markScope(app, { scope: 'public', security: [], refusals: [] })
}
