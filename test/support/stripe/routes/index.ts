import { checkoutRoutes } from './checkout.ts'
import { customerRoutes } from './customers.ts'
import { meterEventRoutes } from './meter-events.ts'
import { paymentIntentRoutes } from './payment-intents.ts'
import { readRoutes } from './reads.ts'
import type { Route } from './route.ts'
import { subscriptionRoutes } from './subscriptions.ts'

const matchers = [
  ...customerRoutes,
  ...checkoutRoutes,
  ...subscriptionRoutes,
  ...readRoutes,
  ...meterEventRoutes,
  ...paymentIntentRoutes,
].map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`),
}))

/** The route of a request with the value of `:id`; undefined if there is none. */
export function findRoute(
  method: string | undefined,
  path: string,
): { route: Route; id: string } | undefined {
  for (const { route, pattern } of matchers) {
    const match = route.method === method ? pattern.exec(path) : null
    if (match !== null) return { route, id: decodeURIComponent(match[1] ?? '') }
  }
  return undefined
}
