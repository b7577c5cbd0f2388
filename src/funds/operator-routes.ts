import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { bodyHas } from '../auth/gates.ts'
import { actorOf } from '../auth/scope.ts'
import { ref, strictObject } from '../http/schemas.ts'
import { updateAccount } from './accounts.ts'
import { FlowQuery, MoneyFlow, flowRange, moneyFlow } from './flow.ts'
import { presentAccount } from './present.ts'
import { Account, UserParams } from './schemas.ts'

const StatusBody = strictObject(
  { status: Type.Unsafe<'active' | 'frozen'>({ type: 'string', enum: ['active', 'frozen'] }) },
  { examples: [{ status: 'frozen' }] },
)

/** Admin: `/api/funds`, what operators do and see besides the readings of an account. */
export const operatorRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    '/accounts/:user_id',
    {
      schema: {
        operationId: 'setFundsAccountStatus',
        summary: 'Freeze a user’s account, or end that',
        description: 'A frozen account is not charged. Money can still be given back to it.',
        params: UserParams,
        body: StatusBody,
        response: { 200: ref(Account) },
      },
      config: {
        permission: 'funds:write',
        refusals: ['ACCOUNT_NOT_FOUND'],
        unlimited: bodyHas('status', 'frozen'),
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const { status } = request.body
      const account = await updateAccount(request.db, actorOf(request), userId, { status })
      return presentAccount(account, await app.funds.balance(userId))
    },
  )

  app.get(
    '/flow',
    {
      schema: {
        operationId: 'getMoneyFlow',
        summary: 'Sum what moved on all accounts, by hour or day',
        description: 'By kind and asset, over at most 8 days.',
        querystring: FlowQuery,
        response: { 200: ref(MoneyFlow) },
      },
      config: { permission: 'funds:read' },
    },
    async (request) => moneyFlow(app.db, flowRange(request.query)),
  )
}
