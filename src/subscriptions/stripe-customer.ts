import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import { isErased, livingCustomer } from '../customers/living.ts'
import { customers } from '../customers/tables.ts'
import { violates } from '../plugins/database/faults.ts'
import type { Database } from '../plugins/database/index.ts'
import { type StripeCalls, requestKey } from '../plugins/stripe.ts'
import { beginErasure } from '../privacy/events.ts'
import { forgetStripeCustomer } from '../privacy/stripe-customers.ts'
import { STRIPE, endForDeleted } from './service.ts'

type Customer = Pick<
  typeof customers.$inferSelect,
  'id' | 'email' | 'companyName' | 'stripeCustomerId' | 'stripeCustomersDeleted'
>

/**
 * The customer's Stripe customer, made if there is none. Its idempotency key is the same for all who
 * try at once, so Stripe makes one; after a deletion it is another.
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
    email,
    ...(companyName !== null && { name: companyName }),
    metadata: { customer_id: id },
  }
  const idempotencyKey = requestKey('customer', id, stripeCustomersDeleted, params)
  const made = await stripe.call((sdk) => sdk.customers.create(params, { idempotencyKey }))
  await linkStripeCustomer(db, id, made.id)
  return made.id
}

/**
 * Remembers it where there is none yet. Another customer's is left alone; an erased customer's, made
 * or paid with while the erasure was under way, is deleted like those before it.
 */
export async function linkStripeCustomer(
  db: Database,
  customerId: string,
  stripeCustomerId: string,
): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      const linked = await tx
        .update(customers)
        .set({ stripeCustomerId, updatedAt: sql`now()` })
        .where(and(livingCustomer(customerId), isNull(customers.stripeCustomerId)))
        .returning({ id: customers.id })
      if (linked.length > 0) return recordChange(tx, STRIPE, customerId)
      if (!(await isErased(tx, customerId))) return
      const owners = await tx.$count(customers, eq(customers.stripeCustomerId, stripeCustomerId))
      if (owners > 0) return
      await beginErasure(tx)
      await forgetStripeCustomer(tx, stripeCustomerId)
    })
  } catch (error) {
    if (!violates(error, 'customers_stripe_customer_id')) throw error
  }
}

/**
 * Stripe's customer was deleted, and its subscriptions cancelled with it.
 * @returns false if it was none of ours
 */
export function unlinkStripeCustomer(
  db: Database,
  stripeCustomerId: string,
  at: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [owner] = await tx
      .update(customers)
      .set({
        stripeCustomerId: null,
        stripeCustomersDeleted: sql`${customers.stripeCustomersDeleted} + 1`,
        updatedAt: sql`now()`,
      })
      .where(eq(customers.stripeCustomerId, stripeCustomerId))
      .returning({ id: customers.id })
    if (owner !== undefined) await recordChange(tx, STRIPE, owner.id)
    const ended = await endForDeleted(tx, stripeCustomerId, at)
    return owner !== undefined || ended > 0
  })
}

function recordChange(
  tx: Parameters<typeof recordAudit>[0],
  actor: Actor,
  customerId: string,
): Promise<void> {
  const metadata = { changed: ['stripe_customer_id'] }
  return recordAudit(tx, actor, { event: 'customer.updated', subject: customerId, metadata })
}
