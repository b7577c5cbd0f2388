import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { actorOf } from '../../auth/scope.ts'
import { textPageAnswer, textPageRequest } from '../../http/pagination.ts'
import { invalid, ref } from '../../http/schemas.ts'
import { Refusal } from '../../refusals/index.ts'
import type { Reading } from '../reading.ts'
import { UserParams } from '../schemas.ts'
import type { Budget as BudgetState } from './budget.ts'
import { type Changer, type Making, deleteBudget, makingsOf, putBudget } from './change.ts'
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

/** A place in a cursor: when a budget was made, and its id. */
const PLACE = /^\d{1,15} [A-Za-z0-9._:-]{1,64}$/

/** Internal: how much may be charged to an account within a time, and whether a charge would be let through. */
export const budgetRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const path = '/account/:user_id/budgets/:budget_id'

  /** @throws Refusal `ACCOUNT_NOT_FOUND` or `BUDGET_NOT_FOUND` */
  async function presented(userId: string, id: string) {
    const { budgets } = await app.funds.balance(userId)
    const budget = budgets.find((one) => one.id === id)
    if (budget === undefined) throw new Refusal('BUDGET_NOT_FOUND')
    const makings = await makingsOf(app.db, budgets)
    return presentBudget(budget, userId, isInPortal(makings, id))
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
        summary: "List a user's budgets, newest first",
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
      const makings = await makingsOf(app.db, budgets)
      const rows = newestFirst(budgets, makings)
      return textPageAnswer(after === null ? rows : behind(rows, after), limit, list, {
        present: ({ budget }) => presentBudget(budget, userId, isInPortal(makings, budget.id)),
        placeOf: ({ budget: { id }, at }) => `${at} ${id}`,
      })
    },
  )
}

function changerOf(request: FastifyRequest): Changer {
  return { ...actorOf(request), isInPortal: request.portal !== null }
}

type Makings = ReadonlyMap<string, Making>

function isInPortal(makings: Makings, id: string): boolean {
  return makings.get(id)?.isInPortal === true
}

interface Placed {
  budget: BudgetState
  at: number
}

function newestFirst(budgets: readonly BudgetState[], makings: Makings) {
  const placed = budgets.map((budget) => ({ budget, at: makings.get(budget.id)?.at ?? 0 }))
  return placed.toSorted(inOrder)
}

/** Old ones, whose time is not known, come last and by their ids. */
function inOrder(a: Placed, b: Placed): number {
  return b.at - a.at || (a.budget.id < b.budget.id ? -1 : 1)
}

function behind(rows: readonly Placed[], place: string): Placed[] {
  const [at = '', id = ''] = place.split(' ')
  const last = Number(at)
  return rows.filter((row) => row.at < last || (row.at === last && row.budget.id > id))
}
