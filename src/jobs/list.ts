import type { FastifyInstance } from 'fastify'
import { forgetStrangers } from '../audit/personal.ts'
import { updateStripeCustomers } from '../customers/stripe-customers.ts'
import { deleteStripeCustomer } from '../privacy/stripe-customers.ts'
import { follow, followCustomer } from '../subscriptions/follow.ts'
import { reconcile } from '../subscriptions/reconcile.ts'
import { deleteOldReports } from '../usage/retention.ts'
import { sendMeterEvents } from '../usage/meter-events.ts'
import { applyEvent } from '../stripe/apply.ts'

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
  /** Whether there is at most one of it in the queue: a later run makes up for an earlier one. */
  isSingle?: boolean
  /** May run more than once, also at the same time, and must come out the same. */
  run(app: FastifyInstance, payload: unknown, attempt: Attempt): Promise<void>
}

/** Keeps the job in the queue as failed, where any process can see it. */
class LedgerBroken extends Error {}

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
    name: 'continue_erasure',
    run: (app, payload) => app.erasures.resume(BigInt((payload as { id: string }).id)),
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
  {
    name: 'refresh_subscription',
    run: (app, payload) => follow(app, (payload as { id: string }).id),
  },
  {
    name: 'refresh_subscriptions',
    run: (app, payload) => followCustomer(app, (payload as { id: string }).id),
  },
  {
    name: 'update_stripe_customers',
    run: (app, payload) => updateStripeCustomers(app, (payload as { id: string }).id),
  },
  {
    name: 'verify_ledger',
    cron: '41 3 * * *',
    isSingle: true,
    run: async (app) => {
      const { findings, transfers } = await app.funds.verify()
      // The rows are for `strongroom ledger verify`: they name accounts.
      const rules = findings.map(({ rule }) => rule)
      if (rules.length > 0) app.log.error({ rules }, 'The ledger is broken')
      if (rules.length > 0) throw new LedgerBroken()
      app.log.info({ transfers: Number(transfers) }, 'The ledger is sound')
    },
  },
  {
    name: 'forget_strangers',
    cron: '29 4 * * *',
    isSingle: true,
    run: async (app) => {
      const addresses = await forgetStrangers(app.db)
      app.log.info({ addresses }, 'Erased old addresses of failed authentication')
    },
  },
  {
    name: 'delete_old_reports',
    run: async (app) => {
      app.log.info(await deleteOldReports(app.db), 'Deleted reports past their retention')
    },
  },
  { name: 'send_meter_events', cron: '* * * * *', isSingle: true, run: sendMeterEvents },
]
