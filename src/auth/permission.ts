import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import type { KeyScope, Permission } from './permissions.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The permission that a credential needs for this route; null if any valid one of the scope will
     * do. A guarded route without this setting fails the start.
     */
    permission?: Permission | KeyScope | null
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
  if (permission !== null) requireGranted(granted, permission ?? '')
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
