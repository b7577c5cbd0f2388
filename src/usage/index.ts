import type { Capability } from '../capability/capability.ts'
import { checkRetention } from './check.ts'
import { usage as plugin } from './plugin.ts'
import { usageAdminRoutes, usageRoutes, usageSchemas, usageTotalRoutes } from './routes.ts'
import { toldOfUsage } from './told.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'usage.anomaly': true
    'usage.cleaned': true
    'usage.corrected': true
    'usage.limit_exceeded': true
  }
}

/** Usage: the reports of instances, with totals, limits and prices. */
export const usage: Capability = {
  name: 'usage',
  plugin: async (app, config) => {
    await app.register(plugin, {
      retentionDays: config.usageRetentionDays,
      allowances: config.usageAllowances,
    })
  },
  told: toldOfUsage,
  schemas: usageSchemas,
  routes: {
    customer: async (scope, { gates }) => {
      await scope.register(usageRoutes, { prefix: '/usage', limit: gates.customer.reports })
    },
    customerOrAdmin: async (scope) => {
      await scope.register(usageTotalRoutes, { prefix: '/usage' })
    },
    admin: async (scope, { config }) => {
      await scope.register(usageAdminRoutes, {
        prefix: '/usage',
        retentionDays: config.usageRetentionDays,
      })
    },
  },
  checks: [checkRetention],
}
