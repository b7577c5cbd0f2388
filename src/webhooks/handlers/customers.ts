import { Type } from '@sinclair/typebox'
import { unlinkStripeCustomer } from '../../subscriptions/stripe-customer.ts'
import type { Handler } from './handler.ts'
import { Text, read } from './read.ts'

const Customer = Type.Object({ id: Text })

/** `customer.deleted`: Stripe has cancelled the subscriptions with the customer. */
export const customerDeleted: Handler = async (services, event) => {
  const { id } = read(Customer, event.object, 'customer')
  const known = await unlinkStripeCustomer(services.db, id, event.createdAt)
  return known ? null : 'no customer of ours'
}
