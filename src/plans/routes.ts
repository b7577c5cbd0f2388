import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { isCut } from '../database/page-weight.ts'
import { LONG_FEATURES, pageAnswer, pageRequest } from '../http/pagination.ts'
import { invalid, ref } from '../http/schemas.ts'
import { type Prices, pricesOf, refuseUnknownPrices } from './prices.ts'
import { ListPlansQuery, Plan, PlanBody, PlanPage, PlanParams, PutPlan } from './schemas.ts'
import { type PlanRow, getPlan, listPlans, putPlan } from './service.ts'

export const planSchemas = [Plan, PutPlan, PlanPage]

/** Admin: `/api/plans`. */
export const planRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listPlans',
        summary: 'List plans, newest first',
        description: LONG_FEATURES,
        querystring: ListPlansQuery,
        response: { 200: ref(PlanPage) },
      },
      config: { permission: null, refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const page = pageRequest(request.query, ['plans'])
      const rows = await listPlans(app.db, page)
      return pageAnswer(rows, page, ['plans'], await present(rows), isCut(rows))
    },
  )

  app.get(
    '/:plan_id',
    {
      schema: {
        operationId: 'getPlan',
        summary: 'Read a plan',
        params: PlanParams,
        response: { 200: ref(Plan) },
      },
      config: { permission: null, refusals: ['PLAN_NOT_FOUND'] },
    },
    async (request) => {
      const plan = await getPlan(app.db, request.params.plan_id)
      return (await present([plan]))(plan)
    },
  )

  app.put(
    '/:plan_id',
    {
      schema: {
        operationId: 'putPlan',
        summary: 'Create a plan, or replace it as a whole',
        description:
          'Optional fields without a value become null. Features and limits reach a licence when it ' +
          'is next issued: at the renewal, or when the subscription changes. A price that is left ' +
          'out still means the plan for subscriptions that pay it, until another plan names it.',
        params: PlanParams,
        body: PlanBody,
        response: { 200: ref(PutPlan) },
      },
      config: { permission: 'plans:write', refusals: ['PRICE_TAKEN', 'PRICE_UNKNOWN'] },
    },
    async (request) => {
      const { plan_id: id } = request.params
      const { name, stripe_price_id, features, limits, metered, ...rest } = request.body
      const { stripe_price_ids: prices = stripe_price_id == null ? [] : [stripe_price_id] } = rest
      if (stripe_price_id !== undefined && rest.stripe_price_ids !== undefined) {
        throw invalid('/stripe_price_id', 'is the short form of stripe_price_ids: give one of them')
      }
      const draft = {
        name,
        features,
        limits,
        rank: rest.rank ?? 0,
        checkout: rest.checkout ?? null,
        metered: metered ?? null,
        licenseDays: rest.license_days ?? null,
        licenseGraceDays: rest.license_grace_days ?? null,
      }
      if (app.hasStripe) await refuseUnknownPrices(app.stripe(), prices)
      const { plan, toUpdate } = await putPlan(request.db, actorOf(request), id, draft, prices)
      return { ...(await present([plan]))(plan), subscriptions_to_update: toUpdate }
    },
  )

  async function present(rows: readonly PlanRow[]) {
    const prices = await pricesOf(
      app.db,
      rows.map(({ id }) => id),
    )
    return (row: PlanRow) => presentPlan(row, prices.get(row.id) ?? { current: [], former: [] })
  }
}

function presentPlan(row: PlanRow, { current, former }: Prices) {
  return {
    plan_id: row.id,
    name: row.name,
    stripe_price_id: current[0] ?? null,
    stripe_price_ids: current,
    former_stripe_price_ids: former,
    rank: row.rank,
    checkout: row.checkout,
    features: row.features,
    limits: row.limits,
    metered: row.metered,
    license_days: row.licenseDays,
    license_grace_days: row.licenseGraceDays,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
