import { Type } from '@sinclair/typebox'
import { ReturnUrl } from '../stripe/return-urls.ts'
import { PlanId } from '../plans/schemas.ts'
import { CustomerId, Timestamp, nullable, ref, strictObject } from '../http/schemas.ts'
import { STATUSES, type Status } from './state.ts'

const QUANTITY_MAX = 100_000

const Quantity = Type.Integer({ minimum: 0, examples: [5] })

export const Subscription = Type.Object(
  {
    plan: nullable(
      Type.String({
        description: 'Null for a subscription to something else.',
        examples: ['starter'],
      }),
    ),
    plans: Type.Array(
      Type.Object({ plan: Type.String({ examples: ['starter'] }), quantity: Quantity }),
      { description: 'The plans of all its items, by rank.' },
    ),
    status: Type.Unsafe<Status>({
      title: 'SubscriptionStatus',
      type: 'string',
      enum: STATUSES,
      examples: ['active'],
    }),
    quantity: Quantity,
    current_period_start: nullable(Timestamp),
    current_period_end: nullable(Timestamp),
    cancel_at: nullable(Timestamp),
    cancel_at_period_end: Type.Boolean(),
    paused: Type.Boolean({ description: 'Whether Stripe has paused the collection of payments.' }),
    ends_at: nullable({
      ...Timestamp,
      description: 'When it ends; null if no end is scheduled.',
    }),
    stripe_subscription_id: Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
  },
  { $id: 'Subscription' },
)

export const CurrentSubscription = Type.Object(
  {
    customer_id: CustomerId,
    subscription: nullable(ref(Subscription)),
    subscriptions: Type.Array(ref(Subscription)),
  },
  { $id: 'CurrentSubscription' },
)

export const PortalSession = Type.Object(
  { url: Type.String({ examples: ['https://billing.stripe.com/p/session/test_YWNjdF8x'] }) },
  { $id: 'PortalSession' },
)

export const SubscriptionCount = Type.Object(
  {
    subscription_count: Type.Integer({
      minimum: 0,
      description: 'Accounts that are not closed.',
      examples: [120],
    }),
    by_tier: Type.Unsafe<Record<string, number>>({
      type: 'object',
      additionalProperties: { type: 'integer', minimum: 0 },
      description: 'The same accounts by tier.',
      examples: [{ pro: 12, free: 230 }],
    }),
    stripe_active: Type.Integer({
      minimum: 0,
      description: 'Stripe subscriptions that give access: trialing, active or past due.',
      examples: [80],
    }),
  },
  { $id: 'SubscriptionCount' },
)

export const SubscriptionParams = Type.Object({ customer_id: CustomerId })

const ForCustomer = Type.Optional({
  ...CustomerId,
  description:
    'Whom it is for: required of operators. A key says whose it is, and must not name any.',
})

export const CheckoutBody = strictObject(
  {
    customer_id: ForCustomer,
    plan: PlanId,
    success_url: ReturnUrl,
    cancel_url: ReturnUrl,
    quantity: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: QUANTITY_MAX,
        default: 1,
        description: 'A plan whose first price is metered is sold once.',
        examples: [1],
      }),
    ),
  },
  {
    examples: [
      {
        plan: 'starter',
        success_url: 'https://app.example.com/welcome',
        cancel_url: 'https://app.example.com/pricing',
      },
    ],
  },
)

export const PortalBody = strictObject(
  { customer_id: ForCustomer, return_url: ReturnUrl },
  { examples: [{ return_url: 'https://app.example.com/billing' }] },
)
