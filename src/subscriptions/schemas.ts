import { Type } from '@sinclair/typebox'
import { ReturnUrl } from '../stripe/return-urls.ts'
import { PlanId } from '../plans/schemas.ts'
import { CustomerId, Timestamp, nullable, strictObject } from '../http/schemas.ts'
import { STATUSES, type Status } from './state.ts'

const QUANTITY_MAX = 100_000

export const CurrentSubscription = Type.Object(
  {
    customer_id: CustomerId,
    subscription: nullable(
      Type.Object(
        {
          plan: nullable(Type.String({ examples: ['starter'] })),
          status: Type.Unsafe<Status>({
            title: 'SubscriptionStatus',
            type: 'string',
            enum: STATUSES,
            examples: ['active'],
          }),
          current_period_start: nullable(Timestamp),
          current_period_end: nullable(Timestamp),
          cancel_at_period_end: Type.Boolean(),
          stripe_subscription_id: Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
        },
        { title: 'Subscription' },
      ),
    ),
  },
  { $id: 'CurrentSubscription' },
)

export const PortalSession = Type.Object(
  { url: Type.String({ examples: ['https://billing.stripe.com/p/session/test_YWNjdF8x'] }) },
  { $id: 'PortalSession' },
)

export const SubscriptionCount = Type.Object(
  {
    subscription_count: Type.Integer({ minimum: 0, description: 'Accounts that are not closed.' }),
    by_tier: Type.Unsafe<Record<string, number>>({
      type: 'object',
      additionalProperties: { type: 'integer', minimum: 0 },
      description: 'The same accounts by tier.',
      examples: [{ pro: 12, free: 230 }],
    }),
    stripe_active: Type.Integer({
      minimum: 0,
      description: 'Stripe subscriptions that give access: trialing, active or past due.',
    }),
  },
  { $id: 'SubscriptionCount' },
)

export const SubscriptionParams = Type.Object({ customer_id: CustomerId })

export const CheckoutBody = strictObject(
  {
    plan: PlanId,
    success_url: ReturnUrl,
    cancel_url: ReturnUrl,
    quantity: Type.Optional(
      Type.Integer({ minimum: 1, maximum: QUANTITY_MAX, default: 1, examples: [1] }),
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
  { return_url: ReturnUrl },
  { examples: [{ return_url: 'https://app.example.com/billing' }] },
)
