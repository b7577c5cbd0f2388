import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { CheckoutOptions } from './checkout-options.ts'
import { FundsMetering, type Metering, StripeMetering } from './metering.ts'
import { Timestamp, line, nullable, ref, strictObject } from '../http/schemas.ts'
import { spelled } from '../http/patterns.ts'

const LICENSE_DAYS_MAX = 3_660
const LICENSE_GRACE_DAYS_MAX = 365
const PRICES_MAX = 100

export const PlanId = Type.String({
  pattern: spelled(
    '^[a-z0-9][a-z0-9_-]{0,63}$',
    'the id of a plan, such as starter: 1 to 64 characters of a–z 0–9 _ -, the first a letter or digit',
  ),
  examples: ['starter'],
})

/** The source of the rule: https://docs.stripe.com/api/prices/object#price_object-id */
const StripePriceId = Type.String({
  pattern: spelled('^[A-Za-z0-9_]{1,255}$', 'the id of a price at Stripe, such as price_1MoBy5Lk'),
  examples: ['price_1MoBy5LkdIwHu7ixZhnattbh'],
})

const NAME_PATTERN = spelled(
  '^[a-z][a-z0-9_.]{0,63}$',
  'a name such as api.calls: 1 to 64 characters of a–z 0–9 _ ., the first a letter',
)

export const MetricName = Type.String({
  pattern: NAME_PATTERN,
  examples: ['api.calls'],
})

export const Features = Type.Unsafe<Record<string, unknown>>({
  title: 'Features',
  type: 'object',
  additionalProperties: true,
  propertyNames: { type: 'string', pattern: NAME_PATTERN },
  maxProperties: 100,
  description: 'What the plan unlocks: a switch, a number or a text for each feature.',
  examples: [{ sso: true, support: 'email' }],
})

export const Limits = Type.Unsafe<Record<string, number>>({
  title: 'Limits',
  type: 'object',
  additionalProperties: { type: 'number', minimum: 0 },
  propertyNames: MetricName,
  maxProperties: 100,
  description: 'The maximum of each metric in a calendar month (UTC). Other metrics are unlimited.',
  examples: [{ 'api.calls': 100_000 }],
})

const Metered = Type.Unsafe<Record<string, Metering>>({
  type: 'object',
  additionalProperties: Type.Union([StripeMetering, FundsMetering], { title: 'Metering' }),
  propertyNames: MetricName,
  maxProperties: 100,
  description: 'How each metric is paid for. Other metrics are free.',
  examples: [
    {
      'api.calls': { via: 'stripe', event_name: 'api_calls' },
      tokens: { via: 'funds', asset: 'USD/2', price: 3, per: 1_000 },
    },
  ],
})

export const Plan = Type.Object(
  {
    plan_id: Type.String({ examples: ['starter'] }),
    name: Type.String({ examples: ['Starter'] }),
    stripe_price_id: nullable(Type.String({ examples: ['price_1MoBy5LkdIwHu7ixZhnattbh'] })),
    stripe_price_ids: Type.Array(Type.String({ examples: ['price_1MoBy5LkdIwHu7ixZhnattbh'] }), {
      description: 'A checkout sells the first one.',
    }),
    former_stripe_price_ids: Type.Array(
      Type.String({ examples: ['price_1LoBy5LkdIwHu7ixZhnattbh'] }),
      {
        description:
          'Former prices, which still mean this plan for subscriptions that pay them. A plan is shown ' +
          'with at most 1,000 prices: the current ones, then the newest of the former ones.',
      },
    ),
    rank: Type.Integer({ examples: [10] }),
    checkout: nullable(CheckoutOptions),
    features: Features,
    limits: Limits,
    metered: nullable(Metered),
    license_days: nullable(Type.Integer({ examples: [30] })),
    license_grace_days: nullable(Type.Integer({ examples: [7] })),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Plan' },
)

export const PutPlan = Type.Object(
  {
    ...Plan.properties,
    subscriptions_to_update: Type.Integer({
      minimum: 0,
      description:
        'How many open subscriptions now mean this plan by their price; a job updates them.',
      examples: [12],
    }),
  },
  { $id: 'PutPlan' },
)

export const PlanPage = pageOf(ref(Plan), 'PlanPage')

export const PlanParams = Type.Object({ plan_id: PlanId })

export const PlanBody = strictObject(
  {
    name: line(100, { examples: ['Starter'] }),
    stripe_price_id: Type.Optional(nullable(StripePriceId)),
    stripe_price_ids: Type.Optional(
      Type.Array(StripePriceId, {
        maxItems: PRICES_MAX,
        uniqueItems: true,
        description:
          'The prices that mean this plan; a checkout sells the first. Replaces `stripe_price_id`.',
        examples: [['price_1MoBy5LkdIwHu7ixZhnattbh']],
      }),
    ),
    rank: Type.Optional(
      Type.Integer({
        minimum: -1_000_000,
        maximum: 1_000_000,
        default: 0,
        description:
          'If a customer holds several plans, the one with the highest rank is its `plan`.',
        examples: [10],
      }),
    ),
    checkout: Type.Optional(nullable(CheckoutOptions)),
    features: Features,
    limits: Limits,
    metered: Type.Optional(nullable(Metered)),
    license_days: Type.Optional(
      nullable(
        Type.Integer({
          minimum: 1,
          maximum: LICENSE_DAYS_MAX,
          description: 'The validity of a licence without a paid period; null means 30 days.',
          examples: [30],
        }),
      ),
    ),
    license_grace_days: Type.Optional(
      nullable(
        Type.Integer({
          minimum: 0,
          maximum: LICENSE_GRACE_DAYS_MAX,
          description:
            'How long a licence outlives the paid period, so that a late renewal locks no customer ' +
            'out; null means 3 days.',
          examples: [7],
        }),
      ),
    ),
  },
  {
    examples: [
      {
        name: 'Starter',
        stripe_price_id: 'price_1MoBy5LkdIwHu7ixZhnattbh',
        features: { sso: true, support: 'email' },
        limits: { 'api.calls': 100_000 },
        metered: { tokens: { via: 'funds', asset: 'USD/2', price: 3, per: 1_000 } },
        license_days: 30,
        license_grace_days: 7,
      },
    ],
  },
)

export const ListPlansQuery = strictObject(PageQuery)
