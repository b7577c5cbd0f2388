import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { emailForOthers } from '../http/email.ts'
import { isErased, isLiving, livingCustomer } from '../customers/living.ts'
import { ownerOfStripeCustomer, takeTurns } from '../customers/stripe-customers.ts'
import { customers, stripeCustomers } from '../customers/tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { StripeCalls } from '../stripe/client.ts'
import { createOnce } from '../stripe/repeatable.ts'
import { holdSettling } from '../stripe/personal-events.ts'
import { eraseStripeCustomer, eraseSubscription, forgetErased } from '../stripe/erased-customers.ts'
import { link, recordLinks } from './links.ts'
import { belongsToOthers } from './others.ts'
import { type Means, endForDeleted, holdersOf } from './service.ts'

type Customer = Pick<
  typeof customers.$inferSelect,
  'id' | 'email' | 'companyName' | 'stripeCustomerId' | 'stripeCustomersDeleted'
>

/**
 * The customer's Stripe customer, created if there is none. Concurrent calls use the same idempotency
 * key, so Stripe creates only one. After a deletion the key changes.
 * @throws Refusal `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function stripeCustomerOf(
  db: Database,
  stripe: StripeCalls,
  customer: Customer,
): Promise<string> {
  if (customer.stripeCustomerId !== null) return customer.stripeCustomerId
  const { id, email, companyName, stripeCustomersDeleted } = customer
  const params = {
    email: emailForOthers(email),
    ...(companyName !== null && { name: companyName }),
    metadata: { customer_id: id },
  }
  const made = await createOnce(['customer', id, stripeCustomersDeleted, params], (options) =>
    stripe.call((sdk) => sdk.customers.create(params, options)),
  )
  await linkStripeCustomer(db, id, made.id)
  return made.id
}

/**
 * Links a Stripe customer, unless Stripe has reported its deletion. One that belongs to another
 * customer is left alone. One that an erased customer made or paid with during the erasure is
 * deleted, like the earlier ones; of one that belongs to others, only the subscription ends.
 * @param subscriptionId what was sold to it
 */
export async function linkStripeCustomer(
  db: Database,
  customerId: string,
  stripeCustomerId: string,
  subscriptionId: string | null = null,
): Promise<void> {
  await db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const [customer] = await tx
      .select({ id: customers.id, stripeCustomerId: customers.stripeCustomerId })
      .from(customers)
      .where(livingCustomer(customerId))
      .for('no key update')
    if (customer !== undefined) return link(tx, customer, stripeCustomerId)
    if (!(await isErased(tx, customerId))) return
    await holdSettling(tx)
    if (!(await belongsToOthers(tx, stripeCustomerId, customerId))) {
      await eraseStripeCustomer(tx, stripeCustomerId)
      await forgetErased(tx, stripeCustomerId)
    } else if (subscriptionId !== null) {
      await eraseSubscription(tx, subscriptionId)
      await forgetErased(tx, subscriptionId)
    }
  })
}

export type UnlinkingMeans = Pick<Means, 'db' | 'subscriptionFollowers'>

/**
 * Unlinks a Stripe customer that was deleted at Stripe, which cancelled its subscriptions too. The
 * event may arrive before the one that would have linked it.
 * @param customerId our customer's id from the metadata of the Stripe customer
 * @returns false if it is unknown here
 */
export function unlinkStripeCustomer(
  { db, subscriptionFollowers }: UnlinkingMeans,
  stripeCustomerId: string,
  customerId: string | null,
  at: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const ownerId = await ownerOfStripeCustomer(tx, stripeCustomerId)
    const ids = [ownerId, customerId].filter((id) => id !== null)
    const isConcerned = or(
      inArray(customers.id, ids),
      sql`${customers.id} in ${holdersOf(stripeCustomerId)}`,
    )
    const owners = await tx
      .select({ id: customers.id, first: customers.stripeCustomerId })
      .from(customers)
      .where(and(isLiving, isConcerned))
      .orderBy(customers.id)
      .for('no key update')
    // Only now: it may have become the owner's first one, or the owner may be erased.
    const [further] = await tx
      .delete(stripeCustomers)
      .where(eq(stripeCustomers.id, stripeCustomerId))
      .returning({ owner: stripeCustomers.customerId })
    for (const { id, first } of owners) {
      const isFirst = first === stripeCustomerId
      const isUnlinked = isFirst || id === further?.owner
      if (!isUnlinked && id !== customerId) continue
      await tx
        .update(customers)
        .set({
          ...(isFirst && { stripeCustomerId: await nextStripeCustomer(tx, id) }),
          stripeCustomersDeleted: sql`${customers.stripeCustomersDeleted} + 1`,
          updatedAt: sql`now()`,
        })
        .where(eq(customers.id, id))
      if (isUnlinked) await recordLinks(tx, id)
    }
    const ended = await endForDeleted(tx, subscriptionFollowers, stripeCustomerId, owners, at)
    return owners.length > 0 || ended > 0
  })
}
/** Takes the oldest of the additional Stripe customers. */
async function nextStripeCustomer(tx: Transaction, customerId: string): Promise<string | null> {
  const [next] = await tx.execute<{ id: string }>(sql`
    delete from stripe_customers where id = (
      select id from stripe_customers where customer_id = ${customerId}
      order by linked_at, id limit 1
    ) returning id`)
  return next?.id ?? null
}
