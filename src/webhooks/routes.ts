import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { actorOf } from '../auth/scope.ts'
import { PageQuery, pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref, strictObject } from '../http/schemas.ts'
import { listDeliveries, replay } from './deliveries.ts'
import { presentDelivery, presentEndpoint } from './present.ts'
import {
  ChangeEndpointBody,
  CreateEndpointBody,
  EndpointParams,
  ListDeliveriesQuery,
  CreatedWebhookEndpoint,
  RotatedWebhookSecret,
  ReplayBody,
  RotateSecretBody,
  WebhookDeliveryPage,
  WebhookEndpoint,
  WebhookEndpointPage,
} from './schemas.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  rotateSecret,
  testEndpoint,
} from './service.ts'

/** Admin: `/api/webhook-endpoints`. */
export const endpointRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { keys, rule } = app.webhooks
  const { types } = app.events
  const meansOf = (request: FastifyRequest) => {
    return { db: request.db, keys, rule, types, actor: actorOf(request) }
  }
  const present = (row: Parameters<typeof presentEndpoint>[0]) =>
    presentEndpoint(row, keys.publicKey)

  app.post(
    '',
    {
      schema: {
        operationId: 'createWebhookEndpoint',
        summary: 'Create an endpoint that events are sent to from now on',
        description: 'Only this answer contains the secret.',
        body: CreateEndpointBody,
        response: { 201: ref(CreatedWebhookEndpoint) },
      },
      config: {
        permission: 'events:write',
        refusals: ['TOO_MANY_WEBHOOK_ENDPOINTS', 'EVENTS_KEY_MISSING'],
      },
    },
    async (request, reply) => {
      const { url, events, description = null } = request.body
      const draft = { url, events, description }
      const { row, secret } = await createEndpoint(meansOf(request), draft)
      return reply.code(201).send({ endpoint: present(row), secret })
    },
  )

  app.get(
    '',
    {
      schema: {
        operationId: 'listWebhookEndpoints',
        summary: 'List endpoints, without their secrets',
        querystring: strictObject(PageQuery),
        response: { 200: ref(WebhookEndpointPage) },
      },
      config: { permission: 'events:read', refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const list = ['webhook_endpoints']
      const page = pageRequest(request.query, list)
      return pageAnswer(await listEndpoints(app.db, page), page, list, present)
    },
  )

  app.get(
    '/:endpoint_id',
    {
      schema: {
        operationId: 'getWebhookEndpoint',
        summary: 'Read an endpoint',
        params: EndpointParams,
        response: { 200: ref(WebhookEndpoint) },
      },
      config: { permission: 'events:read', refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND'] },
    },
    async (request) => present(await findEndpoint(app.db, request.params.endpoint_id)),
  )

  app.patch(
    '/:endpoint_id',
    {
      schema: {
        operationId: 'updateWebhookEndpoint',
        summary: 'Change an endpoint, or switch it off and on',
        description:
          'The change applies to events from now on. If an endpoint is disabled, its waiting deliveries ' +
          'become `failed`, and events in the meantime are parked. Both can be replayed.',
        params: EndpointParams,
        body: ChangeEndpointBody,
        response: { 200: ref(WebhookEndpoint) },
      },
      config: { permission: 'events:write', refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND'] },
    },
    async (request) =>
      present(await changeEndpoint(meansOf(request), request.params.endpoint_id, request.body)),
  )

  app.delete(
    '/:endpoint_id',
    {
      schema: {
        operationId: 'deleteWebhookEndpoint',
        summary: 'Delete an endpoint and its deliveries',
        params: EndpointParams,
        response: { 204: Type.Null({ description: 'Deleted.' }) },
      },
      config: { permission: 'events:write', refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND'] },
    },
    async (request, reply) => {
      await deleteEndpoint(request.db, actorOf(request), request.params.endpoint_id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/:endpoint_id/rotate',
    {
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Replace the secret of an endpoint; both sign during an overlap',
        params: EndpointParams,
        body: RotateSecretBody,
        response: { 200: ref(RotatedWebhookSecret) },
      },
      config: {
        permission: 'events:write',
        refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'EVENTS_KEY_MISSING'],
      },
    },
    async (request) => {
      const { overlap_seconds: overlap = 0 } = request.body
      return { secret: await rotateSecret(meansOf(request), request.params.endpoint_id, overlap) }
    },
  )

  app.get(
    '/:endpoint_id/deliveries',
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List what was sent to an endpoint, newest first',
        params: EndpointParams,
        querystring: ListDeliveriesQuery,
        response: { 200: ref(WebhookDeliveryPage) },
      },
      config: {
        permission: 'events:read',
        refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request) => {
      const { status } = request.query
      const { seq, id } = await findEndpoint(app.db, request.params.endpoint_id)
      const list = ['webhook_deliveries', id, status]
      const page = pageRequest(request.query, list)
      const rows = await listDeliveries(app.db, seq, status, page)
      return pageAnswer(rows, page, list, presentDelivery)
    },
  )

  app.post(
    '/:endpoint_id/replay',
    {
      schema: {
        operationId: 'replayWebhookDeliveries',
        summary: 'Send deliveries again: one, or all from a number on',
        description: 'Deliveries keep their `webhook-id` and number.',
        params: EndpointParams,
        body: ReplayBody,
        response: { 202: Type.Null({ description: 'The deliveries will be sent.' }) },
      },
      config: {
        permission: 'events:write',
        refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'DELIVERY_NOT_FOUND', 'WEBHOOK_ENDPOINT_DISABLED'],
      },
    },
    async (request, reply) => {
      const { from_seq: fromSeq, delivery_id: deliveryId } = request.body
      const what = deliveryId === undefined ? { fromSeq: BigInt(fromSeq ?? 1) } : { deliveryId }
      await replay(request.db, actorOf(request), request.params.endpoint_id, what)
      return reply.code(202).send(null)
    },
  )

  app.post(
    '/:endpoint_id/test',
    {
      schema: {
        operationId: 'testWebhookEndpoint',
        summary: 'Send `test.ping` to an endpoint',
        params: EndpointParams,
        response: { 202: Type.Null({ description: 'The event will be sent.' }) },
      },
      config: {
        permission: 'events:write',
        refusals: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'WEBHOOK_ENDPOINT_DISABLED'],
      },
    },
    async (request, reply) => {
      await testEndpoint(request.db, request.params.endpoint_id)
      return reply.code(202).send(null)
    },
  )
}
