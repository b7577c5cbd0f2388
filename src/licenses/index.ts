import type { Capability } from '../capability/capability.ts'
import { usedThisMonth } from '../usage/totals.ts'
import { licenseSteps } from './erasure.ts'
import { licenseExports } from './export.ts'
import { endLicenses, syncLicenses } from './sync.ts'
import { revocations } from './revocations.ts'
import {
  licenseAdminRoutes,
  licenseListRoutes,
  licenseRoutes,
  licenseSchemas,
  revocationRoutes,
} from './routes.ts'
import { toldOfLicenses } from './told.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'license.issued': true
    'license.revoked': true
  }
}

/** Licences that instances verify offline, and the list of revoked ones. */
export const licenses: Capability = {
  name: 'licenses',
  plugin: async (app) => {
    app.erasures.addSteps(licenseSteps)
    app.subscriptionFollowers.push({ changed: syncLicenses, ended: endLicenses })
    app.personal.addExports(...licenseExports)
    await app.register(revocations)
  },
  told: toldOfLicenses,
  schemas: licenseSchemas,
  routes: {
    public: async (scope) => {
      await scope.register(revocationRoutes, { prefix: '/api/licenses' })
    },
    customer: async (scope) => {
      await scope.register(licenseRoutes, { prefix: '/licenses', usedThisMonth })
    },
    customerOrAdmin: async (scope) => {
      await scope.register(licenseListRoutes, { prefix: '/licenses' })
    },
    admin: async (scope) => {
      await scope.register(licenseAdminRoutes, { prefix: '/licenses' })
    },
  },
}
