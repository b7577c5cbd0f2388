import { sql } from 'drizzle-orm'
import { recordAudit } from '../audit/record.ts'
import {
  addStripeCustomer,
  ownerOfStripeCustomer,
  takeTurns,
} from '../customers/stripe-customers.ts'
import { array } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'
import { STRIPE } from './write.ts'

interface Owner {
  id: string
  stripeCustomerId: string | null
}

/**
 * Whether a Stripe customer is linked to no customer. If so, takes its turns, so that no other
 * transaction links it before this one commits. It must come before any customer's row is locked.
 */
export async function awaitsLink(tx: Transaction, stripeCustomerId: string): Promise<boolean> {
  if ((await ownerOfStripeCustomer(tx, stripeCustomerId)) !== null) return false
  await takeTurns(tx, stripeCustomerId)
  return true
}

/**
 * Links a Stripe customer, unless it is known to be deleted or belongs to another customer.
 * @param customer the caller must have locked its row, after taking turns for the Stripe customer
 */
export async function link(
  tx: Transaction,
  customer: Owner,
  stripeCustomerId: string,
): Promise<void> {
  if (await isKnownDeleted(tx, stripeCustomerId)) return
  const linked = await addStripeCustomer(tx, customer, stripeCustomerId)
  if (linked === 'linked') await recordLinks(tx, customer.id)
}

/** A Stripe customer that was once deleted stays deleted, because Stripe never reuses an id. */
async function isKnownDeleted(tx: Transaction, stripeCustomerId: string): Promise<boolean> {
  const people = array([stripeCustomerId])
  const [found] = await tx.execute(sql`
    select from stripe_events
    where people_in(payload) && ${people}::text[]
      and type = 'customer.deleted' and payload #>> '{data,object,id}' = ${stripeCustomerId}
    limit 1`)
  return found !== undefined
}

/** Records in the audit log that a customer's Stripe customers have changed. */
export function recordLinks(tx: Transaction, customerId: string): Promise<void> {
  const metadata = { changed: ['stripe_customer_id'] }
  return recordAudit(tx, STRIPE, { event: 'customer.updated', subject: customerId, metadata })
}
