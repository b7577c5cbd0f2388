import { type Static, Type } from '@sinclair/typebox'
import { Asset } from '../funds/schemas.ts'
import { line, strictObject } from '../http/schemas.ts'

/** The source of the rule: https://docs.stripe.com/api/billing/meter/create#create_billing_meter-event_name */
const EVENT_NAME_MAX = 100
/** Prices may be up to 2^53 - 1; the number of units of a price is one that people write. */
const PER_MAX = 1_000_000_000_000

/** Paid through Stripe's invoice. */
export const StripeMetering = strictObject(
  {
    via: Type.Literal('stripe'),
    event_name: line(EVENT_NAME_MAX, {
      description: 'The event name of a meter at Stripe whose aggregation is `sum`.',
      examples: ['api_calls'],
    }),
  },
  { title: 'StripeMetering' },
)

/** Paid from the account whose `user_id` is the customer's id, at the time of the report. */
export const FundsMetering = strictObject(
  {
    via: Type.Literal('funds'),
    asset: Asset,
    price: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'In the smallest unit of the asset. The cost of a report is rounded down, and the ' +
        'fraction is kept, exactly, and added to the next report.',
      examples: [3],
    }),
    per: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: PER_MAX,
        default: 1,
        description: 'The number of units that the price is for.',
        examples: [1_000],
      }),
    ),
  },
  { title: 'FundsMetering' },
)

export type StripeMetering = Static<typeof StripeMetering>
export type FundsMetering = Static<typeof FundsMetering>
export type Metering = StripeMetering | FundsMetering
