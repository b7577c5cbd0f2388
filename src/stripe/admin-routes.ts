import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { actorOf } from '../auth/scope.ts'
import { PageQuery, cutPage, pageOf, textPageRequest } from '../http/pagination.ts'
import { CustomerId, Timestamp, line, nullable, ref, strictObject } from '../http/schemas.ts'
import { SHOWN_STATUSES, type ShownStatus, shownStatus, storedStatus } from './event-status.ts'
import { type EventRow, findEvent, pageOfEvents, replayEvent } from './operate.ts'
import { withoutSecrets } from './secrets.ts'

const StripeEvent = Type.Object(
  {
    event_id: Type.String({ examples: ['evt_1NG8Du2eZvKYlo2CUI79vXWy'] }),
    type: Type.String({ examples: ['customer.subscription.updated'] }),
    status: Type.Unsafe<ShownStatus>({
      title: 'StripeEventStatus',
      type: 'string',
      enum: SHOWN_STATUSES,
      description:
        '`parked`: failed repeatedly, and waits to be replayed. `ignored`: does not concern this service.',
      examples: ['applied'],
    }),
    reason: nullable(
      Type.String({
        description: 'Why the event is parked or ignored.',
        examples: ['no_such_customer'],
      }),
    ),
    object_id: nullable(
      Type.String({
        description: "The id of the event's object.",
        examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'],
      }),
    ),
    livemode: Type.Boolean(),
    api_version: nullable(Type.String({ examples: ['2026-10-28.endive'] })),
    created_at: { ...Timestamp, description: "Stripe's time of the event." },
    received_at: Timestamp,
    settled_at: nullable(Timestamp),
  },
  { $id: 'StripeEvent' },
)

const StripeEventDetail = Type.Object(
  {
    ...StripeEvent.properties,
    payload: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description:
        'As Stripe sent it, without secrets; and without personal data once a person in it is erased.',
      examples: [{ id: 'evt_1Nk0PqL2eZvKYlo2', object: 'event' }],
    }),
  },
  { $id: 'StripeEventDetail' },
)

const StripeEventPage = pageOf(ref(StripeEvent), 'StripeEventPage')

export const stripeEventSchemas = [StripeEvent, StripeEventDetail, StripeEventPage]

const EventId = line(255, { examples: ['evt_1NG8Du2eZvKYlo2CUI79vXWy'] })
const EventParams = Type.Object({ event_id: EventId })

const ListQuery = strictObject({
  status: Type.Optional(
    Type.Unsafe<ShownStatus>({
      title: 'StripeEventStatus',
      type: 'string',
      enum: SHOWN_STATUSES,
      examples: ['parked'],
    }),
  ),
  type: Type.Optional(line(255, { examples: ['customer.subscription.updated'] })),
  customer_id: Type.Optional(CustomerId),
  ...PageQuery,
})

/** A place in a cursor: the time of receipt in milliseconds, and the event's id. */
const PLACE = /^\d{1,14} [^\0]{1,255}$/

/** Admin: `/api/stripe/events`, the inbox. */
export const stripeEventRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listStripeEvents',
        summary: 'List the events that Stripe has sent, newest first',
        description:
          'Where few events match, even a page that is not the last can have fewer than `limit`. The list ' +
          'ends where `next_cursor` is null.',
        querystring: ListQuery,
        response: { 200: ref(StripeEventPage) },
      },
      config: { permission: 'events:read', refusals: ['CUSTOMER_NOT_FOUND', 'INVALID_CURSOR'] },
    },
    async (request) => {
      const { status, type, customer_id: customerId } = request.query
      const list = ['stripe_events', status, type, customerId]
      const { limit, after } = textPageRequest(request.query, list, PLACE)
      const stored = status && storedStatus(status)
      const { rows, end } = await pageOfEvents(
        app.db,
        app.personal,
        { status: stored, type, customerId },
        limit,
        after,
      )
      return cutPage(rows.map(presentEvent), list, end)
    },
  )

  app.get(
    '/:event_id',
    {
      schema: {
        operationId: 'getStripeEvent',
        summary: 'Read a Stripe event',
        params: EventParams,
        response: { 200: ref(StripeEventDetail) },
      },
      config: { permission: 'events:read', refusals: ['NOT_FOUND'] },
    },
    async (request) => {
      const row = await findEvent(app.db, request.params.event_id)
      return { ...presentEvent(row), payload: withoutSecrets(row.payload) }
    },
  )

  app.post(
    '/:event_id/replay',
    {
      schema: {
        operationId: 'replayStripeEvent',
        summary: 'Apply a stored event again; nothing is done twice',
        params: EventParams,
        response: { 202: ref(StripeEvent) },
      },
      config: { permission: 'events:write', refusals: ['NOT_FOUND'] },
    },
    async (request, reply) => {
      const { event_id: id } = request.params
      await replayEvent(request.db, actorOf(request), id)
      return reply.code(202).send(presentEvent(await findEvent(app.db, id)))
    },
  )
}

function presentEvent(row: EventRow) {
  return {
    event_id: row.id,
    type: row.type,
    status: shownStatus(row.status),
    reason: row.reason,
    object_id: row.objectId,
    livemode: row.livemode,
    api_version: row.apiVersion,
    created_at: row.createdAt.toISOString(),
    received_at: row.receivedAt.toISOString(),
    settled_at: row.settledAt?.toISOString() ?? null,
  }
}
