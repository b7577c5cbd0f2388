import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../../auth/scope.ts'
import { UserParams } from '../../funds/schemas.ts'
import { ref } from '../../http/schemas.ts'
import { Refusal } from '../../refusals/index.ts'
import { AutoTopUp, AutoTopUpBody, AutoTopUpOfAccount } from './schemas.ts'
import { type AutoTopUpState, getAutoTopUp, setAutoTopUp } from './settings.ts'

/** Internal: `/account/:user_id/auto_top_up`. */
export const autoTopUpRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.put(
    '/account/:user_id/auto_top_up',
    {
      schema: {
        operationId: 'setAutoTopUp',
        summary: "Set how a user's account is topped up by itself",
        description:
          'A balance that falls below `threshold` leaves one payment with the saved payment method, in ' +
          'the transaction of the charge. No other begins while one is open. `enabled: true` lifts a pause.',
        params: UserParams,
        body: AutoTopUpBody,
        response: { 200: ref(AutoTopUp) },
      },
      config: {
        permission: 'credit:write',
        portal: 'auto_top_up',
        refusals: ['ACCOUNT_NOT_FOUND', 'ASSET_NOT_PAYABLE'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const { threshold, amount, daily_max, monthly_max, enabled } = request.body
      const settings = {
        threshold: BigInt(threshold),
        amount: BigInt(amount),
        dailyMax: BigInt(daily_max),
        monthlyMax: BigInt(monthly_max),
        enabled,
      }
      return present(userId, await setAutoTopUp(request.db, actorOf(request), userId, settings))
    },
  )

  app.get(
    '/account/:user_id/auto_top_up',
    {
      schema: {
        operationId: 'getAutoTopUp',
        summary: "Read how a user's account is topped up by itself",
        params: UserParams,
        response: { 200: ref(AutoTopUp) },
      },
      config: {
        permission: 'accounts:read',
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'AUTO_TOP_UP_NOT_FOUND'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      return present(userId, await getAutoTopUp(app.db, userId))
    },
  )
}

/** Admin: the same under `/api/funds`; of an account without, null. */
export const operatorAutoTopUpRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/accounts/:user_id/auto_top_up',
    {
      schema: {
        operationId: 'getFundsAutoTopUp',
        summary: "Read how a user's account is topped up by itself, if it is",
        params: UserParams,
        response: { 200: ref(AutoTopUpOfAccount) },
      },
      config: { permission: 'funds:read', refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const state = await getAutoTopUp(app.db, userId).catch((error: unknown) => {
        if (error instanceof Refusal && error.code === 'AUTO_TOP_UP_NOT_FOUND') return null
        throw error
      })
      return { auto_top_up: state === null ? null : present(userId, state) }
    },
  )
}

function present(userId: string, { row, hasPaymentMethod }: AutoTopUpState) {
  return {
    user_id: userId,
    threshold: Number(row.threshold),
    amount: Number(row.amount),
    daily_max: Number(row.dailyMax),
    monthly_max: Number(row.monthlyMax),
    enabled: row.enabled,
    status: statusOf(row.pausedReason, hasPaymentMethod),
    paused_reason: row.pausedReason,
    updated_at: row.updatedAt.toISOString(),
  }
}

function statusOf(
  pausedReason: string | null,
  hasPaymentMethod: boolean,
): 'ready' | 'no_payment_method' | 'paused' {
  if (pausedReason !== null) return 'paused'
  return hasPaymentMethod ? 'ready' : 'no_payment_method'
}
