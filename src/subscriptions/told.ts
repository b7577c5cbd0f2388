import { Type } from '@sinclair/typebox'
import type { EventType, EventsOfRecord, Told } from '../events/types.ts'
import { CustomerId, nullable } from '../http/schemas.ts'
import { Subscription } from './schemas.ts'

const { plans, status, quantity, current_period_end } = Subscription.properties
const { cancel_at_period_end, ends_at, paused, stripe_subscription_id } = Subscription.properties

const types = {
  'subscription.updated': {
    summary:
      'A subscription has begun, changed, ended or got another owner, or its price means another plan.',
    data: Type.Object({
      customer_id: CustomerId,
      stripe_subscription_id,
      status,
      plan: nullable(
        Type.String({
          description: 'Null for a subscription to something else, and if another customer has it.',
          examples: ['starter'],
        }),
      ),
      plans: nullable(plans),
      quantity,
      current_period_end,
      cancel_at_period_end,
      ends_at,
      paused,
    }),
    example: {
      customer_id: 'cust_4fGh7KqL9mNp2RsT',
      stripe_subscription_id: 'sub_1MowQVLkdIwHu7ixeRlqHVzs',
      status: 'active',
      plan: 'starter',
      plans: [{ plan: 'starter', quantity: 5 }],
      quantity: 5,
      current_period_end: '2027-01-01T00:00:00.000Z',
      cancel_at_period_end: false,
      ends_at: null,
      paused: false,
    },
  },
} as const satisfies Record<string, EventType>

const updated: EventsOfRecord = ({ subject, metadata }) => {
  const { subscription, ...rest } = metadata
  const data = { customer_id: subject, stripe_subscription_id: subscription, ...rest }
  return [{ type: 'subscription.updated', data }]
}

export const toldOfSubscriptions: Told = { types, records: { 'subscription.updated': updated } }
