import { Type } from '@sinclair/typebox'
import { Timestamp, nullable } from '../http/schemas.ts'

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
  min: Type.Number(),
  max: Type.Number(),
  last: Type.Number(),
})

const Decimal = Type.String({ pattern: '^[0-9]+([.][0-9]+)?$', examples: ['12.5'] })

/** Usage that has not been reported to Stripe yet, or is on its way. */
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
  remainder: Decimal,
})
