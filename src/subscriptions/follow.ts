import { and, eq, isNull } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { refresh } from './refresh.ts'
import { resync } from './service.ts'
import { subscriptions } from './tables.ts'

/**
 * The job after a plan's prices have changed: brings a subscription in step with what they mean now, at
 * once by what is known, and then by what Stripe says.
 */
export async function follow(app: FastifyInstance, id: string): Promise<void> {
  await resync(app, id)
  if (app.hasStripe) await refresh(app, app.stripe(), id)
}

/** The job after a customer is reinstated: what was not issued meanwhile is issued. */
export async function followCustomer(app: FastifyInstance, customerId: string): Promise<void> {
  const rows = await app.db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
  for (const { id } of rows) await follow(app, id)
}
