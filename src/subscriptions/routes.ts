import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { customerInBody } from '../auth/api-key-or-admin.ts'
import { customerInPath } from '../customers/in-path.ts'
import { getCustomer } from '../customers/service.ts'
import { type ReturnUrlRule, stripeReturningTo } from '../stripe/return-urls.ts'
import { CheckoutSession } from '../stripe/schemas.ts'
import { ref } from '../http/schemas.ts'
import { openPortal, openSubscriptionCheckout } from './checkout.ts'
import {
  CheckoutBody,
  CurrentSubscription,
  PortalBody,
  PortalSession,
  Subscription,
  SubscriptionCount,
  SubscriptionParams,
} from './schemas.ts'
import { countSubscriptions, currentSubscriptions } from './current.ts'

export const subscriptionSchemas = [
  Subscription,
  CurrentSubscription,
  PortalSession,
  SubscriptionCount,
]

const STRIPE_REFUSALS = ['STRIPE_NOT_CONFIGURED', 'STRIPE_REFUSED', 'STRIPE_UNAVAILABLE'] as const

/** Customers and operators: `/api/subscriptions`. */
export const subscriptionRoutes: FastifyPluginAsyncTypebox<{ returnUrls: ReturnUrlRule }> = async (
  app,
  { returnUrls },
) => {
  app.get(
    '/:customer_id',
    {
      schema: {
        operationId: 'getSubscription',
        summary: 'Read the subscriptions of a customer: for a key, of its own',
        description:
          'Ended subscriptions are left out. `subscription` is the one whose plan has the highest ' +
          'rank, then the newest; null if none is to a plan.',
        params: SubscriptionParams,
        response: { 200: ref(CurrentSubscription) },
      },
      config: {
        permission: 'subscriptions:read',
        adminPermission: 'subscriptions:read',
        refusals: ['CUSTOMER_NOT_FOUND'],
      },
    },
    async (request) => {
      const customerId = await customerInPath(app.db, request, request.params.customer_id)
      return currentSubscriptions(app.db, customerId)
    },
  )

  app.post(
    '/checkout',
    {
      schema: {
        operationId: 'openSubscriptionCheckout',
        summary: "Subscribe to a plan on Stripe's page",
        description: 'Repeating the request returns the same session, as long as it is open.',
        body: CheckoutBody,
        response: { 201: ref(CheckoutSession) },
      },
      config: {
        permission: 'billing:write',
        adminPermission: 'subscriptions:write',
        refusals: ['CUSTOMER_NOT_FOUND', 'ALREADY_SUBSCRIBED', 'PLAN_NOT_SOLD', ...STRIPE_REFUSALS],
      },
    },
    async (request, reply) => {
      const { plan, success_url, cancel_url, quantity = 1 } = request.body
      const customerId = customerInBody(request, request.body.customer_id)
      const stripe = stripeReturningTo(app, { success_url, cancel_url }, returnUrls)
      const customer = await getCustomer(app.db, customerId)
      const session = await openSubscriptionCheckout(app, stripe, customer, {
        plan,
        quantity,
        successUrl: success_url,
        cancelUrl: cancel_url,
      })
      return reply.code(201).send(session)
    },
  )

  app.post(
    '/portal',
    {
      schema: {
        operationId: 'openPortal',
        summary: "Change or end the subscription on Stripe's page",
        body: PortalBody,
        response: { 201: ref(PortalSession) },
      },
      config: {
        permission: 'billing:write',
        adminPermission: 'subscriptions:write',
        refusals: ['CUSTOMER_NOT_FOUND', ...STRIPE_REFUSALS],
      },
    },
    async (request, reply) => {
      const { return_url } = request.body
      const customerId = customerInBody(request, request.body.customer_id)
      const stripe = stripeReturningTo(app, { return_url }, returnUrls)
      const customer = await getCustomer(app.db, customerId)
      return reply.code(201).send(await openPortal(app, stripe, customer, return_url))
    },
  )
}

/** Internal: `/stats/subscription_count`. */
export const statsRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/stats/subscription_count',
    {
      schema: {
        operationId: 'countSubscriptions',
        summary: 'Count accounts by tier, and active Stripe subscriptions',
        response: { 200: ref(SubscriptionCount) },
      },
      config: { permission: 'stats:read' },
    },
    async () => countSubscriptions(app.db),
  )
}
