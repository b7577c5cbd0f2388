import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { actorOf } from '../../auth/scope.ts'
import { textPageAnswer, textPageRequest } from '../../http/pagination.ts'
import { invalid, ref } from '../../http/schemas.ts'
import { Refusal } from '../../refusals/index.ts'
import type { Reading } from '../reading.ts'
import { UserParams } from '../schemas.ts'
import { type Changer, deleteBudget, madeInPortal, putBudget } from './change.ts'
import { presentBudget, presentCheck } from './present.ts'
import {
  Budget,
  BudgetBody,
  BudgetPage,
  BudgetParams,
  Check,
  CheckBody,
  ListBudgetsQuery,
} from './schemas.ts'
import { isTimeZone } from './window.ts'

/** A place in a cursor: the id of a budget. */
const PLACE = /^[A-Za-z0-9._:-]{1,64}$/

/** Internal: how much may be charged to an account within a time, and whether a charge would be let through. */
export const budgetRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const path = '/account/:user_id/budgets/:budget_id'

  /** @throws Refusal `ACCOUNT_NOT_FOUND` or `BUDGET_NOT_FOUND` */
  async function presented(userId: string, id: string) {
    const { budgets } = await app.funds.balance(userId)
    const budget = budgets.find((one) => one.id === id)
    if (budget === undefined) throw new Refusal('BUDGET_NOT_FOUND')
    return presentBudget(budget, userId, await madeInPortal(app.db, budgets))
  }

  app.put(
    path,
    {
      schema: {
        operationId: 'putBudget',
        summary: 'Make a budget of an account, or change it',
        description:
          'It counts from now on. Another `amount`, `mode` or `alert_at` keeps what is used; another window, time zone or match starts anew.',
        params: BudgetParams,
        body: BudgetBody,
        response: { 200: ref(Budget) },
      },
      config: {
        permission: 'credit:write',
        portal: 'budgets',
        refusals: ['ACCOUNT_NOT_FOUND', 'TOO_MANY_BUDGETS'],
      },
    },
    async (request) => {
      const { user_id: userId, budget_id: id } = request.params
      request.userId = userId
      const { amount, window, mode = 'hard', match = {}, alert_at: alertAt = [] } = request.body
      const { time_zone: timeZone = 'UTC' } = request.body
      if (!isTimeZone(timeZone)) throw invalid('/time_zone', 'is not a known time zone')
      await putBudget(request.db, changerOf(request), userId, id, {
        amount: BigInt(amount),
        window,
        timeZone,
        referencePrefix: match.reference_prefix ?? null,
        reason: match.reason ?? null,
        mode,
        alertAt,
      })
      return presented(userId, id)
    },
  )

  app.get(
    path,
    {
      schema: {
        operationId: 'getBudget',
        summary: 'Read a budget, with what is used of it now',
        params: BudgetParams,
        response: { 200: ref(Budget) },
      },
      config: {
        permission: 'accounts:read',
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'BUDGET_NOT_FOUND'],
      },
    },
    async (request) => {
      const { user_id: userId, budget_id: id } = request.params
      request.userId = userId
      return presented(userId, id)
    },
  )

  app.delete(
    path,
    {
      schema: {
        operationId: 'deleteBudget',
        summary: 'Delete a budget',
        params: BudgetParams,
        response: { 204: Type.Null({ description: 'Deleted.' }) },
      },
      config: {
        permission: 'credit:write',
        portal: 'budgets',
        refusals: ['ACCOUNT_NOT_FOUND', 'BUDGET_NOT_FOUND'],
      },
    },
    async (request, reply) => {
      const { user_id: userId, budget_id: id } = request.params
      request.userId = userId
      await deleteBudget(request.db, changerOf(request), userId, id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/check',
    {
      schema: {
        operationId: 'check',
        summary: 'Ask whether a charge would be let through; it moves nothing',
        body: CheckBody,
        response: { 200: ref(Check) },
      },
      config: { permission: 'accounts:read', writes: false, refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request) => {
      const { user_id: userId, amount = 1, reference = null, reason = null } = request.body
      request.userId = userId
      const row = await app.funds.balance(userId)
      return presentCheck(row, { reference, reason }, BigInt(amount))
    },
  )
}

export const budgetListRoutes: FastifyPluginAsyncTypebox<Reading> = async (
  app,
  { account, permission, ids },
) => {
  app.get(
    `${account}/budgets`,
    {
      schema: {
        operationId: ids.budgets,
        summary: "List a user's budgets by their ids",
        params: UserParams,
        querystring: ListBudgetsQuery,
        response: { 200: ref(BudgetPage) },
      },
      config: {
        permission,
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const list = ['budgets', userId]
      const { limit, after } = textPageRequest(request.query, list, PLACE)
      const { budgets } = await app.funds.balance(userId)
      const rows = budgets.toSorted(byId).filter(({ id }) => after === null || id > after)
      const own = await madeInPortal(app.db, budgets)
      return textPageAnswer(rows, limit, list, {
        present: (row) => presentBudget(row, userId, own),
        placeOf: ({ id }) => id,
      })
    },
  )
}

function changerOf(request: FastifyRequest): Changer {
  return { ...actorOf(request), isInPortal: request.portal !== null }
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1
}
