import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer } from '../../support/customers.ts'
import { assertRefused } from '../../support/refusals.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../../support/service.ts'
import { stripeSignature } from '../../support/stripe-events.ts'
import { assertNothingWritten } from '../../support/tables.ts'

interface Operation {
  operationId: string
  security: Record<string, unknown>[]
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[]
  requestBody?: { content: Record<string, { example?: unknown; examples?: object }> }
}

/** The only call whose body has no example in the document. */
const BATCH = { reports: [{ metrics: { 'api.calls': 1 } }] }

/** The path with its examples, and what the query must have. */
function pathOf(path: string, { parameters = [] }: Operation): string {
  const query = new URLSearchParams()
  let filled = path
  for (const { name, in: place, required, example } of parameters) {
    if (place === 'path') filled = filled.replace(`{${name}}`, String(example))
    if (place === 'query' && required === true) query.set(name, String(example))
  }
  query.set('unknown_parameter', '1')
  return `${filled}?${query.toString()}`
}

test('a parameter that a call does not have is refused by every call with a credential', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const credentials: Record<string, Record<string, string>> = {
    CustomerApiKey: { 'x-api-key': apiKey },
    AdminToken: { authorization: `Bearer ${ADMIN_TOKEN}` },
    InternalToken: { 'x-internal-token': INTERNAL_TOKEN },
  }
  const { body: document } = await service.call('GET', '/openapi.json')
  const paths = Object.entries(document.paths as Record<string, Record<string, Operation>>)
  let calls = 0
  await assertNothingWritten(service.database, async () => {
    for (const [path, operations] of paths) {
      for (const [method, operation] of Object.entries(operations)) {
        const [content] = Object.values(operation.requestBody?.content ?? {})
        const body = content && (content.example ?? BATCH)
        for (const name of operation.security.flatMap((one) => Object.keys(one))) {
          const headers = credentials[name]
          if (headers === undefined) continue
          const called = pathOf(path, operation)
          const options = { headers, ...(body !== undefined && { body }) }
          const answer = await service.call(method.toUpperCase(), called, options)
          assertRefused(answer, 'VALIDATION_FAILED', `${method} ${called} with ${name}`)
          assert.deepEqual(answer.body.details, [
            { path: '/unknown_parameter', message: 'is not a known field' },
          ])
          calls++
        }
      }
    }
  })
  assert.ok(calls > 80, `${calls}`)
})

test('what would be another call is not made without what was asked', async (t) => {
  const service = await startService(t)
  const { customerId, keyId } = await createCustomer(service)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 100 })
  const deduct = (amount: number) => ({ op: 'deduct', user_id: 'ada', amount })
  await assertNothingWritten(service.database, async () => {
    const asked = await Promise.all([
      service.asInternal('POST', '/transfers/batch?atomic=true', {
        transfers: [deduct(60), deduct(60)],
      }),
      service.asInternal('POST', '/deduct?idempotency_key=job-1', { user_id: 'ada', amount: 1 }),
      service.asAdmin(
        'DELETE',
        `/api/customers/${customerId}/api-keys/${keyId}?overlap_seconds=3600`,
      ),
    ])
    for (const answer of asked) assertRefused(answer, 'VALIDATION_FAILED')
  })
})

test('what is public, and what Stripe calls, is answered whatever a monitor or an operator adds', async (t) => {
  const service = await startService(t)
  for (const path of ['/health', '/.well-known/jwks.json', '/log/checkpoint', '/openapi.json']) {
    const [plain, added] = await Promise.all([
      service.call('GET', path),
      service.call('GET', `${path}?_=1`),
    ])
    assert.equal(added.status, plain.status, path)
  }
  const event = JSON.stringify({ id: 'evt_1', object: 'event', type: 'none', created: 1 })
  const answer = await service.call('POST', '/api/webhooks/stripe?from=stripe', {
    headers: { 'stripe-signature': stripeSignature(event) },
    body: event,
  })
  assert.notEqual(answer.body.code, 'VALIDATION_FAILED')
})
