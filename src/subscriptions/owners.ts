import { and, eq, inArray } from 'drizzle-orm'
import { isErased, isLiving } from '../customers/living.ts'
import { ownerOfStripeCustomer } from '../customers/stripe-customers.ts'
import { customers } from '../customers/tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import { isErasedAtStripe } from '../stripe/erased-customers.ts'
import type { StripeSubscription } from './state.ts'
import { subscriptions } from './tables.ts'

export const OWNER = {
  id: customers.id,
  status: customers.status,
  stripeCustomerId: customers.stripeCustomerId,
}

export type Owner = Pick<typeof customers.$inferSelect, keyof typeof OWNER>

/** Says that the subscription got another owner before its owner was locked. */
export const MOVED = Symbol('moved')

/** Runs a transaction until the owner that it has locked is the subscription's. */
export async function untilOwned<T>(
  db: Database,
  work: (tx: Transaction) => Promise<T | typeof MOVED>,
): Promise<T> {
  for (;;) {
    const result = await db.transaction(work)
    if (result !== MOVED) return result
  }
}

/** The id of the customer who has a subscription; null if it is unknown. */
export async function holderIdOf(tx: Transaction, id: string): Promise<string | null> {
  const [row] = await tx
    .select({ id: subscriptions.customerId })
    .from(subscriptions)
    .where(eq(subscriptions.id, id))
  return row?.id ?? null
}

/**
 * Finds the owner by our id in the metadata or the checkout, by what is known of the subscription, or
 * by its Stripe customer. What was an erased customer's passes to nobody. Locks the owner's row and
 * that of the customer who has the subscription so far, until the commit, in the order in which all
 * lock several.
 * @param holderId as `holderIdOf` has it
 * @returns the two, each null if there is no such customer
 */
export async function lockOwners(
  tx: Transaction,
  heard: StripeSubscription,
  holderId: string | null,
): Promise<{ owner: Owner | null; holder: Owner | null }> {
  const { customerId, stripeCustomerId } = heard
  const linkedId = await ownerOfStripeCustomer(tx, stripeCustomerId)
  const ids = [customerId, holderId, linkedId].filter((id) => id !== null)
  const found = await tx
    .select(OWNER)
    .from(customers)
    .where(and(isLiving, inArray(customers.id, ids)))
    .orderBy(customers.id)
    .for('no key update')
  const named = found.find(({ id }) => id === customerId)
  const holder = found.find(({ id }) => id === holderId) ?? null
  const [linked] = found
  if (named !== undefined || holder !== null) return { owner: named ?? holder, holder }
  if (linked === undefined || (await wasOfErased(tx, heard))) return { owner: null, holder }
  return { owner: linked, holder }
}

async function wasOfErased(
  tx: Transaction,
  { id, customerId }: StripeSubscription,
): Promise<boolean> {
  if (customerId !== null && (await isErased(tx, customerId))) return true
  return isErasedAtStripe(tx, id)
}
