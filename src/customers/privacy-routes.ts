import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { CustomerParams } from './schemas.ts'
import { attemptOf } from '../http/outcomes/plugin.ts'
import { ref } from '../http/schemas.ts'
import { fileHeaders } from '../privacy/document.ts'
import { exportCustomer } from './export-customer.ts'
import { EraseQuery, streamed } from '../privacy/schemas.ts'
import { ErasedCustomer, ErasingCustomer } from './privacy-schemas.ts'
import { isCustomerErasing } from '../privacy/under-way.ts'
import { eraseCustomer } from './erase-customer.ts'

/** Admin: `/api/customers/:customer_id`, for the rights that the GDPR grants. */
export const customerPrivacyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/export',
    {
      // A HEAD request would read everything for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportCustomer',
        summary: 'Export everything that is stored about a customer',
        params: CustomerParams,
        response: { 200: streamed('CustomerExport') },
      },
      config: { permission: 'privacy:write', refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request, reply) => {
      const { customer_id: id } = request.params
      const document = await exportCustomer(app, request.db, actorOf(request), id)
      return reply.headers(fileHeaders(id)).send(document)
    },
  )

  app.delete(
    '',
    {
      schema: {
        operationId: 'eraseCustomer',
        summary: 'Erase a customer for good',
        description:
          'A 200 if it is complete within 2 s. Otherwise a 202: the customer is unknown to every other call, and a job deletes the rest.',
        params: CustomerParams,
        querystring: EraseQuery,
        response: { 200: ref(ErasedCustomer), 202: ref(ErasingCustomer) },
      },
      config: {
        permission: 'privacy:write',
        refusals: ['ACCOUNT_NOT_EMPTY', 'ACCOUNT_BUSY', 'CUSTOMER_NOT_FOUND'],
      },
    },
    async (request, reply) => {
      const { customer_id } = request.params
      const force = request.query.force ?? false
      const { erasedAt } = await app.erasures.run(
        attemptOf(request),
        () => isCustomerErasing(app.db, customer_id),
        (db) => eraseCustomer(db, app.personal, actorOf(request), customer_id, force),
      )
      app.revocations.forget()
      if (erasedAt === null) return reply.code(202).send({ customer_id, status: 'erasing' })
      return reply.code(200).send({ customer_id, erased_at: erasedAt.toISOString() })
    },
  )
}
