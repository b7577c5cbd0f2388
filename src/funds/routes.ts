import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { ref } from '../http/schemas.ts'
import { fingerprint, idempotencyKey } from '../http/idempotency.ts'
import type { Moved, Movement } from './operations.ts'
import { placeOf, presentHold, presentMovement } from './present.ts'
import {
  Account,
  Balance,
  CaptureBody,
  Hold,
  HoldBody,
  HoldParams,
  IdempotencyHeaders,
  Movement as MovementAnswer,
  MovementBody,
  RefundBody,
  ReleaseBody,
  Transfer,
  TransferPage,
} from './schemas.ts'

export { accountRoutes } from './account-routes.ts'

export const fundsSchemas = [Account, Balance, MovementAnswer, Hold, Transfer, TransferPage]

const EXPIRES_IN_S = 604_800

const SUMMARIES = {
  deduct: "Charge a user: money goes from the user's account to revenue",
  top_up: "Add to a user's funds",
}

export function movementSchema(kind: 'deduct' | 'top_up') {
  return {
    operationId: kind === 'deduct' ? 'deduct' : 'topUp',
    summary: SUMMARIES[kind],
    headers: IdempotencyHeaders,
    body: MovementBody,
    response: { 200: ref(MovementAnswer) },
  }
}

/** Internal: routes that move or hold money. */
export const moneyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const moving = ['IDEMPOTENCY_KEY_REUSED', 'OVERLOADED', 'ACCOUNT_BUSY'] as const
  const always = [...moving, 'AMOUNT_NOT_ALLOWED'] as const

  app.post(
    '/deduct',
    {
      schema: movementSchema('deduct'),
      config: {
        permission: 'funds:deduct',
        refusals: [...always, 'ACCOUNT_NOT_FOUND', 'INSUFFICIENT_FUNDS', 'ACCOUNT_FROZEN'],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount } = request.body
      const asked = { kind: 'deduct' as const, userId, amount: BigInt(amount) }
      return presentMovement(await move(app, request, reply, asked, [userId, amount]))
    },
  )

  app.post(
    '/top_up',
    {
      schema: movementSchema('top_up'),
      config: {
        permission: 'funds:top_up',
        refusals: [...always, 'ACCOUNT_NOT_FOUND', 'BALANCE_LIMIT'],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount } = request.body
      const asked = { kind: 'top_up' as const, userId, amount: BigInt(amount) }
      return presentMovement(await move(app, request, reply, asked, [userId, amount]))
    },
  )

  app.post(
    '/refund',
    {
      schema: {
        operationId: 'refund',
        summary: 'Refund a charge, in part or in full',
        description: 'All refunds of a charge together never exceed it.',
        headers: IdempotencyHeaders,
        body: RefundBody,
        response: { 200: ref(MovementAnswer) },
      },
      config: {
        permission: 'funds:refund',
        refusals: [
          ...always,
          'TRANSFER_NOT_FOUND',
          'ALREADY_REFUNDED',
          'NOT_REFUNDABLE',
          'BALANCE_LIMIT',
        ],
      },
    },
    async (request, reply) => {
      const { transfer_id, amount } = request.body
      const asked = { kind: 'refund' as const, charge: placeOf(transfer_id), amount: orAll(amount) }
      return presentMovement(await move(app, request, reply, asked, [transfer_id, amount]))
    },
  )

  app.post(
    '/holds',
    {
      schema: {
        operationId: 'createHold',
        summary: 'Set money aside for a later charge',
        headers: IdempotencyHeaders,
        body: HoldBody,
        response: { 201: ref(Hold) },
      },
      config: {
        permission: 'funds:hold',
        refusals: [...always, 'ACCOUNT_NOT_FOUND', 'INSUFFICIENT_FUNDS', 'ACCOUNT_FROZEN'],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount, expires_in_s = EXPIRES_IN_S } = request.body
      const expiresInMs = expires_in_s * 1_000
      const asked = { kind: 'hold' as const, userId, amount: BigInt(amount), expiresInMs }
      const moved = await move(app, request, reply, asked, [userId, amount, expires_in_s])
      return reply.code(201).send(presentHold(moved))
    },
  )

  app.post(
    '/holds/:hold_id/capture',
    {
      schema: {
        operationId: 'captureHold',
        summary: 'Charge a hold, in part or in full; the rest is released',
        headers: IdempotencyHeaders,
        params: HoldParams,
        body: CaptureBody,
        response: { 200: ref(Hold) },
      },
      config: {
        permission: 'funds:hold',
        refusals: [
          ...always,
          'HOLD_NOT_FOUND',
          'HOLD_CLOSED',
          'HOLD_NOT_YOURS',
          'AMOUNT_EXCEEDS_HOLD',
        ],
      },
    },
    async (request, reply) => {
      const { hold_id } = request.params
      const { amount } = request.body
      const asked = { kind: 'capture' as const, hold: placeOf(hold_id), amount: orAll(amount) }
      return presentHold(await move(app, request, reply, asked, [hold_id, amount]))
    },
  )

  app.post(
    '/holds/:hold_id/release',
    {
      schema: {
        operationId: 'releaseHold',
        summary: 'Release a hold',
        headers: IdempotencyHeaders,
        params: HoldParams,
        body: ReleaseBody,
        response: { 200: ref(Hold) },
      },
      config: {
        permission: 'funds:hold',
        refusals: [...always, 'HOLD_NOT_FOUND', 'HOLD_CLOSED', 'HOLD_NOT_YOURS'],
      },
    },
    async (request, reply) => {
      const { hold_id } = request.params
      const asked = { kind: 'release' as const, hold: placeOf(hold_id) }
      return presentHold(await move(app, request, reply, asked, [hold_id]))
    },
  )
}

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

/** @param meaning what makes two requests the same, besides their kind and their notes */
async function move(
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
  // A spread followed by more properties costs a hundred times as much: V8 gives each such object its
  // own long-lived shape.
  const moved = await app.funds.move(Object.assign(asked, noted), attemptOf(request))
  request.userId = moved.userId
  if (moved.replayed) void reply.header('idempotent-replayed', 'true')
  return moved
}

function orAll(amount: number | undefined): bigint | null {
  return amount === undefined ? null : BigInt(amount)
}
