import { eq } from 'drizzle-orm'
import { accountSubject } from '../funds/accounts.ts'
import type { CustomerRow } from '../customers/service.ts'
import { stripeCustomers } from '../customers/tables.ts'
import { stripePayments } from '../payments/tables.ts'
import type { Transaction } from '../database/index.ts'
import { subscriptions } from '../subscriptions/tables.ts'

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
  customer: Pick<CustomerRow, 'id' | 'email' | 'stripeCustomerId'>,
): Promise<People> {
  const subscribed = await tx
    .select({ id: subscriptions.id, stripeCustomerId: subscriptions.stripeCustomerId })
    .from(subscriptions)
    .where(eq(subscriptions.customerId, customer.id))
  const linked = await tx
    .select({ id: stripeCustomers.id })
    .from(stripeCustomers)
    .where(eq(stripeCustomers.customerId, customer.id))
  const known = [
    customer.stripeCustomerId,
    ...linked.map(({ id }) => id),
    ...subscribed.map((row) => row.stripeCustomerId),
  ]
  const stripeCustomerIds = [...new Set(known.filter((id) => id !== null))]
  const ids = [customer.id, ...stripeCustomerIds, ...subscribed.map((row) => row.id)]
  return { ids, all: [...ids, customer.email.toLowerCase()], stripeCustomerIds }
}

/** The same of a user's account: the user, the account and the payments that topped it up. */
export async function peopleOfAccount(
  tx: Transaction,
  account: { id: bigint; userId: string },
): Promise<string[]> {
  const payments = await tx
    .select({ id: stripePayments.id })
    .from(stripePayments)
    .where(eq(stripePayments.accountId, account.id))
  const { userId } = account
  return [userId, userId.toLowerCase(), accountSubject(account), ...payments.map(({ id }) => id)]
}
