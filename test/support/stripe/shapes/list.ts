import type Stripe from 'stripe'

/** A list inside an object, complete. */
export function innerList<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url }
}
