import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { reconcile } from './reconcile.ts'
import { forgetRowsOf } from '../privacy/forget-rows.ts'
import { subscriptionExports } from './export.ts'
import { subscriptionNames } from './names.ts'

/** Subscriptions are compared with Stripe every hour. */
export const subscriptions = fp(
  async (app: FastifyInstance) => {
    // Licences refer to them, and are forgotten before.
    app.erasures.addSteps({ 5: forgetRowsOf('subscriptions') })
    app.personal.addNames(subscriptionNames)
    app.personal.addExports(...subscriptionExports)
    app.jobs.add({
      name: 'reconcile_subscriptions',
      cron: '17 * * * *',
      run: async () => {
        if (!app.hasStripe) return
        const { checked, mended, missing } = await reconcile(app, app.stripe())
        const found = { checked, mended: mended.length, missing: missing.length }
        app.log.info(found, 'Compared subscriptions with Stripe')
      },
    })
  },
  { name: 'subscriptions', dependencies: ['database', 'jobs', 'stripe', 'privacy'] },
)
