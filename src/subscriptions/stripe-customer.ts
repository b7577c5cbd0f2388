import { and, eq, isNull, or, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import { isErased, isLiving, livingCustomer } from '../customers/living.ts'
import { customers } from '../customers/tables.ts'
import { array } from '../database/arrays.ts'
import { violates } from '../database/faults.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type StripeCalls, requestKey } from '../stripe/client.ts'
import { holdSettling } from '../stripe/personal-events.ts'
import { eraseStripeCustomer, forgetStripeCustomer } from '../stripe/erased-customers.ts'
import { STRIPE, endForDeleted, holdersOf } from './service.ts'

type Customer = Pick<
  typeof customers.$inferSelect,
  'id' | 'email' | 'companyName' | 'stripeCustomerId' | 'stripeCustomersDeleted'
>

/** Any constant will do; other advisory locks of two numbers have another. */
const LOCK_CLASS = 5_746_105

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
 * Remembers it where there is none yet, unless Stripe has said that it was deleted. Another customer's
 * is left alone; an erased customer's, made or paid with while the erasure was under way, is deleted
 * like those before it.
 */
export async function linkStripeCustomer(
  db: Database,
  customerId: string,
  stripeCustomerId: string,
): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await takeTurns(tx, stripeCustomerId)
      if (!(await isKnownDeleted(tx, stripeCustomerId))) {
        const linked = await tx
          .update(customers)
          .set({ stripeCustomerId, updatedAt: sql`now()` })
          .where(and(livingCustomer(customerId), isNull(customers.stripeCustomerId)))
          .returning({ id: customers.id })
        if (linked.length > 0) return recordChange(tx, STRIPE, customerId)
      }
      if (!(await isErased(tx, customerId))) return
      const owners = await tx.$count(customers, eq(customers.stripeCustomerId, stripeCustomerId))
      if (owners > 0) return
      await holdSettling(tx)
      await eraseStripeCustomer(tx, stripeCustomerId)
      await forgetStripeCustomer(tx, stripeCustomerId)
    })
  } catch (error) {
    if (!violates(error, 'customers_stripe_customer_id')) throw error
  }
}

/**
 * Stripe's customer was deleted, and its subscriptions cancelled with it. The event may come before
 * the one that would have linked it.
 * @param customerId our customer's id, which the Stripe customer has in its metadata
 * @returns false if it was none of ours
 */
export function unlinkStripeCustomer(
  db: Database,
  stripeCustomerId: string,
  customerId: string | null,
  at: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const isLinked = eq(customers.stripeCustomerId, stripeCustomerId)
    const isNamed = and(eq(customers.id, customerId ?? ''), isLiving)
    const owners = await tx
      .select({ id: customers.id, plan: customers.plan, linked: customers.stripeCustomerId })
      .from(customers)
      .where(or(isLinked, isNamed, sql`${customers.id} in ${holdersOf(stripeCustomerId)}`))
      .orderBy(customers.id)
      .for('no key update')
    for (const { id, linked } of owners) {
      const isUnlinked = linked === stripeCustomerId
      if (!isUnlinked && id !== customerId) continue
      await tx
        .update(customers)
        .set({
          ...(isUnlinked && { stripeCustomerId: null }),
          stripeCustomersDeleted: sql`${customers.stripeCustomersDeleted} + 1`,
          updatedAt: sql`now()`,
        })
        .where(eq(customers.id, id))
      if (isUnlinked) await recordChange(tx, STRIPE, id)
    }
    const ended = await endForDeleted(tx, stripeCustomerId, owners, at)
    return owners.length > 0 || ended > 0
  })
}
/** Until the commit: what is said of one Stripe customer is taken in one after the other. */
async function takeTurns(tx: Transaction, stripeCustomerId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_CLASS}, hashtext(${stripeCustomerId}))`)
}

/** Stripe's ids are never used again. */
async function isKnownDeleted(tx: Transaction, stripeCustomerId: string): Promise<boolean> {
  const people = array([stripeCustomerId])
  const [found] = await tx.execute(sql`
    select from stripe_events
    where people_in(payload) && ${people}::text[]
      and type = 'customer.deleted' and payload #>> '{data,object,id}' = ${stripeCustomerId}
    limit 1`)
  return found !== undefined
}

function recordChange(tx: Transaction, actor: Actor, customerId: string): Promise<void> {
  const metadata = { changed: ['stripe_customer_id'] }
  return recordAudit(tx, actor, { event: 'customer.updated', subject: customerId, metadata })
}
