import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { RotateKeyBody } from '../customers/api-keys/schemas.ts'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { PageQuery, pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref, strictObject } from '../http/schemas.ts'
import { presentToken } from './present.ts'
import { rightsOf } from './wanted.ts'
import { IssueTokenBody, IssuedToken, Token, TokenPage, TokenParams } from './schemas.ts'
import { type Issued, issueToken, listTokens, revokeToken, rotateToken } from './service.ts'

export const tokenSchemas = [Token, IssuedToken, TokenPage]

/**
 * Admin: `/api/tokens`.
 * @param options whether only a token of the database opens the admin scope
 */
export const tokenRoutes: FastifyPluginAsyncTypebox<{ dependsOnOwner: boolean }> = async (
  app,
  { dependsOnOwner },
) => {
  const { peppers } = app.apiKeys
  const meansOf = (request: FastifyRequest) => {
    return { db: request.db, peppers, actor: actorOf(request), maker: identityOf(request) }
  }

  app.post(
    '',
    {
      schema: {
        operationId: 'issueToken',
        summary: 'Issue a token for an operator or a service',
        description:
          'Only this answer contains the token. It takes a `role` or `permissions`, and can do no ' +
          'more than the token that makes it; only owners make tokens of services.',
        body: IssueTokenBody,
        response: { 201: ref(IssuedToken) },
      },
      config: { permission: 'tokens:write', refusals: ['OVERLOADED'] },
    },
    async (request, reply) => {
      const issued = await issueToken(meansOf(request), rightsOf(request.body))
      return reply.code(201).send(presentIssued(issued))
    },
  )

  app.get(
    '',
    {
      schema: {
        operationId: 'listTokens',
        summary: 'List tokens of operators and services, never their secrets',
        querystring: strictObject(PageQuery),
        response: { 200: ref(TokenPage) },
      },
      config: { permission: 'tokens:write', refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const page = pageRequest(request.query, ['tokens'])
      return pageAnswer(await listTokens(app.db, page), page, ['tokens'], presentToken)
    },
  )

  app.post(
    '/:token_id/rotate',
    {
      schema: {
        operationId: 'rotateToken',
        summary: 'Replace a token; both are valid for an overlap',
        description:
          'The new token has another id, and the name, rights, limits, expiry and day’s sum of the old one.',
        params: TokenParams,
        body: RotateKeyBody,
        response: { 201: ref(IssuedToken) },
      },
      config: {
        permission: 'tokens:write',
        refusals: ['TOKEN_NOT_FOUND', 'TOKEN_REVOKED', 'OVERLOADED'],
      },
    },
    async (request, reply) => {
      const overlapMs = (request.body.overlap_seconds ?? 0) * 1_000
      const issued = await rotateToken(meansOf(request), request.params.token_id, overlapMs)
      return reply.code(201).send(presentIssued(issued))
    },
  )

  app.delete(
    '/:token_id',
    {
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke a token; every replica refuses it within a second',
        description: 'Revoking a token again changes nothing and is a 204 too.',
        params: TokenParams,
        response: { 204: Type.Null({ description: 'Revoked, now or before.' }) },
      },
      config: {
        permission: 'tokens:write',
        refusals: ['TOKEN_NOT_FOUND', 'LAST_OWNER'],
        unlimited: true,
      },
    },
    async (request, reply) => {
      await revokeToken(meansOf(request), request.params.token_id, dependsOnOwner)
      return reply.code(204).send(null)
    },
  )
}

function presentIssued({ token, row }: Issued) {
  return { token, info: presentToken(row) }
}
