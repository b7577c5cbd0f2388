import type { Capability } from '../capability/capability.ts'
import { useDatabase } from '../database/index.ts'
import { checkApiKeys } from './api-keys/check.ts'
import { apiKeys } from './api-keys/plugin.ts'
import { apiKeyAdminRoutes, apiKeySchemas, meRoutes } from './api-keys/routes.ts'
import { finishCustomer } from './erasure.ts'
import { customerPrivacyRoutes } from './privacy-routes.ts'
import { ErasedCustomer, ErasingCustomer, customerExport } from './privacy-schemas.ts'
import { customerRoutes, customerSchemas } from './routes.ts'

/** Customers, and the API keys of their instances. */
export const customers: Capability = {
  name: 'customers',
  plugin: async (app, config) => {
    app.erasures.addFinish(finishCustomer)
    await app.register(apiKeys, { config: config.database, peppers: config.apiKeyPeppers })
  },
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
  triggers: ['api_keys_announced', 'customers_announced'],
}
