import { sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from '../plugins/database/index.ts'
import { isMissingAtStripe } from '../plugins/stripe.ts'
import { forgetEvents } from './events.ts'

/** The queue's pauses grow to six hours: over three weeks in all. */
const ATTEMPTS_MAX = 100

/**
 * Takes a Stripe customer out of the stored events, remembers it by a digest for those to come, and
 * has it deleted at Stripe. To be called after `beginErasure`.
 */
export async function forgetStripeCustomer(
  tx: Transaction,
  stripeCustomerId: string,
): Promise<void> {
  await tx.execute(sql`
    insert into erased_stripe_customers (digest) values (erased_digest(${stripeCustomerId}))
    on conflict do nothing`)
  await forgetEvents(tx, [stripeCustomerId], new Set([stripeCustomerId]))
  await tx.execute(sql`
    select graphile_worker.add_job('delete_stripe_customer',
      json_build_object('id', ${stripeCustomerId}::text),
      job_key := ${`stripe_customer ${stripeCustomerId}`}, max_attempts := ${ATTEMPTS_MAX})`)
}

/**
 * The job: Stripe deletes its customer for good, and cancels the subscriptions with it. Without Stripe
 * configured it fails, and is tried again.
 */
export async function deleteStripeCustomer(app: FastifyInstance, id: string): Promise<void> {
  try {
    await app.stripe().ask((sdk, options) => sdk.customers.del(id, {}, options))
  } catch (error) {
    if (!isMissingAtStripe(error)) throw error
  }
}
