import { dependsOnOwner } from '../auth/identity.ts'
import type { Capability } from '../capability/capability.ts'
import { tokens as plugin } from './plugin.ts'
import { tokenRoutes, tokenSchemas } from './routes.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'token.created': true
    'token.revoked': true
    'token.rotated': true
  }
}

/** Tokens of operators and services, with names, permissions and caps. */
export const tokens: Capability = {
  name: 'tokens',
  plugin: async (app) => app.register(plugin),
  schemas: tokenSchemas,
  routes: {
    admin: async (scope, { config }) =>
      scope.register(tokenRoutes, { prefix: '/tokens', dependsOnOwner: dependsOnOwner(config) }),
  },
  triggers: ['tokens_announced'],
}
