import { and, eq, isNull } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { standings } from '../customers/standing.ts'
import { listAll } from './reconcile.ts'
import { refresh } from './refresh.ts'
import { resync } from './service.ts'
import { ENDED } from './state.ts'
import { subscriptions } from './tables.ts'

/**
 * The job after a plan's prices have changed: updates a subscription for their new meaning, first
 * from what is known, and then from Stripe's answer.
 */
export async function follow(app: FastifyInstance, id: string): Promise<void> {
  await resync(app, id)
  if (app.hasStripe) await refresh(app, app.stripe(), id)
}

/**
 * The job after a Stripe customer is linked: fetches its subscriptions, whose owner was unknown so
 * far.
 */
export async function followLinks(app: FastifyInstance, customerId: string): Promise<void> {
  if (!app.hasStripe) return
  const stripe = app.stripe()
  const { stripeCustomerIds } = (await standings(app.db, [customerId], null))(customerId)
  for (const id of stripeCustomerIds) {
    for await (const { listed } of listAll(stripe, id)) {
      if (!ENDED.some((status) => status === listed.status)) await refresh(app, stripe, listed.id)
    }
  }
}

/**
 * The job after a customer is reinstated: issues the licences that were withheld meanwhile, first
 * all of what is known, as Stripe may not answer.
 */
export async function followCustomer(app: FastifyInstance, customerId: string): Promise<void> {
  const rows = await app.db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
  for (const { id } of rows) await resync(app, id)
  if (!app.hasStripe) return
  for (const { id } of rows) await refresh(app, app.stripe(), id)
}
