import type { Capability } from '../capability/capability.ts'
import { findingSchemas, subscriptionFindingRoutes } from './findings.ts'
import { subscriptions as plugin } from './plugin.ts'
import { statsRoutes, subscriptionRoutes, subscriptionSchemas } from './routes.ts'
import { invoiceChanged, subscriptionChanged } from './subscription-events.ts'
import { toldOfSubscriptions } from './told.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'subscription.updated': true
  }
}

/** Subscriptions, as Stripe reports them. */
export const subscriptions: Capability = {
  name: 'subscriptions',
  triggers: ['subscriptions_noted'],
  plugin: async (app) => app.register(plugin),
  told: toldOfSubscriptions,
  schemas: [...subscriptionSchemas, ...findingSchemas],
  routes: {
    customerOrAdmin: async (scope, { config }) => {
      await scope.register(subscriptionRoutes, { prefix: '/subscriptions', returnUrls: config })
    },
    admin: async (scope) => scope.register(subscriptionFindingRoutes, { prefix: '/subscriptions' }),
    internal: async (scope) => scope.register(statsRoutes),
  },
  stripeEvents: [
    [/^customer\.subscription\./, subscriptionChanged],
    [
      /^invoice\.(paid|payment_succeeded|payment_failed|voided|marked_uncollectible)$/,
      invoiceChanged,
    ],
  ],
}
