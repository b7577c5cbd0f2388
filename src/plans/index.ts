import type { Capability } from '../capability/capability.ts'
import { checkDefaultPlan, warnOfDefaultPlan } from './default-plan.ts'
import { planRoutes, planSchemas } from './routes.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'plan.updated': true
  }
}

/** Plans: what is sold, and what it includes. */
export const plans: Capability = {
  name: 'plans',
  plugin: async (app, { defaultPlan }) => {
    app.addHook('onReady', () => warnOfDefaultPlan(app, defaultPlan))
  },
  schemas: planSchemas,
  triggers: ['plan_prices_noted', 'plans_noted'],
  routes: {
    admin: async (scope) => scope.register(planRoutes, { prefix: '/plans' }),
  },
  checks: [checkDefaultPlan],
}
