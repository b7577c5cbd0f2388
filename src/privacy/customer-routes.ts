import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { CustomerParams } from '../customers/schemas.ts'
import { ref } from '../schemas.ts'
import { eraseCustomer } from './erase-customer.ts'
import { fileHeaders } from './document.ts'
import { exportCustomer } from './export-customer.ts'
import { CustomerExport, EraseQuery, ErasedCustomer, streamed } from './schemas.ts'

/** Admin: `/api/customers/:customer_id`, for what the GDPR grants the person behind it. */
export const customerPrivacyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/export',
    {
      // Whoever asks for the headers alone would have all of it read for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportCustomer',
        summary: 'Export everything that is held on a customer',
        params: CustomerParams,
        response: { 200: streamed(CustomerExport) },
      },
      config: { refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request, reply) => {
      const { customer_id: id } = request.params
      const document = await exportCustomer(request.db, actorOf(request), id)
      return reply.headers(fileHeaders(id)).send(document)
    },
  )

  app.delete(
    '',
    {
      schema: {
        operationId: 'eraseCustomer',
        summary: 'Erase a customer for good',
        params: CustomerParams,
        querystring: EraseQuery,
        response: { 200: ref(ErasedCustomer) },
      },
      config: { refusals: ['ACCOUNT_NOT_EMPTY', 'CUSTOMER_NOT_FOUND'] },
    },
    async (request) => {
      const { customer_id } = request.params
      const force = request.query.force ?? false
      const erasedAt = await eraseCustomer(request.db, actorOf(request), customer_id, force)
      app.revocations.forget()
      return { customer_id, erased_at: erasedAt.toISOString() }
    },
  )
}
