import { Type } from '@sinclair/typebox'
import { unlinkStripeCustomer } from './stripe-customer.ts'
import type { Handler } from '../stripe/handler.ts'
import { Dictionary, Text, read } from '../stripe/read.ts'

const Customer = Type.Object({ id: Text, metadata: Dictionary })

/** `customer.deleted`: Stripe has cancelled the subscriptions with the customer. */
export const customerDeleted: Handler = async (services, event) => {
  const { id, metadata } = read(Customer, event.object, 'customer')
  const customerId = metadata?.['customer_id'] ?? null
  const known = await unlinkStripeCustomer(services, id, customerId, event.createdAt)
  return known ? null : 'no customer of ours'
}
