import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { UserParams } from './schemas.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { ref } from '../http/schemas.ts'
import { ErasedAccount, ErasingAccount } from './privacy-schemas.ts'
import { fileHeaders } from '../privacy/document.ts'
import { exportAccount } from './export-account.ts'
import { EraseQuery, streamed } from '../privacy/schemas.ts'
import { isUserErasing } from '../privacy/under-way.ts'
import { eraseAccount } from './erase-account.ts'

/** Internal: `/account/:user_id`, for the rights that the GDPR grants. */
export const accountPrivacyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/export',
    {
      // A HEAD request would read everything for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportAccount',
        summary: 'Export everything that is stored about a user',
        params: UserParams,
        response: { 200: streamed('AccountExport') },
      },
      config: { permission: 'privacy:write', refusals: ['ACCOUNT_NOT_FOUND'] },
    },
    async (request, reply) => {
      const userId = (request.userId = request.params.user_id)
      const document = await exportAccount(request.db, app.personal, actorOf(request), userId)
      // A user's id may contain characters that a file name may not.
      return reply.headers(fileHeaders('account')).send(document)
    },
  )

  app.delete(
    '',
    {
      schema: {
        operationId: 'eraseAccount',
        summary: "Erase a user's account for good",
        description:
          'A 200 if it is complete within 2 s. Otherwise a 202: the account is closed and unknown to every other call, and a job deletes the rest.',
        params: UserParams,
        querystring: EraseQuery,
        response: { 200: ref(ErasedAccount), 202: ref(ErasingAccount) },
      },
      config: {
        permission: 'privacy:write',
        refusals: ['ACCOUNT_NOT_EMPTY', 'ACCOUNT_NOT_FOUND', 'ACCOUNT_BUSY'],
      },
    },
    async (request, reply) => {
      const userId = (request.userId = request.params.user_id)
      const force = request.query.force ?? false
      const { erasedAt } = await app.erasures.run(
        attemptOf(request),
        () => isUserErasing(app.db, userId),
        (db) => eraseAccount(db, app.personal, actorOf(request), userId, force),
      )
      if (erasedAt === null) return reply.code(202).send({ user_id: userId, status: 'erasing' })
      return reply.code(200).send({ user_id: userId, erased_at: erasedAt.toISOString() })
    },
  )
}
