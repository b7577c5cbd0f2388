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

/** Whether `eraseStripeCustomer` was called for it. */
export async function isErased(tx: Transaction, stripeCustomerId: string): Promise<boolean> {
  const [found] = await tx.execute(sql`
    select from erased_stripe_customers where digest = erased_digest(${stripeCustomerId})`)
  return found !== undefined
}

/** Removes an erased Stripe customer from the stored events. */
export async function forgetStripeCustomer(
  tx: Transaction,
  stripeCustomerId: string,
): Promise<void> {
  const people = [stripeCustomerId]
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
  await tx.execute(sql`
    insert into erased_stripe_customers (digest) values (erased_digest(${stripeCustomerId}))
    on conflict do nothing`)
  await tx.execute(sql`
    select graphile_worker.add_job('delete_stripe_customer',
      json_build_object('id', ${stripeCustomerId}::text),
      job_key := ${`stripe_customer ${stripeCustomerId}`}, max_attempts := ${ATTEMPTS_MAX})`)
}

/**
 * The job: no stored event names the customer any more, and Stripe deletes it for good, with its
 * subscriptions. If Stripe is not configured, the job fails and is tried again.
 */
export async function deleteStripeCustomer(app: FastifyInstance, id: string): Promise<void> {
  await app.db.transaction((tx) => forgetStripeCustomer(tx, id))
  try {
    await app.stripe().ask((sdk, options) => sdk.customers.del(id, {}, options))
  } catch (error) {
    if (!isMissingAtStripe(error)) throw error
  }
}
