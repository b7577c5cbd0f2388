import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { normalEmail } from '../http/email.ts'
import { bodyHas } from '../auth/gates.ts'
import { actorOf } from '../auth/scope.ts'
import { isCut } from '../database/page-weight.ts'
import { LONG_NOTES, pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref } from '../http/schemas.ts'
import { fingerprint } from '../http/idempotency.ts'
import { presentCustomer } from './present.ts'
import {
  CreateCustomerBody,
  CreateCustomerHeaders,
  Customer,
  CustomerPage,
  CustomerParams,
  ListCustomersQuery,
  CreatedCustomer,
  UpdateCustomerBody,
} from './schemas.ts'
import {
  type CustomerRow,
  createCustomer,
  getCustomer,
  listCustomers,
  updateCustomer,
} from './service.ts'
import { standings } from './standing.ts'

export const customerSchemas = [Customer, CreatedCustomer, CustomerPage]

/** Admin: `/api/customers`. */
export const customerRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { peppers } = app.apiKeys

  app.post(
    '',
    {
      schema: {
        operationId: 'createCustomer',
        summary: 'Create a customer with a first API key',
        description:
          'Repeating the call with the same `Idempotency-Key` returns the first answer, but with ' +
          '`api_key: null`, because the key is not stored. If the first answer was lost, issue ' +
          'another key.',
        headers: CreateCustomerHeaders,
        body: CreateCustomerBody,
        response: { 201: ref(CreatedCustomer) },
      },
      config: {
        permission: 'customers:write',
        refusals: ['EXTERNAL_ID_TAKEN', 'IDEMPOTENCY_KEY_REUSED', 'OVERLOADED'],
      },
    },
    async (request, reply) => {
      const { email, company_name, plan, external_id, metadata } = request.body
      const draft = {
        email: normalEmail(email),
        companyName: company_name ?? null,
        plan: plan ?? null,
        externalId: external_id ?? null,
        metadata: metadata ?? {},
      }
      const key = request.headers['idempotency-key']
      const once =
        key === undefined
          ? null
          : { key, fingerprint: fingerprint('create customer', request.body) }
      const means = { db: request.db, peppers, defaultPlan: app.defaultPlan }
      const created = await createCustomer(means, actorOf(request), draft, once)
      if (created.apiKey === null) void reply.header('idempotent-replayed', 'true')
      return reply.code(201).send({ customer: created.customer, api_key: created.apiKey })
    },
  )

  app.get(
    '',
    {
      schema: {
        operationId: 'listCustomers',
        summary: 'List customers, newest first',
        description: LONG_NOTES,
        querystring: ListCustomersQuery,
        response: { 200: ref(CustomerPage) },
      },
      config: { permission: 'customers:read', refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { email, external_id, plan, subscription_status, status } = request.query
      const { key_id: keyId, stripe_id: stripeId } = request.query
      const terms = [email, status, external_id, plan, subscription_status, keyId, stripeId]
      const list = ['customers', ...terms]
      const page = pageRequest(request.query, list)
      const filter = {
        email: email === undefined ? undefined : normalEmail(email),
        externalId: external_id,
        plan,
        keyId,
        stripeId,
        subscriptionStatus: subscription_status,
        status,
      }
      const rows = await listCustomers(app.db, filter, page, app.defaultPlan)
      return pageAnswer(rows, page, list, await present(rows), isCut(rows))
    },
  )

  app.get(
    '/:customer_id',
    {
      schema: {
        operationId: 'getCustomer',
        summary: 'Read a customer',
        params: CustomerParams,
        response: { 200: ref(Customer) },
      },
      config: { permission: 'customers:read', refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request) => {
      const row = await getCustomer(app.db, request.params.customer_id)
      return (await present([row]))(row)
    },
  )

  app.patch(
    '/:customer_id',
    {
      schema: {
        operationId: 'updateCustomer',
        summary: 'Change a customer; suspending stops its keys',
        params: CustomerParams,
        body: UpdateCustomerBody,
        response: { 200: ref(Customer) },
      },
      config: {
        permission: 'customers:write',
        refusals: ['CUSTOMER_NOT_FOUND', 'EXTERNAL_ID_TAKEN', 'STRIPE_CUSTOMER_TAKEN'],
        unlimited: bodyHas('status', 'suspended'),
      },
    },
    async (request) => {
      const {
        company_name: companyName,
        external_id: externalId,
        stripe_customer_id: stripeCustomerId,
        email,
        ...rest
      } = request.body
      const changes = {
        ...(email !== undefined && { email: normalEmail(email) }),
        ...rest,
        ...(companyName !== undefined && { companyName }),
        ...(externalId !== undefined && { externalId }),
        ...(stripeCustomerId !== undefined && { stripeCustomerId }),
      }
      const id = request.params.customer_id
      const row = await updateCustomer(request.db, actorOf(request), id, changes)
      if (rest.status !== undefined) app.revocations.forget()
      return (await present([row]))(row)
    },
  )

  async function present(rows: readonly CustomerRow[]) {
    const ids = rows.map(({ id }) => id)
    const standingOf = await standings(app.db, ids, app.defaultPlan)
    return (row: CustomerRow) => presentCustomer(row, standingOf(row.id))
  }
}
