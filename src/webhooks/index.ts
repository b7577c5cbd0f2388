import type { Capability } from '../capability/capability.ts'
import { checkWebhooks } from './check.ts'
import { eventKeyRoutes, eventRoutes } from './events-routes.ts'
import { webhooks as plugin } from './plugin.ts'
import { endpointRoutes } from './routes.ts'
import { webhookSchemas } from './schemas.ts'
import { toldOfWebhooks } from './told.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'webhook_endpoint.created': true
    'webhook_endpoint.deleted': true
    'webhook_endpoint.rotated': true
    'webhook_endpoint.updated': true
  }
}

/** The endpoints that events are sent to, and their deliveries. */
export const webhooks: Capability = {
  name: 'webhooks',
  plugin: async (app, { eventKeys, production, webhookAllowPrivate }) => {
    const rule = { production, allowPrivate: webhookAllowPrivate }
    await app.register(plugin, { keys: eventKeys, rule })
  },
  told: toldOfWebhooks,
  schemas: webhookSchemas,
  routes: {
    public: async (scope) => scope.register(eventKeyRoutes),
    admin: async (scope) => {
      await scope.register(endpointRoutes, { prefix: '/webhook-endpoints' })
      await scope.register(eventRoutes, { prefix: '/events' })
    },
  },
  checks: [checkWebhooks],
}
