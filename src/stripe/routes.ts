import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Refusal } from '../refusals/index.ts'
import { ref } from '../http/schemas.ts'
import { parseEvent } from './inbox.ts'

const Received = Type.Object({ received: Type.Literal(true) }, { $id: 'Received' })

export const webhookSchemas = [Received]

/** Stripe: `/api/webhooks/stripe`. */
export const webhookRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/stripe',
    {
      schema: {
        operationId: 'receiveStripeEvent',
        summary: 'Receive a signed event from Stripe',
        description: 'The event is stored once by its id, and answered before it is processed.',
        response: { 200: ref(Received) },
      },
      config: { refusals: ['MALFORMED_JSON', 'OVERLOADED', 'PAYLOAD_TOO_LARGE'] },
    },
    async (request) => {
      const event = parseEvent(request.body as Buffer)
      if (event === null) throw new Refusal('MALFORMED_JSON')
      await app.stripeEvents.store(event)
      return { received: true as const }
    },
  )
}
