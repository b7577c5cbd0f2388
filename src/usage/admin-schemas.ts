import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { MetricName } from '../plans/schemas.ts'
import { CustomerId, Timestamp, line, ref, strictObject } from '../http/schemas.ts'
import { ReportId } from './schemas.ts'

const Kind = Type.Union([Type.Literal('anomaly'), Type.Literal('limit_exceeded')], {
  title: 'UsageFindingKind',
})

export const UsageFinding = Type.Object(
  {
    kind: Kind,
    customer_id: CustomerId,
    metric: Type.String({ examples: ['api.calls'] }),
    at: Type.String({
      format: 'date-time',
      description: 'The start of the hour of an anomaly, or of the month of a limit.',
      examples: ['2026-11-24T09:00:00.000Z'],
    }),
    value: Type.Number({
      description: 'The sum of the hour or the month when it was found.',
      examples: [48_000],
    }),
    threshold: Type.Number({ description: 'The threshold that it exceeds.', examples: [2_000] }),
    found_at: Timestamp,
  },
  { $id: 'UsageFinding' },
)

export const UsageFindingPage = pageOf(ref(UsageFinding), 'UsageFindingPage')

export const ListFindingsQuery = strictObject({
  customer_id: Type.Optional(CustomerId),
  metric: Type.Optional(MetricName),
  kind: Type.Optional(Kind),
  ...PageQuery,
})

export const CorrectionParams = Type.Object({ customer_id: CustomerId })

export const CorrectionBody = strictObject(
  {
    report_id: ReportId,
    reason: line(500, { examples: ['reported twice by a script'] }),
  },
  { examples: [{ report_id: '2026-11-24T09:instance-7', reason: 'reported twice by a script' }] },
)

export const UsageCorrection = Type.Object(
  {
    correction_id: Type.String({ examples: ['cor_4fGh7KqL9mNp2RsT1vWx3y'] }),
    report_id: Type.String({ examples: ['2026-11-24T09:instance-7'] }),
    stripe: Type.Optional(
      Type.Literal('not_correctable', {
        description:
          'Stripe goes on billing it: it has had it for more than 24 hours, or the invoice is final. ' +
          'The findings of subscriptions have it.',
      }),
    ),
  },
  { $id: 'UsageCorrection' },
)

export const CleanupQuery = strictObject({
  older_than_days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 36_500,
      description: '`USAGE_RETENTION_DAYS` by default.',
      examples: [90],
    }),
  ),
})

export const Cleanup = Type.Object(
  {
    deleted: Type.Integer({ description: 'How many reports were deleted.', examples: [12_000] }),
    cutoff: Timestamp,
  },
  { $id: 'UsageCleanup' },
)
