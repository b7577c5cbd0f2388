import type Stripe from 'stripe'

/** A complete list inside an object. */
export function innerList<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url }
}
