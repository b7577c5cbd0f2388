import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { counts } from '../support/counts.ts'
import { createCustomer, keyIdOf } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'

const REQUESTS = scaled(10_000, 160, 4_000)
const CLIENTS = 8

const OLD = 'old-token-of-the-tests-0123456789abcdefgh'
const NEW = 'new-token-of-the-tests-0123456789abcdefgh'

type Variables = Record<string, string | undefined>

/**
 * A service whose processes are replaced one by one, as an operator does it. They are in this process,
 * whose calls would wait while another starts, so all of them have started before the first call.
 */
async function startFleet(t: TestContext, env: Variables, ...later: Variables[]) {
  const first = await startService(t, env)
  const others: Service[] = []
  for (const variables of later) others.push(await startService(t, variables, first.database))
  let current = first
  return {
    current: () => current,
    /** The next process takes the calls from here on; the one before answers those it has. */
    replace: async () => {
      current = others.shift() ?? assert.fail('there is no other')
    },
  }
}

/** Calls without a pause, of which the steps come in between, evenly; all must succeed. */
async function underCalls(
  call: (index: number) => Promise<Answer>,
  steps: (() => Promise<void>)[],
): Promise<void> {
  let answered = 0
  const due = [...steps]
  let stepping = Promise.resolve()
  const answers = await inParallel(REQUESTS, CLIENTS, async (index) => {
    const { status } = await call(index)
    const next = steps.length - due.length + 1
    if (++answered >= (next * REQUESTS) / (steps.length + 1)) {
      const step = due.shift()
      if (step !== undefined) stepping = stepping.then(step)
    }
    // Whoever is in the middle of a switch is served on.
    await stepping
    return status
  })
  assert.equal(due.length, 0)
  assert.deepEqual(
    answers.filter((status) => status >= 300),
    [],
  )
}

const TOKENS: Record<
  string,
  [name: string, call: (service: Service, secret: string) => Promise<Answer>]
> = {
  admin: [
    'ADMIN_API_TOKEN',
    (service, token) =>
      service.call('GET', '/api/plans', { headers: { authorization: `Bearer ${token}` } }),
  ],
  internal: [
    'INTERNAL_SERVICE_TOKEN',
    (service, token) =>
      service.call('GET', '/stats/subscription_count', { headers: { 'x-internal-token': token } }),
  ],
  metrics: [
    'METRICS_TOKEN',
    (service, token) =>
      service.call('GET', '/metrics', { headers: { authorization: `Bearer ${token}` } }),
  ],
  stripe: [
    'STRIPE_WEBHOOK_SECRET',
    (service, secret) => {
      const body = JSON.stringify(stripeEvent())
      const headers = { 'stripe-signature': stripeSignature(body, { secret }) }
      return service.call('POST', '/api/webhooks/stripe', { headers, body })
    },
  ],
}

for (const [scope, [name, call]] of Object.entries(TOKENS)) {
  test(`rotating the ${scope} secret loses no request, and the old one dies when it is removed`, async (t) => {
    counts(t, { promise: '12', what: 'Calls while a secret is changed', trials: REQUESTS })
    const both = { [name]: NEW, [`${name}_PREVIOUS`]: OLD }
    const fleet = await startFleet(t, { [name]: OLD }, both, { [name]: NEW })
    let secret = OLD
    await underCalls(
      () => call(fleet.current(), secret),
      [
        () => fleet.replace(),
        async () => {
          // Callers change over while both are good.
          secret = NEW
        },
        () => fleet.replace(),
      ],
    )
    const refused = await call(fleet.current(), OLD)
    const codes = { admin: 'UNAUTHORIZED', metrics: 'UNAUTHORIZED', internal: 'FORBIDDEN' } as const
    assertRefused(refused, codes[scope as keyof typeof codes] ?? 'INVALID_SIGNATURE')
    assert.equal((await call(fleet.current(), NEW)).status, 200)
  })
}

test('rotating an API key with an overlap loses no request, and the old one dies with the overlap', async (t) => {
  counts(t, { promise: '12', what: 'Calls while an API key is changed', trials: REQUESTS })
  const service = await startService(t)
  const { customerId, apiKey: old } = await createCustomer(service)
  const call = (apiKey: string) =>
    service.call('GET', '/api/me', { headers: { 'x-api-key': apiKey } })
  let apiKey = old
  await underCalls(
    () => call(apiKey),
    [
      async () => {
        const path = `/api/customers/${customerId}/api-keys/${keyIdOf(old)}/rotate`
        const rotated = await service.asAdmin('POST', path, { overlap_seconds: 600 })
        apiKey = rotated.body.api_key
      },
    ],
  )
  assert.equal((await call(old)).status, 200)
  const path = `/api/customers/${customerId}/api-keys/${keyIdOf(old)}`
  assert.equal((await service.asAdmin('DELETE', path)).status, 204)
  const deadline = Date.now() + 1_000
  while ((await call(old)).status === 200) assert.ok(Date.now() < deadline)
  assert.equal((await call(apiKey)).status, 200)
})
