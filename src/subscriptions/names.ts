import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import type { Names, Whom } from '../privacy/personal.ts'
import { isOthers } from './others.ts'
import { subscriptions } from './tables.ts'

/**
 * Stripe's events also name a customer by its subscriptions, and by their Stripe customers, unless
 * these are somebody else's.
 */
export async function subscriptionNames(tx: Transaction, { customerId }: Whom): Promise<Names> {
  if (customerId === null) return { ids: [] }
  const rows = await tx
    .select({
      id: subscriptions.id,
      stripeCustomerId: subscriptions.stripeCustomerId,
      isOwn: sql<boolean>`not ${isOthers(sql`subscriptions.stripe_customer_id`, customerId)}`,
    })
    .from(subscriptions)
    .where(eq(subscriptions.customerId, customerId))
  const own = rows.filter(({ isOwn }) => isOwn)
  const stripeCustomerIds = own.map((row) => row.stripeCustomerId)
  return { ids: rows.map(({ id }) => id), stripeCustomerIds }
}
