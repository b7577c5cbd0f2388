import type { Capability } from '../capability/capability.ts'
import { planRoutes, planSchemas } from './routes.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'plan.updated': true
  }
}

/** Plans: what is sold, and what it includes. */
export const plans: Capability = {
  name: 'plans',
  schemas: planSchemas,
  routes: {
    admin: async (scope) => scope.register(planRoutes, { prefix: '/plans' }),
  },
}
