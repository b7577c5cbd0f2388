import type Stripe from 'stripe'

/** The version that SDK 23.1 pins; the types below are the SDK's own for this version. */
export const API_VERSION = '2026-10-28.endive'

/** An object as the API sends it: references are ids, unless `expand` asks for more. */
type Collapsed<T> = {
  [K in keyof T]: string extends T[K] ? Exclude<T[K], { object: string }> : T[K]
}

export type Customer = Collapsed<Stripe.Customer>
export type DeletedCustomer = Stripe.DeletedCustomer
export type Price = Collapsed<Stripe.Price>
export type CheckoutSession = Collapsed<Stripe.Checkout.Session>
export type LineItem = Stripe.LineItem
export type PortalSession = Collapsed<Stripe.BillingPortal.Session>
export type Subscription = Collapsed<Stripe.Subscription>
export type Pause = NonNullable<Subscription['pause_collection']>['behavior']
export type SubscriptionItem = Stripe.SubscriptionItem
export type Invoice = Collapsed<Stripe.Invoice>
export type PaymentIntent = Collapsed<Stripe.PaymentIntent>
/** What a customer has paid with; without its details. */
export type PaymentMethod = Pick<Stripe.PaymentMethod, 'id' | 'object' | 'created' | 'livemode'> & {
  type: 'bancontact' | 'card' | 'sepa_debit'
  customer: string | null
}
export type Charge = Collapsed<Stripe.Charge>
export type Refund = Collapsed<Stripe.Refund>
export type Dispute = Collapsed<Stripe.Dispute>
export type MeterEvent = Stripe.Billing.MeterEvent
export type EventType = Stripe.Event.Type

/** An object of the API as plain JSON, the way it travels. */
export type Json = Record<string, unknown>

/** An event; `data.object` is the object at the time of the event. */
export interface StripeEvent {
  id: string
  object: 'event'
  api_version: string
  /** In seconds. */
  created: number
  data: { object: Json; previous_attributes?: Json }
  livemode: boolean
  pending_webhooks: number
  /** The call that caused it; nulls if the outside world did. */
  request: { id: string | null; idempotency_key: string | null }
  type: EventType
}
