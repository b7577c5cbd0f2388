import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../audit/record.ts'
import { keyHolderOf } from '../auth/api-key.ts'
import { actorOf } from '../auth/scope.ts'
import { customerInPath } from '../customers/in-path.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { type Limiter, enforce } from '../http/rate-limits/index.ts'
import { REPLAYED_HEADER } from '../http/openapi-texts.ts'
import { validateInSlices } from '../http/validation-in-slices.ts'
import { Refusal } from '../refusals/index.ts'
import { CustomerId, ref, timeOf } from '../http/schemas.ts'
import { Cleanup, UsageCorrection, UsageFinding, UsageFindingPage } from './admin-schemas.ts'
import { ValuesUsedUp } from './allowances.ts'
import { rangeOf } from '../http/range.ts'
import type { ReportDraft } from './reports.ts'
import {
  BATCH_VALUES_MAX,
  ReportBatchBody,
  ReportBody,
  TopUsage,
  UsageBatchReceipt,
  UsageQuery,
  UsageReceipt,
  UsageTotals,
  UsageTotalsOfAll,
} from './schemas.ts'
import {
  hasNoOutcome,
  isFault,
  isUnknown,
  presentOutcome,
  presentReceipt,
  presentRemaining,
  presentTotal,
} from './present.ts'
import { customerTotals } from './totals.ts'

export { usageAdminRoutes } from './admin-routes.ts'

export const usageSchemas = [
  UsageReceipt,
  UsageBatchReceipt,
  UsageTotals,
  UsageTotalsOfAll,
  TopUsage,
  UsageFinding,
  UsageFindingPage,
  UsageCorrection,
  Cleanup,
]

/** A thousand reports of ten metrics each, with room for names, ids and white space. */
const BATCH_BYTES_MAX = 4_194_304

/** Why a report that is paid from funds is refused; the same report may succeed later. */
const UNPAID = [
  'INSUFFICIENT_FUNDS',
  'BUDGET_EXCEEDED',
  'ACCOUNT_NOT_FOUND',
  'ACCOUNT_FROZEN',
  'ASSET_MISMATCH',
  'ACCOUNT_BUSY',
] as const

export const reportSchema = {
  operationId: 'reportUsage',
  summary: "Report an instance's usage",
  description:
    'If the plan has a price for a metric, the report pays it from the account whose ' +
    '`user_id` is the customer’s id: both happen, or neither. A report that was refused for ' +
    'lack of funds can be sent again. A metric name counts as the customer’s from its first ' +
    'report on. The metric values of an hour (UTC) are limited too; beyond that limit the ' +
    'answer is a 429 until the next hour. A report that is already stored costs nothing.',
  body: ReportBody,
  response: {
    200: Type.Unsafe<Static<typeof UsageReceipt>>({
      ...ref(UsageReceipt),
      headers: REPLAYED_HEADER,
    }),
    201: ref(UsageReceipt),
  },
}

/**
 * Customer: `/api/usage`.
 * @param options the limit of reports for each customer; null for none
 */
export const usageRoutes: FastifyPluginAsyncTypebox<{ limit: Limiter | null }> = async (
  app,
  { limit },
) => {
  const onRequest =
    limit === null
      ? []
      : async (request: FastifyRequest, reply: FastifyReply) => enforce(reply, await limit(request))

  app.post(
    '/report',
    {
      onRequest,
      schema: reportSchema,
      config: {
        permission: 'usage:write',
        refusals: ['IDEMPOTENCY_KEY_REUSED', 'TOO_MANY_METRICS', 'OVERLOADED', ...UNPAID],
      },
    },
    async (request, reply) => {
      const { customerId } = keyHolderOf(request)
      const draft = draftOf(actorOf(request), customerId, request.body)
      const reported = await sayingWhen(reply, app.usage.report(draft, attemptOf(request)))
      if (reported.replayed) void reply.header('idempotent-replayed', 'true')
      return reply.code(reported.replayed ? 200 : 201).send(presentReceipt(reported))
    },
  )

  app.post(
    '/report/batch',
    {
      onRequest,
      bodyLimit: BATCH_BYTES_MAX,
      validatorCompiler: validateInSlices('reports'),
      schema: {
        operationId: 'reportUsageBatch',
        summary: 'Report what was used while there was no connection',
        description:
          'Each report has its own outcome, and those of before a refused one stand. A body that ' +
          'does not match the schema is refused as a whole, with the place of its first fault. ' +
          'Give every report a `report_id`, so that the batch can be sent again. Up to 4 MiB, and 10,000 ' +
          'metric values in all reports together. A batch that does not fit into the values of this hour ' +
          'is a 429 as a whole, and nothing of it is stored; a report with too many new metric names is ' +
          'refused alone.',
        body: ReportBatchBody,
        response: { 200: ref(UsageBatchReceipt) },
      },
      config: { permission: 'usage:write', refusals: ['OVERLOADED'] },
    },
    async (request, reply) => {
      const { customerId } = keyHolderOf(request)
      refuseTooManyValues(request.body)
      // All times are read before the first report is stored, because a malformed time makes the
      // whole body malformed.
      const drafts = request.body.reports.map((report, index) =>
        draftOf(actorOf(request), customerId, report, `/reports/${index}`),
      )
      const { outcomes, remaining } = await sayingWhen(
        reply,
        app.usage.reportBatch(customerId, drafts, attemptOf(request)),
      )
      const faults = outcomes.filter(isFault)
      for (const { reason } of faults) request.log.error({ err: reason as Error }, 'Report failed')
      const results = outcomes.map((outcome, index) =>
        presentOutcome(outcome, drafts[index]?.reportId ?? null),
      )
      // If no report has an outcome of its own, the status says so, which clients do not overlook.
      if (remaining === null || outcomes.every(hasNoOutcome)) {
        const isOpen = remaining === null || outcomes.some(isUnknown)
        if (!isOpen) throw outcomes.find(hasNoOutcome)?.reason
        throw new Refusal('OUTCOME_UNKNOWN', { repeat: { results } })
      }
      return { results, remaining: presentRemaining(remaining) }
    },
  )
}

/** Customers and operators: `/api/usage`. */
export const usageTotalRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/:customer_id',
    {
      schema: {
        operationId: 'getUsage',
        summary: 'Read totals of a customer’s usage, oldest first: for a key, of its own',
        description:
          'Whole hours, days or months in UTC: from the one that contains `from` to the last one ' +
          'that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year ' +
          'earlier. At most a year of hours, ten years of days or months, and 10,000 totals.',
        params: Type.Object({ customer_id: CustomerId }),
        querystring: UsageQuery,
        response: { 200: ref(UsageTotals) },
      },
      config: {
        permission: 'usage:read',
        adminPermission: 'usage:read',
        refusals: ['CUSTOMER_NOT_FOUND'],
      },
    },
    async (request) => {
      const customerId = await customerInPath(app.db, request, request.params.customer_id)
      const { metric = null, bucket = 'day' } = request.query
      const range = rangeOf(request.query, bucket)
      const rows = await customerTotals(app.db, customerId, metric, range)
      return { data: rows.map((row) => ({ ...presentTotal(row), last: row.last })) }
    },
  )
}

/** @throws Refusal `VALIDATION_FAILED` */
function refuseTooManyValues({ reports }: Static<typeof ReportBatchBody>): void {
  let count = 0
  for (const { metrics } of reports) count += Object.keys(metrics).length
  if (count <= BATCH_VALUES_MAX) return
  const message = `must have at most ${BATCH_VALUES_MAX} metric values together`
  throw new Refusal('VALIDATION_FAILED', { details: [{ path: '/reports', message }] })
}

/** Tells callers without values left when the hour's values are available again. */
async function sayingWhen<T>(reply: FastifyReply, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ValuesUsedUp) void reply.header('retry-after', error.retryAfterS)
    throw error
  }
}

/** @throws Refusal `VALIDATION_FAILED` for a text that only looks like a time */
function draftOf(
  actor: Actor,
  customerId: string,
  body: Static<typeof ReportBody>,
  path = '',
): ReportDraft {
  const { metrics, report_id, instance_id, reported_at } = body
  return {
    customerId,
    actor,
    reportId: report_id ?? null,
    instanceId: instance_id ?? null,
    reportedAt: reported_at === undefined ? null : timeOf(reported_at, `${path}/reported_at`),
    metrics,
  }
}
