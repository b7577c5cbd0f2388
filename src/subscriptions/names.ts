import { eq } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import type { Names, Whom } from '../privacy/personal.ts'
import { subscriptions } from './tables.ts'

/** Stripe's events also name a customer by its subscriptions, and by their Stripe customers. */
export async function subscriptionNames(tx: Transaction, { customerId }: Whom): Promise<Names> {
  if (customerId === null) return { ids: [] }
  const rows = await tx
    .select({ id: subscriptions.id, stripeCustomerId: subscriptions.stripeCustomerId })
    .from(subscriptions)
    .where(eq(subscriptions.customerId, customerId))
  const stripeCustomerIds = rows.map((row) => row.stripeCustomerId)
  return { ids: rows.map(({ id }) => id), stripeCustomerIds }
}
