import { Stripe } from 'stripe'
import { newId } from '../world.ts'
import type { Price } from '../types.ts'

export interface NewPrice {
  id?: string
  /** In the smallest unit of the currency. */
  unit_amount: number
  currency?: string
  /** Without it the price is paid once. */
  recurring?: {
    interval: 'day' | 'week' | 'month' | 'year'
    interval_count?: number
    usage_type?: 'licensed' | 'metered'
  }
  product?: string
  nickname?: string
  lookup_key?: string
  metadata?: Record<string, string>
  active?: boolean
}

export function newPrice(created: number, given: NewPrice): Price {
  return {
    id: given.id ?? newId('price_1', 23),
    object: 'price',
    active: given.active ?? true,
    billing_scheme: 'per_unit',
    created,
    currency: given.currency ?? 'usd',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: given.lookup_key ?? null,
    metadata: given.metadata ?? {},
    nickname: given.nickname ?? null,
    product: given.product ?? newId('prod_', 14),
    recurring:
      given.recurring === undefined
        ? null
        : {
            interval: given.recurring.interval,
            interval_count: given.recurring.interval_count ?? 1,
            meter: null,
            trial_period_days: null,
            usage_type: given.recurring.usage_type ?? 'licensed',
          },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: given.recurring === undefined ? 'one_time' : 'recurring',
    unit_amount: given.unit_amount,
    unit_amount_decimal: Stripe.Decimal.from(given.unit_amount),
  }
}

/** The price in the form of a plan, which subscription items still contain too. */
export function planOf(price: Price): Stripe.Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  }
}

/** Whether it is paid by use, and so has no quantity. */
export function isMetered(price: Pick<Stripe.Price, 'recurring'>): boolean {
  return price.recurring?.usage_type === 'metered'
}

/** The amount of one line: the price times the quantity, in the smallest unit; of use, none yet. */
export function lineAmount(price: Price | null, quantity: number): number {
  if (price !== null && isMetered(price)) return 0
  return (price?.unit_amount ?? 0) * quantity
}
