import type { Transaction } from '../database/index.ts'
import type { Personal } from '../privacy/personal.ts'
import type { CustomerRow } from './service.ts'

/** How a customer may be named in Stripe's events, in the form of `people_in`. */
export interface People {
  /** Our id and Stripe's ids of the customer and of its subscriptions. */
  ids: string[]
  /** Those and the email address: events that name it alone may be of somebody else too. */
  all: string[]
  stripeCustomerIds: string[]
}

export async function peopleOf(
  tx: Transaction,
  personal: Personal,
  customer: Pick<CustomerRow, 'id' | 'email' | 'stripeCustomerId'>,
): Promise<People> {
  const names = await personal.namesOf(tx, { customerId: customer.id, accountId: null })
  const known = [customer.stripeCustomerId, ...names.stripeCustomerIds]
  const stripeCustomerIds = [...new Set(known.filter((id) => id !== null))]
  const ids = [customer.id, ...stripeCustomerIds, ...names.ids]
  return { ids, all: [...ids, customer.email.toLowerCase()], stripeCustomerIds }
}
