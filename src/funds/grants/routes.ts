import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { cutPage, pageRequest } from '../../http/pagination.ts'
import { ref, timeOf } from '../../http/schemas.ts'
import { getAccount } from '../accounts.ts'
import { noted } from '../asked.ts'
import { MOVING, callerOf, send } from '../moving.ts'
import type { Moved } from '../operations.ts'
import { placeOf } from '../ids.ts'
import { presentGrant } from '../present.ts'
import type { Reading } from '../reading.ts'
import { IdempotencyHeaders, UserParams } from '../schemas.ts'
import { getGrant, listGrants, openBreakage } from './list.ts'
import { Grant, GrantBody, GrantPage, GrantParams, ListGrantsQuery, VoidBody } from './schemas.ts'

const PRIORITY = 50

/** Internal: parts of a balance that are spent first and may expire. */
export const grantRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/grants',
    {
      schema: {
        operationId: 'createGrant',
        summary: 'Grant a user credit that is spent before other money, and may expire',
        headers: IdempotencyHeaders,
        body: GrantBody,
        response: { 201: ref(Grant) },
      },
      config: {
        permission: 'credit:write',
        refusals: [
          ...MOVING,
          'AMOUNT_NOT_ALLOWED',
          'ACCOUNT_NOT_FOUND',
          'BALANCE_LIMIT',
          'TOO_MANY_GRANTS',
        ],
      },
    },
    async (request, reply) => {
      const { user_id: userId, amount, priority = PRIORITY, category = null } = request.body
      const { expires_at } = request.body
      const expiresAt = expires_at === undefined ? null : timeOf(expires_at, '/expires_at')
      await openBreakage(app.db, userId)
      const terms = { priority, category, expiresAt }
      const movement = { kind: 'grant' as const, userId, amount: BigInt(amount), ...terms }
      const meaning = [userId, amount, priority, category, expiresAt?.toISOString() ?? null]
      const asked = noted({ movement, meaning }, request.body, callerOf(request))
      const moved = await send(app, request, reply, asked)
      return reply.code(201).send(presentMoved(moved))
    },
  )

  app.post(
    '/grants/:grant_id/void',
    {
      schema: {
        operationId: 'voidGrant',
        summary: 'End a grant now',
        description: 'What remains of it leaves the balance, but for what open holds still need.',
        headers: IdempotencyHeaders,
        params: GrantParams,
        body: VoidBody,
        response: { 200: ref(Grant) },
      },
      config: {
        permission: 'credit:write',
        refusals: [...MOVING, 'GRANT_NOT_FOUND', 'GRANT_ENDED'],
      },
    },
    async (request, reply) => {
      const { grant_id } = request.params
      const movement = { kind: 'void' as const, grant: placeOf(grant_id) }
      const asked = noted({ movement, meaning: [grant_id] }, request.body, callerOf(request))
      return presentMoved(await send(app, request, reply, asked))
    },
  )

  app.get(
    '/grants/:grant_id',
    {
      schema: {
        operationId: 'getGrant',
        summary: 'Read a grant',
        params: GrantParams,
        response: { 200: ref(Grant) },
      },
      config: { permission: 'accounts:read', refusals: ['GRANT_NOT_FOUND'] },
    },
    async (request) => {
      const { grant, userId, now } = await getGrant(app.db, placeOf(request.params.grant_id))
      request.userId = userId
      return presentGrant(grant, userId, now)
    },
  )
}

export const grantListRoutes: FastifyPluginAsyncTypebox<Reading> = async (
  app,
  { account, permission, ids },
) => {
  app.get(
    `${account}/grants`,
    {
      schema: {
        operationId: ids.grants,
        summary: "List a user's grants, newest first",
        description:
          'With `status`, even a page that is not the last can have fewer items than `limit`. The list ' +
          'ends where `next_cursor` is null.',
        params: UserParams,
        querystring: ListGrantsQuery,
        response: { 200: ref(GrantPage) },
      },
      config: {
        permission,
        portal: 'read',
        refusals: ['ACCOUNT_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request) => {
      const userId = (request.userId = request.params.user_id)
      const { status } = request.query
      const list = ['grants', userId, status]
      const page = pageRequest(request.query, list)
      const row = await getAccount(app.db, userId)
      const { grants, next, now } = await listGrants(app.db, row, page, status)
      const data = grants.map((grant) => presentGrant(grant, userId, now))
      return cutPage(data, list, next === null ? null : String(next))
    },
  )
}

/** As it was right after the call: nothing is over of it that was not over then. */
function presentMoved({ grant, userId, transfer }: Moved) {
  if (grant === null) throw new Error('This movement concerns no grant')
  const isNew = transfer.kind === 'grant'
  return presentGrant(grant, userId, isNew ? grant.createdAt : transfer.createdAt)
}
