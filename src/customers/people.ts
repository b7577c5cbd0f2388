import { eq } from 'drizzle-orm'
import { emailForOthers } from '../http/email.ts'
import type { Transaction } from '../database/index.ts'
import type { Names, Personal, Whom } from '../privacy/personal.ts'
import { getCustomer } from './service.ts'
import { stripeCustomers } from './tables.ts'

/** The names of a customer in Stripe's events, in the form of `people_in`. */
export interface People {
  /** Our id, and Stripe's ids of the customer and of its subscriptions. */
  ids: string[]
  /**
   * These ids and the email address. An event that contains only the address may concern another
   * person too.
   */
  all: string[]
  stripeCustomerIds: string[]
}

/**
 * The names of the customer itself.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function customerNames(tx: Transaction, { customerId }: Whom): Promise<Names> {
  if (customerId === null) return { ids: [] }
  const { stripeCustomerId } = await getCustomer(tx, customerId)
  const linked = await tx
    .select({ id: stripeCustomers.id })
    .from(stripeCustomers)
    .where(eq(stripeCustomers.customerId, customerId))
  const own = stripeCustomerId === null ? [] : [stripeCustomerId]
  return { ids: [customerId], stripeCustomerIds: [...own, ...linked.map(({ id }) => id)] }
}

/** As events may have it. */
function addressesOf(email: string): string[] {
  return [...new Set([email, emailForOthers(email)].map((one) => one.toLowerCase()))]
}

export async function peopleOf(
  tx: Transaction,
  personal: Personal,
  { id, email }: { id: string; email: string },
): Promise<People> {
  const { ids, stripeCustomerIds } = await personal.namesOf(tx, { customerId: id, accountId: null })
  return { ids, all: [...ids, ...addressesOf(email)], stripeCustomerIds }
}
