import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ourIdIn } from '../customers/named.ts'
import { Id, Maybe, Reference, idOf } from '../stripe/read.ts'
import { STATUSES, type Status } from '../stripe/statuses.ts'

export { STATUSES, type Status }

/** Final states: Stripe creates a new subscription instead of reviving one. */
export const ENDED: readonly Status[] = ['canceled', 'incomplete_expired']

/** Includes `past_due`: Stripe is still trying to collect, and reports when it gives up. */
export const WITH_ACCESS: readonly Status[] = ['trialing', 'active', 'past_due']

/** Statuses in which the newest invoice is owed. */
export const OWED: readonly Status[] = ['past_due', 'unpaid']

/** https://docs.stripe.com/api/subscriptions/object#subscription_object-pause_collection-behavior */
export const PAUSES = ['keep_as_draft', 'mark_uncollectible', 'void'] as const

export type Pause = (typeof PAUSES)[number]

/** A subscribed item. Times are Unix seconds, as in Stripe's API. */
export interface Item {
  price: string
  /** Null if Stripe counts none, as for metered prices. */
  quantity: number | null
  start: number | null
  end: number | null
}

/** The part of a subscription that this service acts on. Times are Unix seconds. */
export interface SubscriptionState {
  status: Status
  items: readonly Item[]
  /** The newest invoice, `in_…`; null if Stripe does not say. */
  latestInvoice: string | null
  pause: Pause | null
  cancelAt: number | null
  cancelAtPeriodEnd: boolean
  endedAt: number | null
  /**
   * Our customer's id in the metadata; null for none, absent in states that an older version
   * stored.
   */
  named?: string | null
}

/**
 * The outcome of an invoice. `due`: it is being collected, or will be soon. `written_off`: nobody
 * expects it to be paid.
 */
export type Outcome = 'paid' | 'void' | 'unasked' | 'written_off' | 'due'

/** What an invoice's status says, if nobody collects it any more. */
export const OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ['paid', 'paid'],
  ['void', 'void'],
  ['uncollectible', 'written_off'],
])

/** What Stripe says of a subscription's newest invoice. */
export interface ToldOfInvoice {
  /** Null where it names the id alone. */
  outcome: Outcome | null
  /**
   * Whether it is the subscription's first, and was sent to the customer to be paid later. The
   * subscription is active meanwhile, although nothing has been paid before.
   */
  isFirstSent: boolean
}

export interface StripeSubscription extends ToldOfInvoice {
  id: string
  stripeCustomerId: string
  /** Our customer's id, from the metadata or the checkout. */
  customerId: string | null
  createdAt: number
  state: SubscriptionState
  /** Whether there are more items than Stripe shows with a subscription. */
  isPart: boolean
}

const Seconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 })
const MaybeSeconds = Type.Optional(Type.Union([Seconds, Type.Null()]))
const StripeItem = Type.Object({
  price: Type.Optional(Type.Union([Type.Object({ id: Id }), Type.Null()])),
  plan: Type.Optional(Type.Union([Type.Object({ id: Id }), Type.Null()])),
  quantity: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]),
  ),
  current_period_start: MaybeSeconds,
  current_period_end: MaybeSeconds,
})

/** As it is when it was expanded. */
const Invoice = Type.Object({
  id: Id,
  status: Type.Union([Type.String(), Type.Null()]),
  auto_advance: Type.Optional(Type.Boolean()),
  billing_reason: Maybe(Type.String()),
  collection_method: Maybe(Type.String()),
})

/** The fields that are read of Stripe's object, in the shapes before and since API version basil. */
const Subscription = Type.Object({
  id: Id,
  customer: Reference,
  status: Type.Union(STATUSES.map((status) => Type.Literal(status))),
  created: Seconds,
  items: Type.Object({ data: Type.Array(StripeItem), has_more: Type.Optional(Type.Boolean()) }),
  latest_invoice: Type.Optional(Type.Union([Invoice, Reference, Type.Null()])),
  pause_collection: Type.Optional(
    Type.Union([Type.Object({ behavior: Type.String() }), Type.Null()]),
  ),
  cancel_at_period_end: Type.Optional(Type.Boolean()),
  cancel_at: MaybeSeconds,
  canceled_at: MaybeSeconds,
  ended_at: MaybeSeconds,
  current_period_start: MaybeSeconds,
  current_period_end: MaybeSeconds,
  metadata: Maybe(Type.Record(Type.String(), Type.Unknown())),
})

/** An object that can't be read. The message contains none of its values. */
export class UnreadableSubscription extends Error {}

/** @throws UnreadableSubscription if the object differs from Stripe's documented subscription */
export function readSubscription(object: unknown): StripeSubscription {
  if (!Value.Check(Subscription, object)) {
    throw new UnreadableSubscription('not a subscription that this version can read')
  }
  const state = stateOf(object)
  return {
    id: object.id,
    stripeCustomerId: idOf(object.customer),
    customerId: state.named ?? null,
    createdAt: object.created,
    state,
    outcome: outcomeOf(object),
    isFirstSent: isFirstSent(object),
    isPart: object.items.has_more === true,
  }
}

function stateOf(object: Static<typeof Subscription>): SubscriptionState {
  const items = object.items.data.flatMap((item) => itemOf(object, item))
  const { cancel_at: cancelAt = null } = object
  // With flexible billing the portal sets the time but not the flag.
  const endsWithPeriod = cancelAt !== null && items.some(({ end }) => end === cancelAt)
  const hasEnded = ENDED.includes(object.status)
  return {
    status: object.status,
    items,
    latestInvoice: object.latest_invoice == null ? null : idOf(object.latest_invoice),
    pause: PAUSES.find((pause) => pause === object.pause_collection?.behavior) ?? null,
    cancelAt,
    cancelAtPeriodEnd: object.cancel_at_period_end === true || endsWithPeriod,
    endedAt: hasEnded ? (object.ended_at ?? object.canceled_at ?? object.created) : null,
    named: ourIdIn(object.metadata),
  }
}

/** Stripe asks for a draft by itself, unless collection was paused when it was made. */
function outcomeOf({ latest_invoice: invoice }: Static<typeof Subscription>): Outcome | null {
  if (!Value.Check(Invoice, invoice)) return null
  const isLeft = invoice.status === 'draft' && invoice.auto_advance === false
  return OUTCOMES.get(invoice.status ?? '') ?? (isLeft ? 'unasked' : 'due')
}

/** With `charge_automatically`, a first invoice that is not paid leaves a subscription `incomplete`. */
function isFirstSent({ latest_invoice: invoice }: Static<typeof Subscription>): boolean {
  if (!Value.Check(Invoice, invoice)) return false
  return (
    invoice.billing_reason === 'subscription_create' && invoice.collection_method === 'send_invoice'
  )
}

function itemOf(object: Static<typeof Subscription>, item: Static<typeof StripeItem>): Item[] {
  const price = item.price?.id ?? item.plan?.id
  if (price === undefined) return []
  return [
    {
      price,
      quantity: item.quantity ?? null,
      start: item.current_period_start ?? object.current_period_start ?? null,
      end: item.current_period_end ?? object.current_period_end ?? null,
    },
  ]
}

export const FIELDS = [
  'status',
  'items',
  'latestInvoice',
  'pause',
  'cancelAt',
  'cancelAtPeriodEnd',
  'endedAt',
  'named',
] as const satisfies readonly (keyof SubscriptionState)[]

/** Whether two states agree in a field. */
export function isSameIn(
  field: (typeof FIELDS)[number],
  a: SubscriptionState,
  b: SubscriptionState,
): boolean {
  if (field === 'items') return sameItems(a.items, b.items)
  if (field === 'named' && (a.named === undefined || b.named === undefined)) return true
  return a[field] === b[field]
}

export function isSame(a: SubscriptionState, b: SubscriptionState): boolean {
  return FIELDS.every((field) => isSameIn(field, a, b))
}

/** Compares in any order, because Stripe promises none. */
export function sameItems(a: readonly Item[] | undefined, b: readonly Item[] | undefined): boolean {
  return itemsText(a) === itemsText(b)
}

/** The same for the same items. */
export function itemsText(items: readonly Item[] = []): string {
  return items
    .map(({ price, quantity, start, end }) => JSON.stringify([price, quantity, start, end]))
    .toSorted()
    .join()
}

/** Whether the subscription continues without payment; `mark_uncollectible` still makes invoices. */
export function isPausedUnpaid({ pause }: Pick<SubscriptionState, 'pause'>): boolean {
  return pause === 'void' || pause === 'keep_as_draft'
}
