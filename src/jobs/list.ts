import type { FastifyInstance } from 'fastify'
import { deleteStripeCustomer } from '../privacy/stripe-customers.ts'
import { reconcile } from '../subscriptions/reconcile.ts'
import { applyEvent } from '../webhooks/apply.ts'

export interface Attempt {
  /** From 1. */
  attempt: number
  /** After it the queue gives up. */
  isLast: boolean
}

export interface Job {
  name: string
  /** When it runs by itself (https://worker.graphile.org/docs/cron), in UTC. */
  cron?: string
  /** May run more than once, also at the same time, and must come out the same. */
  run(app: FastifyInstance, payload: unknown, attempt: Attempt): Promise<void>
}

/** Every job there is. */
export const JOBS: readonly Job[] = [
  {
    name: 'audit_checkpoint',
    cron: '0 * * * *',
    run: async (app) => {
      if (app.keys.signingKeyId !== null) await app.audit.issueCheckpoint()
    },
  },
  {
    name: 'apply_stripe_event',
    run: (app, payload, attempt) => applyEvent(app, (payload as { id: string }).id, attempt),
  },
  {
    name: 'delete_stripe_customer',
    run: (app, payload) => deleteStripeCustomer(app, (payload as { id: string }).id),
  },
  {
    name: 'reconcile_subscriptions',
    cron: '17 * * * *',
    run: async (app) => {
      if (!app.hasStripe) return
      const { checked, mended, missing } = await reconcile(app, app.stripe())
      const found = { checked, mended: mended.length, missing: missing.length }
      app.log.info(found, 'Compared subscriptions with Stripe')
    },
  },
]
