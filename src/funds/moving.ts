import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { fingerprint, idempotencyKey } from '../http/idempotency.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import type { Moved, Movement } from './operations.ts'

/** What every call that moves money may be refused with. */
export const MOVING = ['IDEMPOTENCY_KEY_REUSED', 'OVERLOADED', 'ACCOUNT_BUSY'] as const

type Asked = Movement extends infer M ? (M extends Movement ? Omit<M, Noted> : never) : never
type Noted =
  'reason' | 'reference' | 'metadata' | 'idempotencyKey' | 'fingerprint' | 'actor' | 'cap'

interface KeyHeaders {
  'idempotency-key'?: string
}

interface Notes {
  reason?: string
  reference?: string
  metadata?: Record<string, unknown>
  idempotency_key?: string
}

/**
 * Moves money as a request asks, once for its key.
 * @param meaning what makes two requests the same, besides their kind and their notes
 */
export async function move(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
  meaning: readonly unknown[],
): Promise<Moved> {
  const body = request.body as Notes
  const { reason = null, reference = null, metadata = null } = body
  if ('userId' in asked) request.userId = asked.userId
  const noted: Pick<Movement, Noted> = {
    reason,
    reference,
    metadata,
    idempotencyKey: idempotencyKey(request.headers as KeyHeaders, body),
    fingerprint: fingerprint(asked.kind, ...meaning, reason, reference, metadata),
    actor: actorOf(request),
    cap: identityOf(request).cap,
  }
  // A spread with more properties behind it costs a hundred times as much: V8 makes each such object
  // a shape of its own, which moreover lives long.
  const moved = await app.funds.move(Object.assign(asked, noted), attemptOf(request))
  request.userId = moved.userId
  if (moved.replayed) void reply.header('idempotent-replayed', 'true')
  return moved
}
