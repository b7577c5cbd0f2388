import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { identityOf } from '../auth/identity.ts'
import { actorOf } from '../auth/scope.ts'
import { tokenId } from '../auth/tokens.ts'
import { PageQuery, pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref, strictObject } from '../http/schemas.ts'
import type { Config } from '../process/config.ts'
import { ConsoleSessionPage, SessionParams } from './schemas.ts'
import { type SessionRow, endConsoleSession, listConsoleSessions } from './service.ts'

/** Admin: `/console/sessions`. */
export const consoleSessionRoutes: FastifyPluginAsyncTypebox<{
  config: Pick<Config, 'adminTokens'>
}> = async (app, { config }) => {
  const environment = config.adminTokens.map(tokenId)

  app.get(
    '/console/sessions',
    {
      schema: {
        operationId: 'listConsoleSessions',
        summary: 'List the browsers that are signed in, newest first',
        description: 'Those of the calling token; with `tokens:write` those of all tokens.',
        querystring: strictObject(PageQuery),
        response: { 200: ref(ConsoleSessionPage) },
      },
      config: { permission: null, refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const whose = reachOf(request)
      const list = ['console sessions', whose]
      const page = pageRequest(request.query, list)
      const [rows, current] = await Promise.all([
        listConsoleSessions(app.db, environment, whose, page),
        app.sessions.finder(request, 'console'),
      ])
      return pageAnswer(rows, page, list, (row) => present(row, current?.id))
    },
  )

  app.delete(
    '/console/sessions/:session_id',
    {
      schema: {
        operationId: 'endConsoleSession',
        summary: 'Sign another browser out',
        description: 'One of the calling token; with `tokens:write` any.',
        params: SessionParams,
        response: { 204: Type.Null({ description: 'Ended.' }) },
      },
      config: { permission: null, refusals: ['SESSION_NOT_FOUND'], unlimited: true },
    },
    async (request, reply) => {
      const { session_id: id } = request.params
      await endConsoleSession(request.db, actorOf(request), id, reachOf(request))
      return reply.code(204).send(null)
    },
  )
}

/** @returns the token whose sessions the caller may see; null for all */
function reachOf(request: FastifyRequest): string | null {
  const { permissions, tokenId: own } = identityOf(request)
  return permissions.has('tokens:write') ? null : own
}

function present(row: SessionRow, currentId: string | undefined) {
  return {
    session_id: row.id,
    token_id: row.tokenId,
    is_current: row.id === currentId,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  }
}
