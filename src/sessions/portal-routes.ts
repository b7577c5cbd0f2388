import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { sql } from 'drizzle-orm'
import type { Gate } from '../auth/gates.ts'
import { identityOf } from '../auth/identity.ts'
import { requireGranted } from '../auth/permission.ts'
import { cookieOf, requireOwnOrigin } from '../auth/sessions.ts'
import { ref } from '../http/schemas.ts'
import { Refusal } from '../refusals/index.ts'
import { type ReturnUrlRule, requireReturnUrls } from '../stripe/return-urls.ts'
import { InviteBody, OpenPortalBody, PortalLink, PortalVisitAnswer } from './schemas.ts'
import { PORTAL_SECONDS, digestOf, endSession, invite, openPortal } from './service.ts'

const NEEDED = {
  top_up: 'funds:top_up',
  auto_top_up: 'credit:write',
  budgets: 'credit:write',
} as const

/** Internal: `POST /portal/session`, which makes a link for one user. */
export const invitationRoutes: FastifyPluginAsyncTypebox<{ returnUrls: ReturnUrlRule }> = async (
  app,
  { returnUrls },
) => {
  app.post(
    '/portal/session',
    {
      schema: {
        operationId: 'invitePortal',
        summary: 'Make a link that opens a user’s portal',
        description:
          'The link opens once and within 5 minutes. Then the browser has a session of 30 minutes for ' +
          'that account alone, which also ends with the calling token.',
        body: InviteBody,
        response: { 201: ref(PortalLink) },
      },
      config: {
        permission: 'accounts:read',
        refusals: ['ACCOUNT_NOT_FOUND', 'PORTAL_NOT_CONFIGURED'],
      },
    },
    async (request, reply) => {
      const { user_id: userId, return_url: returnUrl, allow = [] } = request.body
      request.userId = userId
      const { permissions, tokenId } = identityOf(request)
      for (const right of allow) requireGranted(permissions, NEEDED[right])
      if (returnUrl !== undefined) requireReturnUrls({ return_url: returnUrl }, returnUrls)
      const base = app.sessions.origins.base()
      if (base === null) throw new Refusal('PORTAL_NOT_CONFIGURED')
      const { secret, row } = await invite(request.db, {
        tokenId,
        userId,
        allow,
        returnUrl: returnUrl ?? null,
      })
      const url = `${base}/portal#${secret}`
      return reply.code(201).send({ url, expires_at: row.expiresAt.toISOString() })
    },
  )
}

/** Public: what the portal's page calls with its link and its cookie. */
export const visitRoutes: FastifyPluginAsyncTypebox<{ strangers: Gate }> = async (
  app,
  { strangers },
) => {
  const { cookies, finder, guard, isLink } = app.sessions
  const db = app.databases.internal

  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store')
    done()
  })

  app.post(
    '/portal/session/open',
    {
      schema: {
        operationId: 'openPortalSession',
        summary: 'Spend a portal’s link for a session',
        description: 'Called by the page that the link leads to. Sets a cookie for 30 minutes.',
        body: OpenPortalBody,
        response: { 204: Type.Null({ description: 'Opened.' }) },
      },
      config: {
        refusals: [
          'PORTAL_LINK_SPENT',
          'ORIGIN_NOT_ALLOWED',
          'RATE_LIMITED',
          'DATABASE_UNAVAILABLE',
        ],
      },
    },
    async (request, reply) => {
      requireOwnOrigin(request, guard)
      // Only invalid links count against an address, because many users may share it.
      if (!(await isLink(request.body.secret))) {
        await strangers.admit(request, reply)
        throw new Refusal('PORTAL_LINK_SPENT')
      }
      const before = digestOf(cookieOf(request, cookies.nameOf('portal')) ?? '')
      const { secret } = await openPortal(db, request.ip, request.body.secret, before)
      cookies.set(reply, 'portal', secret, PORTAL_SECONDS)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/portal/session',
    {
      schema: {
        operationId: 'getPortalSession',
        summary: 'Read whose portal a browser has open',
        response: { 200: ref(PortalVisitAnswer) },
      },
      config: { refusals: ['DATABASE_UNAVAILABLE'] },
    },
    async (request) => {
      const found = await finder(request, 'portal')
      if (found === null || found.userId === null) return { session: null }
      request.userId = found.userId
      const [row] = await db.execute<{ has: boolean }>(sql`
        select exists (
          select from auto_top_ups where account_id = ${found.accountId}::bigint
        ) as has`)
      return {
        session: {
          user_id: found.userId,
          allow: found.allow ?? [],
          return_url: found.returnUrl,
          has_auto_top_up: row?.has === true,
          expires_at: found.expiresAt.toISOString(),
        },
      }
    },
  )

  app.delete(
    '/portal/session',
    {
      schema: {
        operationId: 'closePortalSession',
        summary: 'Close the portal in this browser',
        response: { 204: Type.Null({ description: 'Closed, now or before.' }) },
      },
      config: { refusals: ['ORIGIN_NOT_ALLOWED', 'DATABASE_UNAVAILABLE'] },
    },
    async (request, reply) => {
      requireOwnOrigin(request, guard)
      const found = await finder(request, 'portal')
      const digest = digestOf(cookieOf(request, cookies.nameOf('portal')) ?? '')
      if (found !== null && digest !== null) {
        const actor = { id: `portal:${found.id}`, ip: request.ip }
        await db.transaction((tx) => endSession(tx, actor, 'portal', digest, 'signed_out'))
      }
      cookies.clear(reply, 'portal')
      return reply.code(204).send(null)
    },
  )
}
