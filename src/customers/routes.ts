import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { pageAnswer, pageRequest } from '../pagination.ts'
import { ref } from '../schemas.ts'
import { presentCustomer } from './present.ts'
import {
  CreateCustomerBody,
  Customer,
  CustomerPage,
  CustomerParams,
  ListCustomersQuery,
  NewCustomer,
  UpdateCustomerBody,
} from './schemas.ts'
import { createCustomer, getCustomer, listCustomers, updateCustomer } from './service.ts'

export const customerSchemas = [Customer, NewCustomer, CustomerPage]

/** Admin: `/api/customers`. */
export const customerRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      schema: {
        operationId: 'createCustomer',
        summary: 'Create a customer with a first API key',
        body: CreateCustomerBody,
        response: { 201: ref(NewCustomer) },
      },
      config: { refusals: ['OVERLOADED'] },
    },
    async (request, reply) => {
      const { email, company_name, plan, metadata } = request.body
      const draft = {
        email,
        companyName: company_name ?? null,
        plan: plan ?? null,
        metadata: metadata ?? {},
      }
      const created = await createCustomer(request.db, actorOf(request), draft)
      return reply
        .code(201)
        .send({ customer: presentCustomer(created.customer), api_key: created.apiKey })
    },
  )

  app.get(
    '',
    {
      schema: {
        operationId: 'listCustomers',
        summary: 'List customers, newest first',
        querystring: ListCustomersQuery,
        response: { 200: ref(CustomerPage) },
      },
      config: { refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { email, status } = request.query
      const list = ['customers', email, status]
      const page = pageRequest(request.query, list)
      const rows = await listCustomers(app.db, { email, status }, page)
      return pageAnswer(rows, page, list, presentCustomer)
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
      config: { refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request) => presentCustomer(await getCustomer(app.db, request.params.customer_id)),
  )

  app.patch(
    '/:customer_id',
    {
      schema: {
        operationId: 'updateCustomer',
        summary: 'Change a customer; a suspended one’s keys stop working',
        params: CustomerParams,
        body: UpdateCustomerBody,
        response: { 200: ref(Customer) },
      },
      config: { refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request) => {
      const { company_name: companyName, ...rest } = request.body
      const changes = { ...rest, ...(companyName !== undefined && { companyName }) }
      const id = request.params.customer_id
      return presentCustomer(await updateCustomer(request.db, actorOf(request), id, changes))
    },
  )
}
