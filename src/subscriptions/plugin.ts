import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { follow, followCustomer, followLinks } from './follow.ts'
import { subscriptionGauges } from './gauges.ts'
import { reconcile } from './reconcile.ts'
import { forgetRowsOf, together } from '../privacy/forget-rows.ts'
import { subscriptionExports } from './export.ts'
import { endElsewhere } from './erasure.ts'
import { subscriptionNames } from './names.ts'

/** Keeps subscriptions in step with Stripe, and compares them every hour. */
export const subscriptions = fp(
  async (app: FastifyInstance) => {
    app.decorate('subscriptionFollowers', [])
    // Licences refer to subscriptions, and are erased in earlier steps.
    app.erasures.addSteps({
      5: together(forgetRowsOf('subscriptions'), forgetRowsOf('subscriptions_past')),
    })
    app.personal.addNames(subscriptionNames)
    app.personal.addClosing(endElsewhere)
    app.personal.addExports(...subscriptionExports)
    subscriptionGauges(app.metrics, app.db)
    app.jobs.add(
      {
        name: 'refresh_subscription',
        run: (payload) => follow(app, (payload as { id: string }).id),
      },
      {
        name: 'refresh_subscriptions',
        run: (payload) => followCustomer(app, (payload as { id: string }).id),
      },
      {
        name: 'read_stripe_customers',
        run: (payload) => followLinks(app, (payload as { id: string }).id),
      },
    )
    app.jobs.add({
      name: 'reconcile_subscriptions',
      cron: '17 * * * *',
      isSingle: true,
      run: async () => {
        if (!app.hasStripe) return
        const { checked, mended, missing, failed } = await reconcile(app, app.stripe())
        const found = { checked, mended: mended.length, missing: missing.length }
        app.log.info(found, 'Compared subscriptions with Stripe')
        if (failed.length > 0) app.log.error({ failed }, 'Could not compare some subscriptions')
      },
    })
  },
  { name: 'subscriptions', dependencies: ['database', 'jobs', 'stripe', 'privacy'] },
)
