import { Type } from '@sinclair/typebox'
import { Timestamp, nullable } from '../http/schemas.ts'
import { Exact } from './schemas.ts'

export const ExportedReport = Type.Object({
  report_id: Type.String({ examples: ['2026-11-24T09:instance-7'] }),
  instance_id: nullable(Type.String({ examples: ['instance-7'] })),
  reported_at: Timestamp,
  received_at: Timestamp,
  metrics: Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'number' },
    examples: [{ 'api.calls': 1_200 }],
  }),
})

export const ExportedTotal = Type.Object({
  metric: Type.String({ examples: ['api.calls'] }),
  period: Type.Unsafe<string>({ type: 'string', enum: ['hour', 'day', 'month'] }),
  starts_at: Timestamp,
  count: Type.Integer({ examples: [24] }),
  sum: Type.Number({ examples: [30_000] }),
  sum_exact: Exact,
  min: Type.Number({ examples: [900] }),
  max: Type.Number({ examples: [1_600] }),
  last: Type.Number({ examples: [1_200] }),
})

const Decimal = Type.String({ pattern: '^[0-9]+([.][0-9]+)?$', examples: ['12.5'] })

export const ExportedCorrection = Type.Object({
  correction_id: Type.String({ examples: ['cor_4fGh7KqL9mNp2RsT1vWx3y'] }),
  report_id: Type.String({ examples: ['2026-11-24T09:instance-7'] }),
  reason: Type.String({ examples: ['counted twice'] }),
  corrected_at: Timestamp,
})

/** Use that has yet to be told to Stripe, and such as is on its way or has been told within the last day. */
export const ExportedMeterHour = Type.Object({
  event_name: Type.String({ examples: ['api_calls'] }),
  at: Timestamp,
  value: Decimal,
})
export const ExportedMeterSum = Type.Object({
  event_name: Type.String({ examples: ['api_calls'] }),
  value: Decimal,
})
export const ExportedMeterEvent = Type.Object({
  event_name: Type.String({ examples: ['api_calls'] }),
  value: Decimal,
  sent_at: nullable(Timestamp),
})

/**
 * The rest of a price below the smallest unit of its asset, in parts of which `per` make one unit.
 */
export const ExportedRemainder = Type.Object({
  metric: Type.String({ examples: ['api.calls'] }),
  asset: Type.String({ examples: ['USD/2'] }),
  per: Type.Integer({ examples: [1000] }),
  /** Below zero where a correction has left more paid than owed. */
  remainder: Type.String({ pattern: '^-?[0-9]+([.][0-9]+)?$', examples: ['12.5'] }),
})

export const ExportedBillingFinding = Type.Object({
  kind: Type.String({ examples: ['late_usage'] }),
  stripe_subscription_id: nullable(Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] })),
  event_name: Type.String({ examples: ['api_calls'] }),
  value: Decimal,
  used_at: Timestamp,
  found_at: Timestamp,
})
