import type { DeletedCustomer } from '../types.ts'
import { type World, existing } from '../world.ts'
import { endSubscription, hasEnded } from './subscriptions.ts'

/**
 * Deletes a customer: each subscription ends (`customer.subscription.deleted`), then
 * `customer.deleted` follows with the customer's last state.
 */
export function deleteCustomer(world: World, id: string): DeletedCustomer {
  const customer = existing(world.customers, id)
  for (const subscription of world.subscriptions.values()) {
    if (subscription.customer === id && !hasEnded(subscription)) {
      endSubscription(world, subscription.id)
    }
  }
  const deleted: DeletedCustomer = { id, object: 'customer', deleted: true }
  world.customers.set(id, deleted)
  world.emit('customer.deleted', customer)
  return deleted
}

/** Whether the customer was deleted, or never existed. */
export function isDeleted(world: World, id: string): boolean {
  const customer = world.customers.get(id)
  return customer === undefined || customer.deleted === true
}
