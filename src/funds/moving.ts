import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { idempotencyKey } from '../http/idempotency.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import type { Caller } from './asked.ts'
import type { Moved, Movement } from './operations.ts'

/** What every call that moves money may be refused with. */
export const MOVING = ['IDEMPOTENCY_KEY_REUSED', 'OVERLOADED', 'ACCOUNT_BUSY'] as const

interface KeyHeaders {
  'idempotency-key'?: string
}

/** Who asks, and under which key. */
export function callerOf(request: FastifyRequest): Caller {
  const body = request.body as { idempotency_key?: string }
  return {
    actor: actorOf(request),
    cap: identityOf(request).cap,
    idempotencyKey: idempotencyKey(request.headers as KeyHeaders, body),
  }
}

/** Moves money as a request asks, once for its key. */
export async function send(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  movement: Movement,
): Promise<Moved> {
  if ('userId' in movement) request.userId = movement.userId
  const moved = await app.funds.move(movement, attemptOf(request))
  request.userId = moved.userId
  if (moved.replayed) void reply.header('idempotent-replayed', 'true')
  return moved
}
