import { Type } from '@sinclair/typebox'
import type { Handler } from '../stripe/handler.ts'
import { Text, read } from '../stripe/read.ts'
import { customerDeleted } from '../subscriptions/customer-events.ts'
import { forgetDeleted } from './auto-top-up/forgetting.ts'

const Customer = Type.Object({ id: Text })

/** `customer.deleted`: it may have had subscriptions, or the payment method of an account. */
export const stripeCustomerDeleted: Handler = async (services, event) => {
  const { id } = read(Customer, event.object, 'customer')
  const reason = await customerDeleted(services, event)
  return (await forgetDeleted(services.db, id)) ? null : reason
}
