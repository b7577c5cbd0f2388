import { eq, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { emailForOthers } from '../http/email.ts'
import type { Transaction } from '../database/index.ts'
import { isMissingAtStripe } from '../stripe/client.ts'
import { livingCustomer } from './living.ts'
import { standings } from './standing.ts'
import { customers, stripeCustomers } from './tables.ts'

/** An arbitrary constant, different from that of other advisory locks with two numbers. */
const LOCK_CLASS = 5_746_105

/** Until the commit: events about one Stripe customer are processed one after the other. */
export async function takeTurns(tx: Transaction, stripeCustomerId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_CLASS}, hashtext(${stripeCustomerId}))`)
}

/**
 * Links a Stripe customer: as the first one, or in addition to those that exist.
 * @param customer the caller must have locked its row, after taking turns for the Stripe customer
 * @returns `taken` if it belongs to another customer
 */
export async function addStripeCustomer(
  tx: Transaction,
  customer: { id: string; stripeCustomerId: string | null },
  stripeCustomerId: string,
): Promise<'linked' | 'known' | 'taken'> {
  const owner = await ownerOfStripeCustomer(tx, stripeCustomerId)
  if (owner !== null) return owner === customer.id ? 'known' : 'taken'
  if (customer.stripeCustomerId === null) {
    await tx
      .update(customers)
      .set({ stripeCustomerId, updatedAt: sql`now()` })
      .where(eq(customers.id, customer.id))
  } else {
    await tx.insert(stripeCustomers).values({ id: stripeCustomerId, customerId: customer.id })
  }
  return 'linked'
}

/** The id of our customer; null if it is linked to none. */
export async function ownerOfStripeCustomer(
  tx: Transaction,
  stripeCustomerId: string,
): Promise<string | null> {
  const [owner] = await tx.execute<{ id: string }>(sql`
    select id from customers where stripe_customer_id = ${stripeCustomerId}
    union all
    select customer_id from stripe_customers where id = ${stripeCustomerId}
    limit 1`)
  return owner?.id ?? null
}

/**
 * The job: passes the address and the name for invoices on to Stripe. A Stripe customer that was
 * deleted meanwhile needs neither.
 */
export async function updateStripeCustomers(app: FastifyInstance, id: string): Promise<void> {
  if (!app.hasStripe) return
  const [customer] = await app.db.select().from(customers).where(livingCustomer(id))
  if (customer === undefined) return
  const { stripeCustomerIds } = (await standings(app.db, [id], null))(id)
  const params = { email: emailForOthers(customer.email), name: customer.companyName ?? '' }
  for (const stripeId of stripeCustomerIds) {
    try {
      await app.stripe().ask((sdk, options) => sdk.customers.update(stripeId, params, options))
    } catch (error) {
      if (!isMissingAtStripe(error)) throw error
    }
  }
}
