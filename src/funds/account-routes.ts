import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bodyHas } from '../auth/gates.ts'
import { identityOf } from '../auth/identity.ts'
import { requireGranted } from '../auth/permission.ts'
import { actorOf } from '../auth/scope.ts'
import { LONG_NOTES, cutPage, pageRequest } from '../http/pagination.ts'
import { ref, timeOf } from '../http/schemas.ts'
import { getAccount, openAccount, systemAccountNames, updateAccount } from './accounts.ts'
import { listTransfers } from './finding/transfers.ts'
import type { Reading } from './reading.ts'
import { presentAccount, presentBalance, presentBalanceThen, presentTransfer } from './present.ts'
import {
  Account,
  Balance,
  BalanceQuery,
  ListTransfersQuery,
  OpenAccountBody,
  TransferPage,
  UpdateAccountBody,
  UserParams,
} from './schemas.ts'

export const balanceSchema = {
  operationId: 'getBalance',
  summary: "Read a user's balance",
  description:
    'Includes every acknowledged movement, whichever replica answers. With `at`, returns the balance at that time.',
  params: UserParams,
  querystring: BalanceQuery,
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
        summary: "Open a user's account",
        body: OpenAccountBody,
        response: { 200: ref(Account), 201: ref(Account) },
      },
      config: { permission: 'accounts:write', refusals: ['ACCOUNT_EXISTS', 'ERASURE_IN_PROGRESS'] },
    },
    async (request, reply) => {
      const { user_id: userId, tier, asset = defaultAsset } = request.body
      request.userId = userId
      const opened = await openAccount(request.db, actorOf(request), { userId, tier, asset })
      const now = await app.funds.balance(userId)
      return reply.code(opened.created ? 201 : 200).send(presentAccount(opened.account, now))
    },
  )

  app.patch(
    '/account/:user_id',
    {
      schema: {
        operationId: 'updateAccount',
        summary: "Change a user's tier, status, credit limit or low-balance mark",
        description: '`credit_limit` needs the permission `credit:write` too.',
        params: UserParams,
        body: UpdateAccountBody,
        response: { 200: ref(Account) },
      },
      config: {
        permission: 'accounts:write',
        refusals: [
          'ACCOUNT_NOT_FOUND',
          'BALANCE_BELOW_FLOOR',
          'BALANCE_LIMIT',
          'CREDIT_LIMIT_IN_USE',
        ],
        unlimited: bodyHas('status', 'frozen'),
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const { tier, status, credit_limit: credit, low_balance_at: low } = request.body
      if (credit !== undefined) requireGranted(identityOf(request).permissions, 'credit:write')
      const account = await updateAccount(request.db, actorOf(request), userId, {
        ...(tier !== undefined && { tier }),
        ...(status !== undefined && { status }),
        ...(credit !== undefined && { creditLimit: BigInt(credit) }),
        ...(low !== undefined && { lowBalanceAt: low === null ? null : BigInt(low) }),
        ...(request.body.clear_flags !== undefined && { chargedBack: false as const }),
      })
      return presentAccount(account, await app.funds.balance(userId))
    },
  )

  app.get(
    '/balance/:user_id',
    {
      schema: balanceSchema,
      config: {
        permission: 'accounts:read',
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_BUSY'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const { at } = request.query
      if (at === undefined) return presentBalance(await app.funds.balance(userId))
      return presentBalanceThen(await app.funds.balanceAt(userId, timeOf(at, '/at')))
    },
  )

  app.get(
    '/account/:user_id/transfers',
    {
      schema: {
        operationId: 'listTransfers',
        summary: "List a user's transfers, newest first",
        description: LONG_NOTES,
        params: UserParams,
        querystring: ListTransfersQuery,
        response: { 200: ref(TransferPage) },
      },
      config: {
        permission: 'accounts:read',
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const list = ['transfers', userId]
      const page = pageRequest(request.query, list)
      const { id } = await getAccount(app.db, userId)
      const { rows, next } = await listTransfers(app.db, id, page)
      const sides = rows.flatMap((row) => [row.debitAccountId, row.creditAccountId])
      const names = await systemAccountNames(app.db, sides)
      const data = rows.map((row) => presentTransfer(row, userId, names))
      return cutPage(data, list, next === null ? null : String(next))
    },
  )
}

export const accountReadingRoutes: FastifyPluginAsyncTypebox<Reading> = async (
  app,
  { account: path, permission, ids },
) => {
  app.get(
    path,
    {
      schema: {
        operationId: ids.account,
        summary: "Read a user's account",
        params: UserParams,
        response: { 200: ref(Account) },
      },
      config: { permission, refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const account = await getAccount(app.db, userId)
      return presentAccount(account, await app.funds.balance(userId))
    },
  )
}
