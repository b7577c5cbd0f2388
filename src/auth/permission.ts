import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import type { AdminPermission, KeyScope, Permission } from './permissions.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What a credential must be allowed to do to call this route; null where any good one of the scope
     * may. Of a list one is enough. A guarded route without it does not start.
     */
    permission?: Permission | KeyScope | readonly Permission[] | null
    /** Of a route that operators call too: what their token must be allowed to do. */
    adminPermission?: AdminPermission
  }
}

/** Makes every route declared in `app` from here on state its permission, and refuse without it. */
export function requirePermissions(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const permission = route.config?.permission
    if (permission === undefined) {
      throw new Error(`${String(route.method)} ${route.url} does not say which permission it needs`)
    }
    if (permission === null) return
    const refusals = [...(route.config?.refusals ?? []), 'PERMISSION_DENIED'] as const
    route.config = { ...route.config, refusals }
  })
}

/** @throws Refusal `PERMISSION_DENIED` */
export function checkPermission(
  request: Pick<FastifyRequest, 'routeOptions'>,
  granted: ReadonlySet<string> | null,
): void {
  const { permission } = request.routeOptions.config
  if (typeof permission === 'object' && permission !== null) requireOne(granted, permission)
  else if (permission !== null) requireGranted(granted, permission ?? '')
}

function requireOne(granted: ReadonlySet<string> | null, some: readonly Permission[]): void {
  if (granted === null || some.some((one) => granted.has(one))) return
  const names = some.map((one) => `\`${one}\``).join(', ')
  throw new Refusal('PERMISSION_DENIED', {
    message: `The credential lacks each of the permissions ${names}.`,
  })
}

/**
 * @param granted null for everything
 * @throws Refusal `PERMISSION_DENIED`, which names what is lacking
 */
export function requireGranted(granted: ReadonlySet<string> | null, permission: string): void {
  if (granted === null || granted.has(permission)) return
  throw new Refusal('PERMISSION_DENIED', {
    message: `The credential lacks the permission \`${permission}\`.`,
  })
}
