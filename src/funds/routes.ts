import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ref } from '../http/schemas.ts'
import { type BodyOf, type OpName, movementOf } from './asked.ts'
import { MOVING, callerOf, send } from './moving.ts'
import type { Moved } from './operations.ts'
import { presentHold, presentMovement } from './present.ts'
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

export { accountReadingRoutes, accountRoutes } from './account-routes.ts'

export const fundsSchemas = [Account, Balance, MovementAnswer, Hold, Transfer, TransferPage]

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
  const always = [...MOVING, 'AMOUNT_NOT_ALLOWED'] as const

  app.post(
    '/deduct',
    {
      schema: movementSchema('deduct'),
      config: {
        permission: 'funds:deduct',
        refusals: [
          ...always,
          'ACCOUNT_NOT_FOUND',
          'INSUFFICIENT_FUNDS',
          'BUDGET_EXCEEDED',
          'ACCOUNT_FROZEN',
        ],
      },
    },
    async (request, reply) => presentMovement(await move(app, request, reply, 'deduct')),
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
    async (request, reply) => presentMovement(await move(app, request, reply, 'top_up')),
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
    async (request, reply) => presentMovement(await move(app, request, reply, 'refund')),
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
        refusals: [
          ...always,
          'ACCOUNT_NOT_FOUND',
          'INSUFFICIENT_FUNDS',
          'BUDGET_EXCEEDED',
          'ACCOUNT_FROZEN',
        ],
      },
    },
    async (request, reply) => {
      const moved = await move(app, request, reply, 'hold')
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
    async (request, reply) =>
      presentHold(await move(app, request, reply, 'capture', request.params.hold_id)),
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
    async (request, reply) =>
      presentHold(await move(app, request, reply, 'release', request.params.hold_id)),
  )
}

function move(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  name: OpName,
  holdId?: string,
): Promise<Moved> {
  const body = request.body as BodyOf<OpName>
  return send(app, request, reply, movementOf(name, body, callerOf(request), holdId))
}
