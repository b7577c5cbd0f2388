import { cardError, chargeOffSession } from '../actions/money.ts'
import { ApiError, invalidRequest, noSuchObject, refused } from '../errors.ts'
import { newMetadata } from '../metadata.ts'
import { asSent, change } from '../world.ts'
import { liveCustomer } from './customers.ts'
import type { Route } from './route.ts'

/** Payments without their payer, by what a checkout has saved. */
export const paymentIntentRoutes: Route[] = [
  {
    method: 'POST',
    path: '/v1/payment_intents',
    answer: ({ world, params }) => {
      const amount = params.requiredInteger('amount')
      const currency = params.requiredText('currency')
      const customer = liveCustomer(world, params.requiredText('customer'), 'customer').id
      const paymentMethod = params.requiredText('payment_method')
      if (params.flag('confirm') !== true || params.flag('off_session') !== true) {
        throw invalidRequest('Only confirmed payments off session are known here.')
      }
      const metadata = newMetadata(params)
      params.finish()
      if (amount < 1) throw invalidRequest('Invalid positive integer', undefined, 'amount')
      const method = world.paymentMethods.get(paymentMethod)
      if (method === undefined) {
        throw noSuchObject('PaymentMethod', paymentMethod, 'payment_method')
      }
      if (method.customer !== customer) {
        throw refused('The PaymentMethod does not belong to the Customer.')
      }
      const given = { amount, currency, customer, metadata, paymentMethod }
      const intent = chargeOffSession(world, given)
      if (['succeeded', 'processing'].includes(intent.status)) return intent
      const decline = world.declines.get(paymentMethod) ?? ''
      const error = {
        ...cardError(decline),
        type: 'card_error' as const,
        payment_intent: asSent(intent),
      }
      throw new ApiError(402, error, { isRemembered: true })
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/cancel',
    answer: ({ world, id, params }) => {
      params.finish()
      const intent = world.paymentIntents.get(id)
      if (intent === undefined) throw noSuchObject('PaymentIntent', id)
      if (['succeeded', 'canceled'].includes(intent.status)) {
        const message = `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`
        throw refused(message, 'payment_intent_unexpected_state')
      }
      const { object } = change(world.paymentIntents, id, { status: 'canceled' })
      world.emit('payment_intent.canceled', object)
      return object
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_methods/:id/detach',
    answer: ({ world, id, params }) => {
      params.finish()
      const method = world.paymentMethods.get(id)
      if (method === undefined) throw noSuchObject('PaymentMethod', id)
      if (method.customer === null) {
        const message =
          'The payment method you provided is not attached to a customer so detachment is impossible.'
        throw refused(message)
      }
      return change(world.paymentMethods, id, { customer: null }).object
    },
  },
]
