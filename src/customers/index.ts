import type { Capability } from '../capability/capability.ts'
import { useDatabase } from '../database/index.ts'
import { checkApiKeys } from './api-keys/check.ts'
import { apiKeys } from './api-keys/plugin.ts'
import { apiKeyAdminRoutes, apiKeySchemas, meRoutes } from './api-keys/routes.ts'
import { finishCustomer } from './erasure.ts'
import { customerNames } from './people.ts'
import { customerPrivacyRoutes } from './privacy-routes.ts'
import { ErasedCustomer, ErasingCustomer, customerExport } from './privacy-schemas.ts'
import { customerRoutes, customerSchemas } from './routes.ts'
import { updateStripeCustomers } from './stripe-customers.ts'
import { toldOfCustomers } from './told.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `DEFAULT_PLAN`: the plan of customers without a plan from an operator; null for none. */
    defaultPlan: string | null
  }
}

declare module '../audit/record.ts' {
  interface AuditEvents {
    'api_key.created': true
    'api_key.revoked': true
    'api_key.rotated': true
    'customer.created': true
    'customer.erased': true
    'customer.exported': true
    'customer.updated': true
  }
}

/** Customers, and the API keys of their instances. */
export const customers: Capability = {
  name: 'customers',
  plugin: async (app, config) => {
    app.decorate('defaultPlan', config.defaultPlan)
    app.erasures.addFinish(finishCustomer)
    app.personal.addNames(customerNames)
    app.jobs.add({
      name: 'update_stripe_customers',
      run: (payload) => updateStripeCustomers(app, (payload as { id: string }).id),
    })
    await app.register(apiKeys, { config: config.database, peppers: config.apiKeyPeppers })
  },
  told: toldOfCustomers,
  schemas: [...apiKeySchemas, ...customerSchemas, ErasedCustomer, ErasingCustomer],
  documents: (app) => [customerExport(app.personal.exportsOf('customer'))],
  routes: {
    customer: async (scope) => scope.register(meRoutes, { prefix: '/me' }),
    admin: async (scope) => {
      await scope.register(customerRoutes, { prefix: '/customers' })
      await scope.register(
        async (privacy) => {
          useDatabase(privacy, 'privacy')
          await privacy.register(customerPrivacyRoutes)
        },
        { prefix: '/customers/:customer_id' },
      )
      await scope.register(apiKeyAdminRoutes, { prefix: '/customers/:customer_id/api-keys' })
    },
  },
  checks: [checkApiKeys],
  triggers: ['api_keys_announced', 'customers_announced', 'customers_noted'],
}
