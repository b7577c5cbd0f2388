import type { FastifyInstance } from 'fastify'

/** What handlers act with. */
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
 * Applies an event of its types. It may run more than once for an event, and events come in any order,
 * so what it does must come out the same.
 * @returns null when applied, or in a word why the event is none of ours
 */
export type Handler = (services: Services, event: IncomingEvent) => Promise<string | null>

/** Which handler applies events of which types; the first that matches. */
export type EventHandlers = readonly (readonly [types: RegExp, handler: Handler])[]

/** Stripe answered with what an event has already replaced: ask again later. */
export class OldAnswer extends Error {}
