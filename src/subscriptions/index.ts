import type { Capability } from '../capability/capability.ts'
import { customerDeleted } from './customer-events.ts'
import { subscriptions as plugin } from './plugin.ts'
import { statsRoutes, subscriptionRoutes, subscriptionSchemas } from './routes.ts'
import { invoiceChanged, subscriptionChanged } from './subscription-events.ts'

/** Subscriptions, as Stripe has them. */
export const subscriptions: Capability = {
  name: 'subscriptions',
  plugin: async (app) => app.register(plugin),
  schemas: subscriptionSchemas,
  routes: {
    customer: async (scope, { config }) => {
      await scope.register(subscriptionRoutes, { prefix: '/subscriptions', returnUrls: config })
    },
    internal: async (scope) => scope.register(statsRoutes),
  },
  stripeEvents: [
    [/^customer\.subscription\./, subscriptionChanged],
    [/^invoice\.(paid|payment_succeeded|payment_failed)$/, invoiceChanged],
    [/^customer\.deleted$/, customerDeleted],
  ],
}
