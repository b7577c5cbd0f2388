/** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
export const STATUSES = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'canceled',
  'unpaid',
  'paused',
] as const

export type Status = (typeof STATUSES)[number]
