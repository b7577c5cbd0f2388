import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { readAllowedIps } from '../../http/allowed-ips.ts'
import { keyHolderOf } from '../../auth/api-key.ts'
import { actorOf } from '../../auth/scope.ts'
import { PageQuery, pageAnswer, pageRequest } from '../../http/pagination.ts'
import { rangeOf } from '../../http/range.ts'
import { CustomerId, futureTime, ref, strictObject } from '../../http/schemas.ts'
import { callsOf } from './calls.ts'
import { heldPlan } from '../../plans/held.ts'
import { presentKey } from './present.ts'
import {
  ApiKey,
  ApiKeyPage,
  IssueKeyBody,
  KeyCalls,
  KeyCallsQuery,
  KeyParams,
  Me,
  IssuedApiKey,
  RotateKeyBody,
} from './schemas.ts'
import { findKey, issueKey, listKeys, revokeKey, rotateKey } from './service.ts'

export const apiKeySchemas = [ApiKey, IssuedApiKey, ApiKeyPage, KeyCalls, Me]

/** Admin: `/api/customers/:customer_id/api-keys`. */
export const apiKeyAdminRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const params = Type.Object({ customer_id: CustomerId })
  const { peppers } = app.apiKeys

  app.post(
    '',
    {
      schema: {
        operationId: 'issueApiKey',
        summary: 'Issue a further API key',
        params,
        body: IssueKeyBody,
        response: { 201: ref(IssuedApiKey) },
      },
      config: { permission: 'keys:write', refusals: ['CUSTOMER_NOT_FOUND', 'OVERLOADED'] },
    },
    async (request, reply) => {
      const { name, expires_at, scopes, allowed_ips } = request.body
      const expiresAt = expires_at === undefined ? undefined : futureTime(expires_at, '/expires_at')
      const means = { db: request.db, peppers }
      const issued = await issueKey(means, actorOf(request), request.params.customer_id, {
        ...(name !== undefined && { name }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(scopes !== undefined && { scopes }),
        allowedIps: readAllowedIps(allowed_ips),
      })
      return reply.code(201).send({ api_key: issued.apiKey, key: presentKey(issued.row) })
    },
  )

  app.get(
    '',
    {
      schema: {
        operationId: 'listApiKeys',
        summary: "List a customer's API keys, never their secrets",
        params,
        querystring: strictObject(PageQuery),
        response: { 200: ref(ApiKeyPage) },
      },
      config: { permission: 'customers:read', refusals: ['CUSTOMER_NOT_FOUND', 'INVALID_CURSOR'] },
    },
    async (request) => {
      const list = ['api-keys', request.params.customer_id]
      const page = pageRequest(request.query, list)
      const rows = await listKeys(app.db, request.params.customer_id, page)
      return pageAnswer(rows, page, list, presentKey)
    },
  )

  app.get(
    '/:key_id/calls',
    {
      schema: {
        operationId: 'listApiKeyCalls',
        summary: 'Count the calls with an API key by hour or day, oldest first',
        description:
          'Whole hours or days in UTC: from the one that contains `from` to the last one that ' +
          'starts before `to`. By default `to` is now, and `from` a day or 30 days earlier. Calls ' +
          'are counted within a few seconds; hours and days without calls are left out.',
        params: KeyParams,
        querystring: KeyCallsQuery,
        response: { 200: ref(KeyCalls) },
      },
      config: { permission: 'customers:read', refusals: ['API_KEY_NOT_FOUND'] },
    },
    async (request) => {
      const { customer_id: customerId, key_id: keyId } = request.params
      const range = rangeOf(request.query, request.query.bucket ?? 'hour')
      await findKey(app.db, { customerId, keyId })
      await app.apiKeys.calls.flushSoon()
      return { data: await callsOf(app.db, keyId, range) }
    },
  )

  app.post(
    '/:key_id/rotate',
    {
      schema: {
        operationId: 'rotateApiKey',
        summary: 'Replace an API key; both are valid for an overlap',
        params: KeyParams,
        body: RotateKeyBody,
        response: { 201: ref(IssuedApiKey) },
      },
      config: {
        permission: 'keys:write',
        refusals: ['API_KEY_NOT_FOUND', 'API_KEY_REVOKED', 'OVERLOADED'],
      },
    },
    async (request, reply) => {
      const key = { customerId: request.params.customer_id, keyId: request.params.key_id }
      const overlapMs = (request.body.overlap_seconds ?? 0) * 1_000
      const means = { db: request.db, peppers }
      const issued = await rotateKey(means, actorOf(request), key, overlapMs)
      return reply.code(201).send({ api_key: issued.apiKey, key: presentKey(issued.row) })
    },
  )

  app.delete(
    '/:key_id',
    {
      schema: {
        operationId: 'revokeApiKey',
        summary: 'Revoke an API key; every replica refuses it within a second',
        params: KeyParams,
        response: { 204: Type.Null({ description: 'Revoked, now or before.' }) },
      },
      config: { permission: 'keys:write', refusals: ['API_KEY_NOT_FOUND'], unlimited: true },
    },
    async (request, reply) => {
      const key = { customerId: request.params.customer_id, keyId: request.params.key_id }
      await revokeKey(request.db, actorOf(request), key)
      return reply.code(204).send(null)
    },
  )
}

/** Customer: `/api/me`. */
export const meRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'getMe',
        summary: "Read the key's own customer",
        response: { 200: ref(Me) },
      },
      config: { permission: null },
    },
    async (request) => {
      const holder = keyHolderOf(request)
      return {
        customer_id: holder.customerId,
        plan: await heldPlan(app.db, holder.customerId, app.defaultPlan),
        status: holder.status,
        key: {
          key_id: holder.keyId,
          name: holder.keyName,
          expires_at: holder.keyExpiresAt?.toISOString() ?? null,
        },
      }
    },
  )
}
