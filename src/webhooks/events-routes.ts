import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { isKnown } from '../http/etag.ts'
import { NUMBER, textPageRequest } from '../http/pagination.ts'
import { ref } from '../http/schemas.ts'
import { pageOfEvents } from './events-list.ts'
import { EventPage, EventsJsonWebKeySet, ListEventsQuery } from './schemas.ts'
import { findEndpoint } from './service.ts'

/** Admin: `/api/events`. */
export const eventRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Pull the events of the last 30 days, oldest first',
        description:
          'All events are numbered in one sequence without gaps; each endpoint also has numbers of its ' +
          'own. A page may be shorter than its limit: `next_cursor` says whether it is the last.',
        querystring: ListEventsQuery,
        response: { 200: ref(EventPage) },
      },
      config: {
        permission: 'events:read',
        refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request) => {
      const { type, subject: name, from_seq: fromSeq, endpoint_id: endpointId } = request.query
      const list = ['events', type, name, String(fromSeq ?? ''), endpointId]
      const page = textPageRequest(request.query, list, NUMBER)
      const endpoint =
        endpointId === undefined ? null : (await findEndpoint(app.db, endpointId)).seq
      const { sql, source } = app.audit
      const subject = name === undefined ? name : ((await source.subjectOf(sql, name)) ?? name)
      const filter = { type, subject, endpoint, from: BigInt(fromSeq ?? 1) }
      return pageOfEvents(app.db, filter, page, list)
    },
  )
}

/** Long enough to save calls, and short enough for a withdrawn key to disappear everywhere soon. */
const CACHE_S = 300

/** Public: `/.well-known/events-jwks.json`. */
export const eventKeyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const jwks = { keys: [...app.webhooks.keys.jwks.keys] }
  const etag = `"${createHash('sha256').update(JSON.stringify(jwks)).digest('base64url')}"`

  app.get(
    '/.well-known/events-jwks.json',
    {
      schema: {
        operationId: 'getEventKeys',
        summary: 'The public keys that verify events',
        description:
          'A set of its own, because some libraries fail to read a set that mixes these keys with those ' +
          'of licences.',
        response: {
          200: ref(EventsJsonWebKeySet),
          304: Type.Null({ description: 'Not changed.' }),
        },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', `public, max-age=${CACHE_S}`).header('etag', etag)
      if (isKnown(request, etag)) return reply.code(304).send(null)
      return jwks
    },
  )
}
