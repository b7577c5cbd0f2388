import { sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { array } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'
import { isMissingAtStripe } from './client.ts'
import { forgetEvents } from './personal-events.ts'

/** A customer has some dozens of events. */
const EVENTS_MAX = 1_000

/** The queue's pauses grow to six hours: over three weeks in all. */
const ATTEMPTS_MAX = 100

/** A Stripe customer that was once deleted stays deleted, because Stripe never reuses an id. */
export async function isKnownDeleted(tx: Transaction, stripeCustomerId: string): Promise<boolean> {
  const people = array([stripeCustomerId])
  const [found] = await tx.execute(sql`
    select from stripe_events
    where people_in(payload) && ${people}::text[]
      and type = 'customer.deleted' and payload #>> '{data,object,id}' = ${stripeCustomerId}
    limit 1`)
  return found !== undefined
}

/** Whether `eraseStripeCustomer` or `eraseSubscription` was called for it. */
export async function isErasedAtStripe(tx: Transaction, id: string): Promise<boolean> {
  const [found] = await tx.execute(sql`
    select from erased_stripe_customers where digest = erased_digest(${id})`)
  return found !== undefined
}

/** Removes what is erased at Stripe from the stored events. */
export async function forgetErased(tx: Transaction, id: string): Promise<void> {
  const people = [id]
  for (let after = '', isLast = false; !isLast;) {
    const page = { after, limit: EVENTS_MAX }
    const ids = await forgetEvents(tx, people, new Set(people), page)
    after = ids.at(-1) ?? after
    isLast = ids.length < EVENTS_MAX
  }
}

/**
 * Remembers a Stripe customer by a digest, so that events about it are recognised, and queues its
 * deletion at Stripe and from the events that are stored.
 */
export async function eraseStripeCustomer(
  tx: Transaction,
  stripeCustomerId: string,
): Promise<void> {
  await remember(tx, stripeCustomerId)
  await tx.execute(sql`
    select graphile_worker.add_job('delete_stripe_customer',
      json_build_object('id', ${stripeCustomerId}::text),
      job_key := ${`stripe_customer ${stripeCustomerId}`}, max_attempts := ${ATTEMPTS_MAX})`)
}

/**
 * Does the same with an erased customer's subscription on a Stripe customer that is somebody else's:
 * only the subscription ends at Stripe.
 */
export async function eraseSubscription(tx: Transaction, id: string): Promise<void> {
  await remember(tx, id)
  await tx.execute(sql`
    select graphile_worker.add_job('cancel_subscription', json_build_object('id', ${id}::text),
      job_key := ${`cancel ${id}`}, max_attempts := ${ATTEMPTS_MAX})`)
}

async function remember(tx: Transaction, id: string): Promise<void> {
  await tx.execute(sql`
    insert into erased_stripe_customers (digest) values (erased_digest(${id}))
    on conflict do nothing`)
}

/**
 * The job: no stored event names the customer any more, and Stripe deletes it for good, with its
 * subscriptions. If Stripe is not configured, the job fails and is tried again.
 */
export async function deleteStripeCustomer(app: FastifyInstance, id: string): Promise<void> {
  await app.db.transaction((tx) => forgetErased(tx, id))
  try {
    await app.stripe().ask((sdk, options) => sdk.customers.del(id, {}, options))
  } catch (error) {
    if (!isMissingAtStripe(error)) throw error
  }
}

/** The job: nobody is billed for it any more. To Stripe, one that has ended is missing. */
export async function cancelSubscription(app: FastifyInstance, id: string): Promise<void> {
  try {
    await app.stripe().ask((sdk, options) => sdk.subscriptions.cancel(id, {}, options))
  } catch (error) {
    if (!isMissingAtStripe(error)) throw error
  }
}
