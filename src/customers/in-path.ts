import type { FastifyRequest } from 'fastify'
import { requireOwn } from '../auth/api-key.ts'
import type { Database } from '../database/index.ts'
import { getCustomer } from './service.ts'

/**
 * The customer in the path of a call: the key's own, or any for an operator.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function customerInPath(
  db: Database,
  request: FastifyRequest,
  customerId: string,
): Promise<string> {
  if (request.identity === null) return requireOwn(request, customerId)
  return (await getCustomer(db, customerId)).id
}
