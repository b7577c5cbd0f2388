import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Id, Reference, idOf } from '../stripe/read.ts'

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

/** Nothing follows them: Stripe makes a new subscription instead. */
export const ENDED: readonly Status[] = ['canceled', 'incomplete_expired']

/** `past_due` too: Stripe is still trying to collect, and says so when it gives up. */
export const WITH_ACCESS: readonly Status[] = ['trialing', 'active', 'past_due']

/** The part of a subscription that this service acts on. Times are Unix seconds, as Stripe has them. */
export interface SubscriptionState {
  status: Status
  stripePriceId: string | null
  quantity: number
  currentPeriodStart: number | null
  currentPeriodEnd: number | null
  cancelAtPeriodEnd: boolean
  endedAt: number | null
}

export interface StripeSubscription {
  id: string
  stripeCustomerId: string
  /** Our customer's id, which the checkout wrote into the metadata. */
  customerId: string | null
  createdAt: number
  state: SubscriptionState
}

const Seconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 })
const MaybeSeconds = Type.Optional(Type.Union([Seconds, Type.Null()]))
const Item = Type.Object({
  price: Type.Optional(Type.Union([Type.Object({ id: Id }), Type.Null()])),
  plan: Type.Optional(Type.Union([Type.Object({ id: Id }), Type.Null()])),
  quantity: Type.Optional(Type.Integer({ minimum: 0 })),
  current_period_start: MaybeSeconds,
  current_period_end: MaybeSeconds,
})

/** What is read of Stripe's object, in the shapes before and since API version basil. */
const Subscription = Type.Object({
  id: Id,
  customer: Reference,
  status: Type.Union(STATUSES.map((status) => Type.Literal(status))),
  created: Seconds,
  items: Type.Object({ data: Type.Array(Item) }),
  cancel_at_period_end: Type.Optional(Type.Boolean()),
  cancel_at: MaybeSeconds,
  canceled_at: MaybeSeconds,
  ended_at: MaybeSeconds,
  current_period_start: MaybeSeconds,
  current_period_end: MaybeSeconds,
  metadata: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
})

/** @throws Error for an object that is no subscription as Stripe documents it */
export function readSubscription(object: unknown): StripeSubscription {
  if (!Value.Check(Subscription, object)) throw new Error('This is no Stripe subscription')
  return {
    id: object.id,
    stripeCustomerId: idOf(object.customer),
    customerId: object.metadata?.['customer_id'] ?? null,
    createdAt: object.created,
    state: stateOf(object),
  }
}

function stateOf(object: Static<typeof Subscription>): SubscriptionState {
  const [item] = object.items.data
  const currentPeriodEnd = object.current_period_end ?? item?.current_period_end ?? null
  // With flexible billing the portal sets the time and leaves the flag.
  const endsWithPeriod =
    object.cancel_at != null && currentPeriodEnd !== null && object.cancel_at <= currentPeriodEnd
  const hasEnded = ENDED.includes(object.status)
  return {
    status: object.status,
    stripePriceId: item?.price?.id ?? item?.plan?.id ?? null,
    quantity: item?.quantity ?? 1,
    currentPeriodStart: object.current_period_start ?? item?.current_period_start ?? null,
    currentPeriodEnd,
    cancelAtPeriodEnd: object.cancel_at_period_end === true || endsWithPeriod,
    endedAt: hasEnded ? (object.ended_at ?? object.canceled_at ?? object.created) : null,
  }
}

export const FIELDS = [
  'status',
  'stripePriceId',
  'quantity',
  'currentPeriodStart',
  'currentPeriodEnd',
  'cancelAtPeriodEnd',
  'endedAt',
] as const satisfies readonly (keyof SubscriptionState)[]

export function isSame(a: SubscriptionState, b: SubscriptionState): boolean {
  return FIELDS.every((field) => a[field] === b[field])
}
