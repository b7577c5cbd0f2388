import { and, eq, isNull } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { refresh } from './refresh.ts'
import { resync } from './service.ts'
import { subscriptions } from './tables.ts'

/**
 * The job after a plan's prices have changed: updates a subscription for their new meaning, first
 * from what is known, and then from Stripe's answer.
 */
export async function follow(app: FastifyInstance, id: string): Promise<void> {
  await resync(app, id)
  if (app.hasStripe) await refresh(app, app.stripe(), id)
}

/** The job after a customer is reinstated: issues the licences that were withheld meanwhile. */
export async function followCustomer(app: FastifyInstance, customerId: string): Promise<void> {
  const rows = await app.db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
  for (const { id } of rows) await follow(app, id)
}
