import { eq } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import type { Names, Whom } from '../privacy/personal.ts'
import { subscriptions } from './tables.ts'

/** Stripe's events name a customer's subscriptions too, and the Stripe customers that these are of. */
export async function subscriptionNames(tx: Transaction, { customerId }: Whom): Promise<Names> {
  if (customerId === null) return { ids: [] }
  const rows = await tx
    .select({ id: subscriptions.id, stripeCustomerId: subscriptions.stripeCustomerId })
    .from(subscriptions)
    .where(eq(subscriptions.customerId, customerId))
  const stripeCustomerIds = rows.map((row) => row.stripeCustomerId)
  return { ids: rows.map(({ id }) => id), stripeCustomerIds }
}
