import { DAY_S } from '../clock.ts'
import { invalidRequest, refused } from '../errors.ts'
import type { MeterEvent } from '../types.ts'
import { newId } from '../world.ts'
import type { Route } from './route.ts'

const AGE_S_MAX = 35 * DAY_S
const AHEAD_S_MAX = 5 * 60

export const meterEventRoutes: Route[] = [
  {
    method: 'POST',
    path: '/v1/billing/meter_events',
    answer: ({ world, params }) => {
      const now = world.clock.now()
      const event: MeterEvent = {
        object: 'billing.meter_event',
        created: now,
        event_name: params.requiredText('event_name'),
        identifier: params.text('identifier') ?? newId('', 32),
        livemode: false,
        payload: params.dictionary('payload') ?? {},
        timestamp: params.integer('timestamp') ?? now,
      }
      params.finish()
      checkPayload(event)
      if (event.timestamp < now - AGE_S_MAX || event.timestamp > now + AHEAD_S_MAX) {
        const message = 'The timestamp must be within the past 35 days or 5 minutes ahead.'
        throw invalidRequest(message, 'timestamp_invalid', 'timestamp')
      }
      const isKnown = world.meterEvents.some(
        ({ identifier, created }) => identifier === event.identifier && created > now - DAY_S,
      )
      // Stripe gives this error no code: clients recognise its message.
      if (isKnown) throw refused(`An event already exists with identifier ${event.identifier}.`)
      world.meterEvents.push(event)
      return event
    },
  },
  {
    method: 'POST',
    path: '/v1/billing/meter_event_adjustments',
    answer: ({ world, params }) => {
      const eventName = params.requiredText('event_name')
      const type = params.requiredText('type')
      const cancel = params.nested('cancel')
      const identifier = cancel?.requiredText('identifier')
      params.finish()
      if (type !== 'cancel' || identifier === undefined) {
        throw invalidRequest('Missing required param: cancel.', 'parameter_missing', 'cancel')
      }
      const index = world.meterEvents.findLastIndex(
        (event) => event.identifier === identifier && event.event_name === eventName,
      )
      const event = world.meterEvents[index]
      if (event === undefined) throw refused(`No event found with identifier ${identifier}.`)
      if (event.created <= world.clock.now() - DAY_S) {
        throw refused('You can only cancel events within 24 hours of Stripe receiving them.')
      }
      // It counts for nothing any more.
      world.meterEvents.splice(index, 1)
      return {
        object: 'billing.meter_event_adjustment',
        cancel: { identifier },
        event_name: eventName,
        livemode: false,
        status: 'pending',
        type: 'cancel',
      }
    },
  },
]

/** The two keys that a meter requires by default. */
function checkPayload({ payload }: MeterEvent): void {
  for (const key of ['stripe_customer_id', 'value']) {
    if (!payload[key]) {
      const message = `Missing required payload key: ${key}.`
      throw invalidRequest(message, 'parameter_missing', `payload[${key}]`)
    }
  }
  // https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#usage-values
  if (!/^-?\d{1,15}$/.test(payload['value'] ?? '')) {
    throw invalidRequest('The payload value must be a whole number.', undefined, 'payload[value]')
  }
}
