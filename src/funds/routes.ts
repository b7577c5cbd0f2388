import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { pageAnswer, pageRequest } from '../pagination.ts'
import { ref } from '../schemas.ts'
import { getAccount, listTransfers, openAccount, systemAccountNames } from './accounts.ts'
import { fingerprint, idempotencyKey } from './idempotency.ts'
import type { TransferKind } from './posting.ts'
import { presentAccount, presentBalance, presentMovement, presentTransfer } from './present.ts'
import {
  Account,
  Balance,
  IdempotencyHeaders,
  ListTransfersQuery,
  Movement,
  MovementBody,
  OpenAccountBody,
  Transfer,
  TransferPage,
  UserParams,
} from './schemas.ts'

export const fundsSchemas = [Account, Balance, Movement, Transfer, TransferPage]

export const balanceSchema = {
  operationId: 'getBalance',
  tags: ['Accounts'],
  summary: "Read a user's balance; every acknowledged movement is in it",
  params: UserParams,
  response: { 200: ref(Balance) },
}

/** Internal: accounts, their balances and their transfers. */
export const accountRoutes: FastifyPluginAsyncTypebox<{ defaultAsset: string }> = async (
  app,
  { defaultAsset },
) => {
  app.post(
    '/account',
    {
      schema: {
        operationId: 'openAccount',
        tags: ['Accounts'],
        summary: "Open a user's account",
        body: OpenAccountBody,
        response: { 200: ref(Account), 201: ref(Account) },
      },
      config: { refusals: ['ACCOUNT_EXISTS'] },
    },
    async (request, reply) => {
      const { user_id: userId, tier, asset = defaultAsset } = request.body
      const opened = await openAccount(app.db, actorOf(request), { userId, tier, asset })
      return reply.code(opened.created ? 201 : 200).send(presentAccount(opened.account))
    },
  )

  app.get(
    '/account/:user_id',
    {
      schema: {
        operationId: 'getAccount',
        tags: ['Accounts'],
        summary: "Read a user's account",
        params: UserParams,
        response: { 200: ref(Account) },
      },
      config: { refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request) => presentAccount(await getAccount(app.db, request.params.user_id)),
  )

  app.get(
    '/balance/:user_id',
    {
      schema: balanceSchema,
      config: { refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request) => presentBalance(await getAccount(app.db, request.params.user_id)),
  )

  app.get(
    '/account/:user_id/transfers',
    {
      schema: {
        operationId: 'listTransfers',
        tags: ['Accounts'],
        summary: "List a user's transfers, newest first",
        params: UserParams,
        querystring: ListTransfersQuery,
        response: { 200: ref(TransferPage) },
      },
      config: { refusals: ['ACCOUNT_NOT_FOUND', 'INVALID_CURSOR'] },
    },
    async (request) => {
      const userId = request.params.user_id
      const list = ['transfers', userId]
      const page = pageRequest(request.query, list)
      const { id } = await getAccount(app.db, userId)
      const rows = await listTransfers(app.db, id, page)
      const sides = rows.flatMap((row) => [row.debitAccountId, row.creditAccountId])
      const names = await systemAccountNames(app.db, sides)
      return pageAnswer(rows, page, list, (row) => presentTransfer(row, userId, names))
    },
  )
}

export function movementSchema(kind: TransferKind) {
  return {
    operationId: { deduct: 'deduct', top_up: 'topUp' }[kind],
    tags: ['Money'],
    summary: {
      deduct: "Charge a user: money goes from the user's account to revenue",
      top_up: "Add to a user's funds",
    }[kind],
    headers: IdempotencyHeaders,
    body: MovementBody,
    response: { 200: ref(Movement) },
  }
}

/** Internal: what moves money. */
export const moneyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const kinds = ['deduct', 'top_up'] as const
  for (const kind of kinds) {
    const refusal = kind === 'deduct' ? (['INSUFFICIENT_FUNDS', 'ACCOUNT_FROZEN'] as const) : []
    app.post(
      `/${kind}`,
      {
        schema: movementSchema(kind),
        config: {
          refusals: ['ACCOUNT_NOT_FOUND', 'BALANCE_LIMIT', 'IDEMPOTENCY_KEY_REUSED', ...refusal],
        },
      },
      async (request, reply) => {
        const { user_id: userId, amount, reason, reference, metadata } = request.body
        request.userId = userId
        const moved = await app.funds.move({
          kind,
          userId,
          amount: BigInt(amount),
          reason: reason ?? null,
          reference: reference ?? null,
          metadata: metadata ?? null,
          idempotencyKey: idempotencyKey(request.headers, request.body),
          fingerprint: fingerprint(kind, amount, reason, reference, metadata),
          actor: actorOf(request),
        })
        if (moved.replayed) void reply.header('idempotent-replayed', 'true')
        return presentMovement(moved.transfer, userId)
      },
    )
  }
}
