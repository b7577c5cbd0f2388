import type { FastifyInstance } from 'fastify'

/** The parts of the app that handlers use. */
export type Services = Pick<
  FastifyInstance,
  'db' | 'funds' | 'holdsDisputes' | 'keys' | 'stripe' | 'subscriptionFollowers' | 'log'
>

export interface IncomingEvent {
  id: string
  type: string
  /** Stripe's own time of the event. */
  createdAt: Date
  /** `data.object` and `data.previous_attributes`, as Stripe sent them. */
  object: unknown
  previous: unknown
}

/**
 * Applies an event of its types. It may run more than once for an event, and events come in any
 * order, so the result must always be the same.
 * @returns null when applied, or in a word why the event does not concern this service
 */
export type Handler = (services: Services, event: IncomingEvent) => Promise<string | null>

/** Which handler applies which event types; the first match counts. */
export type EventHandlers = readonly (readonly [types: RegExp, handler: Handler])[]

/** Stripe's answer is older than the event: ask again later. */
export class OldAnswer extends Error {}
