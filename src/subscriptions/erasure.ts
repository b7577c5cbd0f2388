import { and, eq, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { eraseSubscription } from '../stripe/erased-customers.ts'
import { subscriptions } from './tables.ts'

/**
 * Has Stripe end the subscriptions of a customer who is closed. Most end with the customer's own
 * Stripe customers, which are erased by then.
 */
export async function endElsewhere(tx: Transaction, customerId: string): Promise<void> {
  const rows = await tx
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.customerId, customerId),
        sql`not exists (
          select from erased_stripe_customers
          where digest = erased_digest(${subscriptions.stripeCustomerId}))`,
      ),
    )
    .orderBy(subscriptions.id)
  for (const { id } of rows) await eraseSubscription(tx, id)
}
