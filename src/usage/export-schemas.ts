import { Type } from '@sinclair/typebox'
import { Timestamp, nullable } from '../http/schemas.ts'
import { Exact } from './schemas.ts'

export const ExportedReport = Type.Object({
  report_id: Type.String(),
  instance_id: nullable(Type.String()),
  reported_at: Timestamp,
  received_at: Timestamp,
  metrics: Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'number' },
  }),
})

export const ExportedTotal = Type.Object({
  metric: Type.String(),
  period: Type.Unsafe<string>({ type: 'string', enum: ['hour', 'day', 'month'] }),
  starts_at: Timestamp,
  count: Type.Integer(),
  sum: Type.Number(),
  sum_exact: Exact,
  min: Type.Number(),
  max: Type.Number(),
  last: Type.Number(),
})

const Decimal = Type.String({ pattern: '^[0-9]+([.][0-9]+)?$', examples: ['12.5'] })

export const ExportedCorrection = Type.Object({
  correction_id: Type.String(),
  report_id: Type.String(),
  reason: Type.String(),
  corrected_at: Timestamp,
})

/** Use that has yet to be told to Stripe, and such as is on its way or has been told within the last day. */
export const ExportedMeterHour = Type.Object({
  event_name: Type.String(),
  at: Timestamp,
  value: Decimal,
})
export const ExportedMeterSum = Type.Object({ event_name: Type.String(), value: Decimal })
export const ExportedMeterEvent = Type.Object({
  event_name: Type.String(),
  value: Decimal,
  sent_at: nullable(Timestamp),
})

/**
 * The rest of a price below the smallest unit of its asset, in parts of which `per` make one unit.
 */
export const ExportedRemainder = Type.Object({
  metric: Type.String(),
  asset: Type.String(),
  per: Type.Integer(),
  /** Below zero where a correction has left more paid than owed. */
  remainder: Type.String({ pattern: '^-?[0-9]+([.][0-9]+)?$', examples: ['12.5'] }),
})

export const ExportedBillingFinding = Type.Object({
  kind: Type.String({ examples: ['late_usage'] }),
  stripe_subscription_id: nullable(Type.String()),
  event_name: Type.String(),
  value: Decimal,
  used_at: Timestamp,
  found_at: Timestamp,
})
