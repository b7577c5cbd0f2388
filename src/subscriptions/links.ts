import { recordAudit } from '../audit/record.ts'
import {
  addStripeCustomer,
  ownerOfStripeCustomer,
  takeTurns,
} from '../customers/stripe-customers.ts'
import type { Transaction } from '../database/index.ts'
import { isKnownDeleted } from '../stripe/erased-customers.ts'
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
  actor = STRIPE,
): Promise<void> {
  if (await isKnownDeleted(tx, stripeCustomerId)) return
  const linked = await addStripeCustomer(tx, customer, stripeCustomerId)
  if (linked === 'linked') await recordLinks(tx, customer.id, actor)
}

/** Records in the audit log that a customer's Stripe customers have changed. */
export function recordLinks(tx: Transaction, customerId: string, actor = STRIPE): Promise<void> {
  const metadata = { changed: ['stripe_customer_id'] }
  return recordAudit(tx, actor, { event: 'customer.updated', subject: customerId, metadata })
}
