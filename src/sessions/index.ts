import type { Capability } from '../capability/capability.ts'
import { consoleSessionRoutes } from './console-routes.ts'
import { sessionsPlugin } from './plugin.ts'
import { invitationRoutes, visitRoutes } from './portal-routes.ts'
import { sessionSchemas } from './schemas.ts'
import { signInRoutes } from './sign-in-routes.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'session.ended': true
    'session.started': true
  }
}

/** Sessions of browsers: of operators in the console, of users in the portal. */
export const sessions: Capability = {
  name: 'sessions',
  plugin: async (app, config) => app.register(sessionsPlugin, { config }),
  schemas: sessionSchemas,
  routes: {
    pages: async (scope, { config, gates, operators }) => {
      if (config.hasConsole) {
        await scope.register(signInRoutes, { bearers: operators, gate: gates.admin })
      }
      await scope.register(visitRoutes, { strangers: gates.public })
    },
    operators: async (scope, { config }) => {
      if (config.hasConsole) await scope.register(consoleSessionRoutes, { config })
    },
    internal: async (scope, { config }) => scope.register(invitationRoutes, { returnUrls: config }),
  },
}
