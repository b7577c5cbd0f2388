import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { REPLAYED_HEADER } from '../http/openapi-texts.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref } from '../http/schemas.ts'
import {
  Cleanup,
  CleanupQuery,
  CorrectionBody,
  CorrectionParams,
  ListFindingsQuery,
  UsageCorrection,
  UsageFindingPage,
} from './admin-schemas.ts'
import { listFindings } from './findings.ts'
import { presentFinding, presentSum, presentTotal } from './present.ts'
import { rangeOf } from '../http/range.ts'
import { cleanUsage } from './retention.ts'
import { TopUsage, TopUsageQuery, UsageQuery, UsageTotalsOfAll } from './schemas.ts'
import { topCustomers, totalsOfAll } from './totals.ts'

/** Well within the time that an answer may take. */
const CLEANUP_MS_MAX = 2_000

/** Admin: `/api/usage`. */
export const usageAdminRoutes: FastifyPluginAsyncTypebox<{ retentionDays: number }> = async (
  app,
  { retentionDays },
) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'getUsageOfAll',
        summary: 'Read totals over all customers, oldest first',
        description:
          'Whole hours, days or months in UTC: from the one that contains `from` to the last one ' +
          'that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year ' +
          'earlier.',
        querystring: UsageQuery,
        response: { 200: ref(UsageTotalsOfAll) },
      },
      config: { permission: 'usage:read' },
    },
    async (request) => {
      const { metric = null, bucket = 'day' } = request.query
      const rows = await totalsOfAll(app.db, metric, rangeOf(request.query, bucket))
      return { data: rows.map((row) => ({ ...presentTotal(row), customers: row.customers })) }
    },
  )

  app.get(
    '/top',
    {
      schema: {
        operationId: 'getTopUsage',
        summary: 'List the customers with the most usage of a metric',
        description: 'Covers whole days in UTC: the last 30 by default.',
        querystring: TopUsageQuery,
        response: { 200: ref(TopUsage) },
      },
      config: { permission: 'usage:read' },
    },
    async (request) => {
      const { metric, limit = 10 } = request.query
      const rows = await topCustomers(app.db, metric, rangeOf(request.query, 'day'), limit)
      return {
        data: rows.map(({ customerId, sum, ...total }) => ({
          customer_id: customerId,
          ...total,
          ...presentSum(sum),
        })),
      }
    },
  )

  app.get(
    '/anomalies',
    {
      schema: {
        operationId: 'listUsageFindings',
        summary: 'List anomalies of usage and exceeded limits, newest first',
        description:
          'An `anomaly` is an hour whose sum is more than 5 robust standard deviations (from the ' +
          'median absolute deviation, at least a tenth of the median) above the median of the last ' +
          '10 to 30 hours in which the customer reported the metric; noted once a day. ' +
          '`limit_exceeded` is noted once a month.',
        querystring: ListFindingsQuery,
        response: { 200: ref(UsageFindingPage) },
      },
      config: { permission: 'usage:read', refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { customer_id: customerId, metric, kind } = request.query
      const list = ['usage-findings', customerId, metric, kind]
      const page = pageRequest(request.query, list)
      const rows = await listFindings(app.db, { customerId, metric, kind }, page)
      return pageAnswer(rows, page, list, presentFinding)
    },
  )

  app.post(
    '/:customer_id/corrections',
    {
      schema: {
        operationId: 'correctUsage',
        summary: 'Take a report back',
        description:
          'It no longer counts in totals and limits, what was paid for it from funds is given back, and ' +
          'Stripe is told. A report is corrected once; sent again under its id, it is still known.',
        params: CorrectionParams,
        body: CorrectionBody,
        response: {
          200: Type.Unsafe<Static<typeof UsageCorrection>>({
            ...ref(UsageCorrection),
            headers: REPLAYED_HEADER,
          }),
          201: ref(UsageCorrection),
        },
      },
      config: {
        permission: 'usage:write',
        refusals: [
          'CUSTOMER_NOT_FOUND',
          'REPORT_NOT_FOUND',
          'ACCOUNT_BUSY',
          'AMOUNT_NOT_ALLOWED',
          'BALANCE_LIMIT',
        ],
      },
    },
    async (request, reply) => {
      const { report_id: reportId, reason } = request.body
      const draft = {
        customerId: request.params.customer_id,
        reportId,
        reason,
        actor: actorOf(request),
        cap: identityOf(request).cap,
      }
      const { id, stripe, replayed } = await app.usage.correct(draft, attemptOf(request))
      if (replayed) void reply.header('idempotent-replayed', 'true')
      return reply.code(replayed ? 200 : 201).send({
        correction_id: id,
        report_id: reportId,
        ...(stripe !== null && { stripe }),
      })
    },
  )

  app.delete(
    '/cleanup',
    {
      schema: {
        operationId: 'cleanUpUsage',
        summary: 'Delete old reports now; their totals stay',
        description:
          'From then on, reports from before the cutoff are refused, because the ids of deleted ' +
          'reports are forgotten, and a copy would count again. `deleted` is how many are gone at ' +
          'the time of the answer; a job deletes the rest, if there are too many for one call.',
        querystring: CleanupQuery,
        response: { 200: ref(Cleanup) },
      },
      config: { permission: 'usage:write' },
    },
    async (request) => {
      const days = request.query.older_than_days ?? retentionDays
      const { deleted, cutoff } = await cleanUsage(request.db, actorOf(request), days, {
        timeMs: CLEANUP_MS_MAX,
      })
      return { deleted, cutoff: cutoff.toISOString() }
    },
  )
}
