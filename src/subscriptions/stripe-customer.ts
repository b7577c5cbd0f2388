import { and, eq, or, sql } from 'drizzle-orm'
import { emailForOthers } from '../http/email.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { isErased, isLiving, livingCustomer } from '../customers/living.ts'
import {
  addStripeCustomer,
  ownerOfStripeCustomer,
  takeTurns,
} from '../customers/stripe-customers.ts'
import { customers, stripeCustomers } from '../customers/tables.ts'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type StripeCalls, requestKey } from '../stripe/client.ts'
import { holdSettling } from '../stripe/personal-events.ts'
import { eraseStripeCustomer, forgetStripeCustomer } from '../stripe/erased-customers.ts'
import { type Means, endForDeleted, holdersOf } from './service.ts'
import { STRIPE } from './write.ts'

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
    email: emailForOthers(email),
    ...(companyName !== null && { name: companyName }),
    metadata: { customer_id: id },
  }
  const idempotencyKey = requestKey('customer', id, stripeCustomersDeleted, params)
  const made = await stripe.call((sdk) => sdk.customers.create(params, { idempotencyKey }))
  await linkStripeCustomer(db, id, made.id)
  return made.id
}

/**
 * Remembers it, unless Stripe has said that it was deleted. Another customer's is left alone; an erased
 * customer's, made or paid with while the erasure was under way, is deleted like those before it.
 */
export async function linkStripeCustomer(
  db: Database,
  customerId: string,
  stripeCustomerId: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const [customer] = await tx
      .select({ id: customers.id, stripeCustomerId: customers.stripeCustomerId })
      .from(customers)
      .where(livingCustomer(customerId))
      .for('no key update')
    if (customer !== undefined && !(await isKnownDeleted(tx, stripeCustomerId))) {
      const linked = await addStripeCustomer(tx, customer, stripeCustomerId)
      if (linked === 'linked') await recordChange(tx, STRIPE, customerId)
      return
    }
    if (!(await isErased(tx, customerId))) return
    if ((await ownerOfStripeCustomer(tx, stripeCustomerId)) !== null) return
    await holdSettling(tx)
    await eraseStripeCustomer(tx, stripeCustomerId)
    await forgetStripeCustomer(tx, stripeCustomerId)
  })
}

/**
 * Stripe's customer was deleted, and its subscriptions cancelled with it. The event may come before
 * the one that would have linked it.
 * @param customerId our customer's id, which the Stripe customer has in its metadata
 * @returns false if it was none of ours
 */
export function unlinkStripeCustomer(
  { db, subscriptionFollowers }: Pick<Means, 'db' | 'subscriptionFollowers'>,
  stripeCustomerId: string,
  customerId: string | null,
  at: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await takeTurns(tx, stripeCustomerId)
    const [further] = await tx
      .delete(stripeCustomers)
      .where(eq(stripeCustomers.id, stripeCustomerId))
      .returning({ owner: stripeCustomers.customerId })
    const isLinked = or(
      eq(customers.stripeCustomerId, stripeCustomerId),
      eq(customers.id, further?.owner ?? ''),
    )
    const isNamed = and(eq(customers.id, customerId ?? ''), isLiving)
    const owners = await tx
      .select({ id: customers.id, first: customers.stripeCustomerId })
      .from(customers)
      .where(or(isLinked, isNamed, sql`${customers.id} in ${holdersOf(stripeCustomerId)}`))
      .orderBy(customers.id)
      .for('no key update')
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
      if (isUnlinked) await recordChange(tx, STRIPE, id)
    }
    const ended = await endForDeleted(tx, subscriptionFollowers, stripeCustomerId, owners, at)
    return owners.length > 0 || ended > 0
  })
}
/** Takes the oldest of those that are linked besides the first. */
async function nextStripeCustomer(tx: Transaction, customerId: string): Promise<string | null> {
  const [next] = await tx.execute<{ id: string }>(sql`
    delete from stripe_customers where id = (
      select id from stripe_customers where customer_id = ${customerId}
      order by linked_at, id limit 1
    ) returning id`)
  return next?.id ?? null
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
