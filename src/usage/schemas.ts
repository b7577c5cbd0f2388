import { Type } from '@sinclair/typebox'
import { Asset } from '../funds/schemas.ts'
import { MetricName } from '../plans/schemas.ts'
import { CustomerId, Timestamp, TimestampInput, nullable, strictObject } from '../http/schemas.ts'

const METRICS_MAX = 100
export const BATCH_REPORTS_MAX = 1_000
/** For all reports of a batch together. */
export const BATCH_VALUES_MAX = 10_000

/** Written by hand, because TypeBox's record would not limit its keys. */
const MetricValues = Type.Unsafe<Record<string, number>>({
  title: 'MetricValues',
  type: 'object',
  additionalProperties: { type: 'number', minimum: 0 },
  propertyNames: MetricName,
  minProperties: 1,
  maxProperties: METRICS_MAX,
  description: 'Up to 100 metrics, each with the usage since the last report.',
  examples: [{ 'api.calls': 1_250, 'storage.gb': 3.5 }],
})

/** Visible ASCII: no space, no line break, no look-alike characters. */
export const ReportId = Type.String({
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description: 'Your own id of the report: repeated with it, the report counts once.',
  examples: ['2026-11-24T09:instance-7'],
})

export const ReportBody = strictObject(
  {
    metrics: MetricValues,
    report_id: Type.Optional(ReportId),
    instance_id: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9._:@-]{1,128}$', examples: ['instance-7'] }),
    ),
    reported_at: Type.Optional(
      Type.Unsafe<string>({
        ...TimestampInput,
        description:
          'The time of the usage; now by default. At most 5 minutes in the future, and not before ' +
          'the time since which reports are kept.',
        examples: ['2026-11-24T09:00:00.000Z'],
      }),
    ),
  },
  {
    title: 'UsageReport',
    examples: [{ metrics: { 'api.calls': 1_250, 'storage.gb': 3.5 }, instance_id: 'instance-7' }],
  },
)

export const ReportBatchBody = strictObject({
  reports: Type.Array(ReportBody, { minItems: 1, maxItems: BATCH_REPORTS_MAX }),
})

/** Beside a sum. */
export const Exact = Type.Optional(
  Type.String({
    description:
      'The sum as an exact decimal, where it is above 2^53 - 1 or has more digits than a number keeps.',
    examples: ['9007199254740993'],
  }),
)

const Standing = Type.Object(
  {
    metric: Type.String({ examples: ['api.calls'] }),
    used: Type.Number({ description: 'In this calendar month (UTC).', examples: [81_250] }),
    used_exact: Exact,
    limit: Type.Number({ examples: [100_000] }),
    exceeded: Type.Boolean({ description: 'Whether `used` is more than `limit`.' }),
  },
  { title: 'UsageStanding' },
)

const RemainingAllowances = Type.Object(
  {
    values: Type.Integer({
      minimum: 0,
      description: 'Metric values that may be stored until the next full hour (UTC).',
      examples: [199_998],
    }),
    metric_names: Type.Integer({
      minimum: 0,
      description: 'Metric names that may be added.',
      examples: [998],
    }),
  },
  { title: 'UsageRemaining', description: 'What is left of the customer’s allowances.' },
)

const UsageCharge = Type.Object(
  {
    metric: Type.String({ examples: ['tokens'] }),
    amount: Type.Integer({
      minimum: 0,
      description: 'The charge, rounded down. The fraction is added to the next report.',
      examples: [3_750],
    }),
    asset: Asset,
    transfer_id: nullable(
      Type.String({
        description: 'One transfer for all charges of the report; null if all charges are 0.',
        examples: ['tr_42_7'],
      }),
    ),
  },
  { title: 'UsageCharge' },
)

export const UsageReceipt = Type.Object(
  {
    report_id: Type.String({ examples: ['2026-11-24T09:instance-7'] }),
    customer_id: CustomerId,
    received_at: Timestamp,
    limits: Type.Array(Standing, {
      description: "The customer's usage against the limits of its plan, with this report counted.",
    }),
    remaining: RemainingAllowances,
    charges: Type.Optional(
      Type.Array(UsageCharge, {
        description:
          'The charges for the report, if the plan has metrics that are paid from funds.',
      }),
    ),
    balance: Type.Optional(
      Type.Integer({
        description:
          'The balance of the customer’s account after these charges. If they are all 0, the answer to a ' +
          'repetition has the present balance.',
        examples: [996_250],
      }),
    ),
  },
  { $id: 'UsageReceipt' },
)

export const UsageBatchReceipt = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          report_id: nullable(
            Type.String({
              description: 'The id of the report; null for a refused report without one.',
              examples: ['2026-11-24T09:instance-7'],
            }),
          ),
          status: Type.Union([
            Type.Literal('created'),
            Type.Literal('replayed'),
            Type.Literal('refused'),
          ]),
          code: Type.Optional(
            Type.String({
              description: 'Why the report was refused.',
              examples: ['VALIDATION_FAILED'],
            }),
          ),
        },
        { title: 'UsageBatchResult' },
      ),
      { description: 'One result for each report, in the same order.' },
    ),
    remaining: RemainingAllowances,
  },
  { $id: 'UsageBatchReceipt' },
)

const PeriodName = Type.Union([Type.Literal('hour'), Type.Literal('day'), Type.Literal('month')], {
  title: 'UsagePeriod',
  default: 'day',
})

const Range = {
  from: Type.Optional(TimestampInput),
  to: Type.Optional(TimestampInput),
}

export const UsageQuery = strictObject({
  metric: Type.Optional(MetricName),
  ...Range,
  bucket: Type.Optional(PeriodName),
})

export const TopUsageQuery = strictObject({
  metric: MetricName,
  ...Range,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 10 })),
})

const Total = {
  bucket: Type.String({
    format: 'date-time',
    description: 'The start of the hour, day or month.',
    examples: ['2026-11-24T00:00:00.000Z'],
  }),
  metric: Type.String({ examples: ['api.calls'] }),
  count: Type.Integer({ description: 'How many reports were made.', examples: [24] }),
  sum: Type.Number({ examples: [30_000] }),
  sum_exact: Exact,
  min: Type.Number({ examples: [900] }),
  max: Type.Number({ examples: [1_600] }),
}

export const UsageTotals = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          ...Total,
          last: Type.Number({
            description: 'The value with the latest `reported_at`.',
            examples: [1_250],
          }),
        },
        { title: 'UsageTotal' },
      ),
    ),
  },
  { $id: 'UsageTotals' },
)

export const UsageTotalsOfAll = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          ...Total,
          customers: Type.Integer({
            description: 'How many customers reported it.',
            examples: [12],
          }),
        },
        { title: 'UsageTotalOfAll' },
      ),
    ),
  },
  { $id: 'UsageTotalsOfAll' },
)

export const TopUsage = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          customer_id: CustomerId,
          count: Type.Integer({ examples: [720] }),
          sum: Type.Number({ examples: [900_000] }),
          sum_exact: Exact,
          max: Type.Number({ examples: [1_600] }),
        },
        { title: 'TopUsageEntry' },
      ),
    ),
  },
  { $id: 'TopUsage' },
)
