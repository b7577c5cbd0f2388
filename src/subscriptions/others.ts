import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'

/**
 * Whether a Stripe customer is somebody else's: it is linked to another customer, or to nobody while
 * another one has a subscription on it. A shop of the operator's may sell to one Stripe customer for
 * several of our customers, who then have only their own subscriptions.
 * @param customerId null for a user with an account, to whom no Stripe customer is ever linked
 */
export function isOthers(stripeCustomerId: SQL | string, customerId: string | null): SQL<boolean> {
  const id = customerId ?? ''
  return sql<boolean>`(
    exists (
      select from customers c where c.stripe_customer_id = ${stripeCustomerId} and c.id <> ${id}
      union all
      select from stripe_customers l where l.id = ${stripeCustomerId} and l.customer_id <> ${id}
    ) or exists (
      select from subscriptions o
      join customers c on c.id = o.customer_id and c.erased_at is null
      where o.stripe_customer_id = ${stripeCustomerId} and o.customer_id <> ${id}
    ) and not exists (
      select from customers c where c.id = ${id} and c.stripe_customer_id = ${stripeCustomerId}
      union all
      select from stripe_customers l where l.id = ${stripeCustomerId} and l.customer_id = ${id}
    )
  )`
}

/** The same of one Stripe customer. */
export async function belongsToOthers(
  tx: Pick<Transaction, 'execute'>,
  stripeCustomerId: string,
  customerId: string | null,
): Promise<boolean> {
  const [found] = await tx.execute<{ is: boolean }>(
    sql`select ${isOthers(stripeCustomerId, customerId)} as "is"`,
  )
  return found?.is === true
}
