import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { type Bearers, identify } from '../auth/bearers.ts'
import type { Gate } from '../auth/gates.ts'
import type { AdminPermission } from '../auth/permissions.ts'
import { cookieOf, requireOwnOrigin } from '../auth/sessions.ts'
import { ref } from '../http/schemas.ts'
import { VERSION } from '../package/version.ts'
import { Refusal } from '../refusals/index.ts'
import { ConsoleVisit, SignInBody } from './schemas.ts'
import { CONSOLE_SECONDS_MAX, beginConsole, digestOf, endSession } from './service.ts'

/** Public: `/console/session`, with which an operator's browser signs in and out. */
export const signInRoutes: FastifyPluginAsyncTypebox<{ bearers: Bearers; gate: Gate }> = async (
  app,
  { bearers, gate },
) => {
  const { cookies, finder, guard } = app.sessions
  const db = app.databases.admin

  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store')
    done()
  })

  app.post(
    '/console/session',
    {
      schema: {
        operationId: 'signIn',
        summary: 'Sign a browser in to the console with a token',
        description:
          'Sets a cookie that stands for the token on admin routes, for at most 12 h and no longer than the ' +
          'token itself. Changes made with it need the `Origin` of this service.',
        body: SignInBody,
        response: { 204: Type.Null({ description: 'Signed in.' }) },
      },
      config: { refusals: ['UNAUTHORIZED', 'ORIGIN_NOT_ALLOWED', 'RATE_LIMITED', 'OVERLOADED'] },
    },
    async (request, reply) => {
      requireOwnOrigin(request, guard)
      const identity = await identify(bearers, request.body.token, request.ip)
      if (identity === null) {
        await gate.fail(request, reply)
        throw new Refusal('UNAUTHORIZED')
      }
      request.identity = identity
      await gate.admit(request, reply)
      const before = digestOf(cookieOf(request, cookies.nameOf('console')) ?? '')
      const actor = { id: `admin:${identity.tokenId}`, ip: request.ip }
      const { secret, row } = await beginConsole(db, actor, identity, before)
      const seconds = Math.floor((row.expiresAt.getTime() - Date.now()) / 1_000)
      cookies.set(reply, 'console', secret, Math.min(seconds, CONSOLE_SECONDS_MAX))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/console/session',
    {
      schema: {
        operationId: 'getConsoleSession',
        summary: 'Read whose session of the console a browser has',
        response: { 200: ref(ConsoleVisit) },
      },
      config: { refusals: ['DATABASE_UNAVAILABLE'] },
    },
    async (request) => {
      const found = await finder(request, 'console')
      if (found === null) return { session: null }
      const { token } = found
      return {
        session: {
          session_id: found.id,
          token_id: token.tokenId,
          role: token.role,
          permissions: [...token.permissions] as AdminPermission[],
          is_stored: token.isStored,
          version: VERSION,
          expires_at: found.expiresAt.toISOString(),
        },
      }
    },
  )

  app.delete(
    '/console/session',
    {
      schema: {
        operationId: 'signOut',
        summary: 'Sign a browser out of the console',
        response: { 204: Type.Null({ description: 'Signed out, now or before.' }) },
      },
      config: { refusals: ['ORIGIN_NOT_ALLOWED', 'DATABASE_UNAVAILABLE'] },
    },
    async (request, reply) => {
      requireOwnOrigin(request, guard)
      const found = await finder(request, 'console')
      const digest = digestOf(cookieOf(request, cookies.nameOf('console')) ?? '')
      if (found !== null && digest !== null) {
        const actor = { id: `admin:${found.tokenId}`, ip: request.ip }
        await db.transaction((tx) => endSession(tx, actor, 'console', digest, 'signed_out'))
      }
      cookies.clear(reply, 'console')
      return reply.code(204).send(null)
    },
  )
}
