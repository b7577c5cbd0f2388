import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { idempotencyKey } from '../http/idempotency.ts'
import { ref } from '../http/schemas.ts'
import { payerOf } from './auto-top-up/payment-method.ts'
import { openTopUpCheckout } from './checkout.ts'
import { type ReturnUrlRule, stripeReturningTo } from '../stripe/return-urls.ts'
import { CheckoutHeaders, TopUpCheckoutBody } from './schemas.ts'
import { CheckoutSession } from '../stripe/schemas.ts'

/** Internal: `/top_up/checkout`. */
export const paymentRoutes: FastifyPluginAsyncTypebox<{ returnUrls: ReturnUrlRule }> = async (
  app,
  { returnUrls },
) => {
  // The guard has seen that a page of the portal is ours.
  const ruleFor = ({ portal, headers }: FastifyRequest): ReturnUrlRule =>
    portal === null ? returnUrls : { ...returnUrls, ownOrigin: headers.origin }

  app.post(
    '/top_up/checkout',
    {
      schema: {
        operationId: 'openTopUpCheckout',
        summary: "Let a user pay for a top-up on Stripe's page",
        description:
          'The account is topped up once, when Stripe says that the payment is made. What Stripe takes back later (a refund or a lost dispute) is taken back from the account, even below its floor.',
        headers: CheckoutHeaders,
        body: TopUpCheckoutBody,
        response: { 201: ref(CheckoutSession) },
      },
      config: {
        permission: 'funds:top_up',
        portal: 'top_up',
        refusals: [
          'ACCOUNT_NOT_FOUND',
          'ASSET_NOT_PAYABLE',
          'STRIPE_NOT_CONFIGURED',
          'STRIPE_REFUSED',
          'STRIPE_UNAVAILABLE',
        ],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount, success_url, cancel_url } = request.body
      request.userId = userId
      const stripe = stripeReturningTo(app, { success_url, cancel_url }, ruleFor(request))
      const account = await app.funds.balance(userId)
      const session = await openTopUpCheckout(stripe, account, {
        amount: BigInt(amount),
        successUrl: success_url,
        cancelUrl: cancel_url,
        idempotencyKey: idempotencyKey(request.headers, request.body),
        saving:
          request.body.save_payment_method === true ? await payerOf(app.db, account.id) : null,
      })
      return reply.code(201).send(session)
    },
  )
}
