import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { fingerprint, idempotencyKey } from '../http/idempotency.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { invalid, line, ref, strictObject } from '../http/schemas.ts'
import { presentMovement } from './present.ts'
import { IdempotencyHeaders, IdempotencyKey, Movement, UserId } from './schemas.ts'

const AdjustmentBody = strictObject(
  {
    user_id: UserId,
    amount: Type.Integer({
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'What the user gets; below zero, what is taken. Not 0.',
      examples: [-500],
    }),
    reason: line(500, { examples: ['goodwill for the outage of 3 May'] }),
    idempotency_key: Type.Optional(IdempotencyKey),
  },
  { examples: [{ user_id: 'user-123', amount: -500, reason: 'charged twice by hand' }] },
)

/** Admin: `/api/funds`. */
export const adjustmentRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/adjustments',
    {
      schema: {
        operationId: 'adjustFunds',
        summary: 'Move money by hand, for a reason',
        description:
          'Between the account of a user and `adjustments`, and recorded as `funds.adjusted` with who ' +
          'did it and why. It may take from a frozen account, and from none below its floor. The answer ' +
          'has the amount with its sign.',
        headers: IdempotencyHeaders,
        body: AdjustmentBody,
        response: { 201: ref(Movement) },
      },
      config: {
        permission: 'funds:write',
        refusals: [
          'ACCOUNT_NOT_FOUND',
          'INSUFFICIENT_FUNDS',
          'BALANCE_LIMIT',
          'AMOUNT_NOT_ALLOWED',
          'IDEMPOTENCY_KEY_REUSED',
          'OVERLOADED',
          'ACCOUNT_BUSY',
        ],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount, reason } = request.body
      if (amount === 0) throw invalid('/amount', 'must not be 0')
      const moved = await app.funds.move(
        {
          kind: 'adjustment',
          userId,
          amount: BigInt(amount),
          reason,
          reference: null,
          metadata: null,
          idempotencyKey: idempotencyKey(request.headers, request.body),
          fingerprint: fingerprint('adjustment', userId, amount, reason),
          actor: actorOf(request),
          cap: identityOf(request).cap,
        },
        attemptOf(request),
      )
      if (moved.replayed) void reply.header('idempotent-replayed', 'true')
      return reply.code(201).send({ ...presentMovement(moved), amount })
    },
  )
}
