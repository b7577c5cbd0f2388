import { periodEnd } from '../clock.ts'
import type { Price, Subscription, SubscriptionItem } from '../types.ts'
import { newId } from '../world.ts'
import { innerList } from './list.ts'
import { isMetered, planOf } from './price.ts'

export interface NewSubscription {
  customer: string
  items: { price: Price; quantity: number }[]
  metadata: Record<string, string>
  /** In seconds; without one it begins with its first period. */
  trialEnd?: number
  /** For how many days its invoices may stay unpaid; without it a card is charged. */
  daysUntilDue?: number
}

/**
 * A subscription as it begins: on trial, incomplete until its first invoice is paid, or active while
 * that one is not due.
 */
export function newSubscription(created: number, given: NewSubscription): Subscription {
  const id = newId('sub_1', 23)
  const { trialEnd, daysUntilDue } = given
  const items = given.items
    .map((item) => newItem(id, created, item.price, item.quantity))
    .map((item) => (trialEnd === undefined ? item : { ...item, current_period_end: trialEnd }))
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: daysUntilDue === undefined ? 'charge_automatically' : 'send_invoice',
    created,
    currency: given.items[0]?.price.currency ?? 'usd',
    customer: given.customer,
    customer_account: null,
    days_until_due: daysUntilDue ?? null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: innerList(items, `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: given.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: created,
    status: statusOf(given),
    test_clock: null,
    transfer_data: null,
    trial_end: trialEnd ?? null,
    trial_settings: null,
    trial_start: trialEnd === undefined ? null : created,
  }
}

function statusOf({ trialEnd, daysUntilDue }: NewSubscription): Subscription['status'] {
  if (trialEnd !== undefined) return 'trialing'
  return daysUntilDue === undefined ? 'incomplete' : 'active'
}

export function newItem(
  subscription: string,
  created: number,
  price: Price,
  quantity: number,
): SubscriptionItem {
  return {
    id: newId('si_', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: periodEnd(created, created, price.recurring),
    current_period_start: created,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    ...(!isMetered(price) && { quantity }),
    subscription,
    tax_rates: [],
  }
}

/** The items in their next period. */
export function itemsRenewed(subscription: Subscription): Subscription['items'] {
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: item.current_period_end,
    current_period_end: periodEnd(
      item.current_period_end,
      subscription.billing_cycle_anchor,
      item.price.recurring,
    ),
  }))
  return { ...subscription.items, data }
}

/** The items with another price or quantity for the item `itemId`, or for the first one. */
export function itemsWith(
  subscription: Subscription,
  replacement: { id?: string; price?: Price; quantity?: number },
): Subscription['items'] {
  const id = replacement.id ?? subscription.items.data[0]?.id
  const data = subscription.items.data.map((item) => {
    if (item.id !== id) return item
    const price = replacement.price ?? item.price
    const quantity = replacement.quantity ?? item.quantity ?? 1
    return { ...item, price, plan: planOf(price as Price), quantity }
  })
  return { ...subscription.items, data }
}

/** The present period in seconds, that of the first item. */
export function currentPeriod(subscription: Subscription): { start: number; end: number } {
  const [item] = subscription.items.data
  const { created } = subscription
  return { start: item?.current_period_start ?? created, end: item?.current_period_end ?? created }
}
