import type { Readable } from 'node:stream'
import { type TSchema, Type } from '@sinclair/typebox'
import { ApiKey } from '../customers/api-keys/schemas.ts'
import { Customer } from '../customers/schemas.ts'
import { IssuedLicense } from '../licenses/schemas.ts'
import { CustomerId, Timestamp, nullable, ref, strictObject } from '../http/schemas.ts'
import { STATUSES, type Status } from '../subscriptions/state.ts'
import { UsageFinding } from '../usage/admin-schemas.ts'

export const ErasedCustomer = Type.Object(
  { customer_id: CustomerId, erased_at: Timestamp },
  { $id: 'ErasedCustomer' },
)

/** A longer erasure, which goes on. */
export const ErasingCustomer = Type.Object(
  { customer_id: CustomerId, status: Type.Literal('erasing') },
  { $id: 'ErasingCustomer' },
)

export const EraseQuery = strictObject({
  force: Type.Optional(
    Type.Boolean({
      description:
        'Gives up what is left in the account: releases the holds and moves the balance to `adjustments`.',
    }),
  ),
})

/** A document that is sent as a stream: the schema describes it, and nothing serialises by it. */
export function streamed(schema: TSchema) {
  return Type.Unsafe<Readable>(ref(schema))
}

export const ExportedEvent = Type.Object({
  event_id: Type.String({ examples: ['evt_1Nk0PqL2eZvKYlo2'] }),
  type: Type.String({ examples: ['invoice.paid'] }),
  created_at: Timestamp,
  received_at: Timestamp,
  payload: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'As Stripe sent it, without secrets.',
  }),
})

export const ExportedRecord = Type.Object({
  timestamp: Timestamp,
  event: Type.String({ examples: ['customer.updated'] }),
  actor: Type.String({ examples: ['admin:1f2e3d4c'] }),
  subject: Type.String(),
  ip: nullable(Type.String({ examples: ['203.0.113.7'] })),
  metadata: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
})

const Subscription = Type.Object({
  stripe_subscription_id: Type.String(),
  stripe_customer_id: Type.String(),
  items: Type.Array(
    Type.Object({
      stripe_price_id: Type.String(),
      quantity: nullable(Type.Integer()),
      current_period_start: nullable(Timestamp),
      current_period_end: nullable(Timestamp),
    }),
  ),
  status: Type.Unsafe<Status>({ type: 'string', enum: STATUSES }),
  cancel_at: nullable(Timestamp),
  cancel_at_period_end: Type.Boolean(),
  pause_collection: nullable(Type.String({ examples: ['void'] })),
  ended_at: nullable(Timestamp),
  created_at: Timestamp,
})

const Report = Type.Object({
  report_id: Type.String(),
  instance_id: nullable(Type.String()),
  reported_at: Timestamp,
  received_at: Timestamp,
  metrics: Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'number' },
  }),
})

const Total = Type.Object({
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

/** Use that has yet to be told to Stripe, and such as is on its way. */
const MeterHour = Type.Object({ event_name: Type.String(), at: Timestamp, value: Decimal })
const MeterSum = Type.Object({ event_name: Type.String(), value: Decimal })
const MeterEvent = Type.Object({
  event_name: Type.String(),
  value: Decimal,
  sent_at: nullable(Timestamp),
})

/** What is left of a price below the smallest unit of its asset: in parts of which `per` are one. */
const Remainder = Type.Object({
  metric: Type.String(),
  asset: Type.String(),
  per: Type.Integer(),
  remainder: Decimal,
})

/** What a repetition of the call that created the customer is answered. */
const Creation = Type.Object({ idempotency_key: Type.String(), answer: ref(Customer) })

export const CustomerExport = Type.Object(
  {
    exported_at: Timestamp,
    customer: ref(Customer),
    creation: nullable(Creation),
    api_keys: Type.Array(ref(ApiKey)),
    subscriptions: Type.Array(Subscription),
    licenses: Type.Array(Type.Omit(IssuedLicense.properties.license, ['token'])),
    usage_reports: Type.Array(Report),
    usage_totals: Type.Array(Total),
    usage_findings: Type.Array(ref(UsageFinding)),
    usage_meter_hours: Type.Array(MeterHour),
    usage_meter_sums: Type.Array(MeterSum),
    usage_meter_events: Type.Array(MeterEvent),
    usage_remainders: Type.Array(Remainder),
    stripe_events: Type.Array(ExportedEvent),
    audit_records: Type.Array(ExportedRecord),
  },
  { $id: 'CustomerExport' },
)
