import assert from 'node:assert/strict'
import type { Service } from './service.ts'

export interface TestCustomer {
  customerId: string
  apiKey: string
  keyId: string
}

/** A customer with its first API key; hashing the key makes this the slowest call of all. */
export async function createCustomer(
  service: Service,
  body: Record<string, unknown> = { email: 'ada@example.com' },
): Promise<TestCustomer> {
  const answer = await service.asAdmin('POST', '/api/customers', body)
  assert.equal(answer.status, 201)
  const apiKey: string = answer.body.api_key
  return { customerId: answer.body.customer.customer_id, apiKey, keyId: keyIdOf(apiKey) }
}

/** Creates or replaces a plan. */
export async function putPlan(
  service: Service,
  id: string,
  body: Record<string, unknown> = {},
): Promise<void> {
  const plan = { name: id, features: {}, limits: {}, ...body }
  const answer = await service.asAdmin('PUT', `/api/plans/${id}`, plan)
  assert.equal(answer.status, 200)
}

export function keyIdOf(apiKey: string): string {
  return apiKey.slice('cust_0123456789abcdef_'.length).slice(0, 8)
}

/** `GET /api/me` with that key. */
export function me(service: Service, apiKey: string) {
  return service.call('GET', '/api/me', { headers: { 'x-api-key': apiKey } })
}
