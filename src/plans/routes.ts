import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref } from '../http/schemas.ts'
import { ListPlansQuery, Plan, PlanBody, PlanPage, PlanParams } from './schemas.ts'
import { type PlanRow, getPlan, listPlans, putPlan } from './service.ts'

export const planSchemas = [Plan, PlanPage]

/** Admin: `/api/plans`. */
export const planRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listPlans',
        summary: 'List plans, newest first',
        querystring: ListPlansQuery,
        response: { 200: ref(PlanPage) },
      },
      config: { refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const page = pageRequest(request.query, ['plans'])
      return pageAnswer(await listPlans(app.db, page), page, ['plans'], presentPlan)
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
      config: { refusals: ['PLAN_NOT_FOUND'] },
    },
    async (request) => presentPlan(await getPlan(app.db, request.params.plan_id)),
  )

  app.put(
    '/:plan_id',
    {
      schema: {
        operationId: 'putPlan',
        summary: 'Create a plan, or replace it as a whole',
        description:
          'What is left out of the body is null afterwards. Features and limits reach a licence when ' +
          'it is next issued: at the renewal, or when the subscription changes.',
        params: PlanParams,
        body: PlanBody,
        response: { 200: ref(Plan) },
      },
      config: { refusals: ['PRICE_IN_USE'] },
    },
    async (request) => {
      const { name, stripe_price_id, features, limits, metered, ...license } = request.body
      const draft = {
        name,
        stripePriceId: stripe_price_id ?? null,
        features,
        limits,
        metered: metered ?? null,
        licenseDays: license.license_days ?? null,
        licenseGraceDays: license.license_grace_days ?? null,
      }
      return presentPlan(await putPlan(request.db, actorOf(request), request.params.plan_id, draft))
    },
  )
}

function presentPlan(row: PlanRow) {
  return {
    plan_id: row.id,
    name: row.name,
    stripe_price_id: row.stripePriceId,
    features: row.features,
    limits: row.limits,
    metered: row.metered,
    license_days: row.licenseDays,
    license_grace_days: row.licenseGraceDays,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
