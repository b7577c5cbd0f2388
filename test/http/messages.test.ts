import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inWords } from '../../src/http/patterns.ts'
import { createCustomer } from '../support/customers.ts'
import { startService } from '../support/service.ts'

interface Detail {
  path: string
  message: string
}

test('a refusal says in words what would be right', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const customer = `/api/customers/${customerId}`
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const internal = (method: string, path: string, body?: object) =>
    service.asInternal(method, path, body).then((answer) => answer.body.details as Detail[])
  const admin = (method: string, path: string, body?: object) =>
    service.asAdmin(method, path, body).then((answer) => answer.body.details as Detail[])
  const TIME = 'must be a time with its zone, such as 2027-01-01T00:00:00Z'
  const plan = (metered: object) => ({ name: 'A', features: {}, limits: {}, metered })

  await t.test('values that are listed', async () => {
    const statuses = 'must be one of active, suspended'
    assert.deepEqual(await admin('PATCH', customer, { status: 'closed' }), [
      { path: '/status', message: statuses },
    ])
    assert.deepEqual(await admin('GET', '/api/customers?status=closed'), [
      { path: '/status', message: statuses },
    ])
    assert.deepEqual(
      await internal('PUT', '/account/ada/budgets/b', { amount: 1, window: 'year' }),
      [{ path: '/window', message: 'must be one of hour, day, week, month, total' }],
    )
    assert.deepEqual(await admin('PUT', '/api/plans/a', plan({ calls: { via: 'paypal' } })), [
      { path: '/metered/calls/via', message: 'must be one of stripe, funds' },
    ])
  })

  await t.test('of several choices the one that was meant', async () => {
    const metered = plan({ calls: { via: 'funds', asset: 'usd' } })
    assert.deepEqual(await admin('PUT', '/api/plans/a', metered), [
      { path: '/metered/calls/price', message: 'is required' },
      {
        path: '/metered/calls/asset',
        message: 'must be a currency or unit in capitals, a slash and its decimals, such as USD/2',
      },
    ])
    assert.deepEqual(await admin('PATCH', customer, { company_name: 5 }), [
      { path: '/company_name', message: 'must be string, or null' },
    ])
  })

  await t.test('expressions', async () => {
    assert.deepEqual(await admin('GET', '/api/audit?from=yesterday'), [
      { path: '/from', message: TIME },
    ])
    const grant = { user_id: 'ada', amount: 1, expires_at: '2027-01-01' }
    assert.deepEqual(await internal('POST', '/grants', grant), [
      { path: '/expires_at', message: TIME },
    ])
    assert.deepEqual(await internal('GET', '/balance/a%20b'), [
      { path: '/user_id', message: 'must be 1 to 128 characters of A–Z a–z 0–9 . _ : @ -' },
    ])
    assert.deepEqual(await admin('GET', '/api/customers/ada'), [
      {
        path: '/customer_id',
        message: 'must be the id of a customer: cust_ and 16 letters or digits',
      },
    ])
    assert.deepEqual(await admin('POST', '/api/customers', { email: 'ada' }), [
      { path: '/email', message: 'must be an email address' },
    ])
    assert.deepEqual(await admin('PUT', '/api/plans/a', { ...plan({}), limits: { API: 1 } }), [
      {
        path: '/limits/API',
        message:
          'must be a name such as api.calls: 1 to 64 characters of a–z 0–9 _ ., the first a letter',
      },
    ])
  })

  await t.test('a misspelt field', async () => {
    assert.deepEqual(await internal('POST', '/deduct', { user_id: 'ada', ammount: 5 }), [
      { path: '/amount', message: 'is required' },
      { path: '/ammount', message: 'is not a known field: use amount?' },
    ])
    assert.deepEqual(await internal('POST', '/deduct', { user_id: 'ada', amount: 5, price: 1 }), [
      { path: '/price', message: 'is not a known field' },
    ])
    assert.deepEqual(await internal('POST', '/deduct', { user_id: 'ada', amount: 5, 'a/~b': 1 }), [
      { path: '/a~1~0b', message: 'is not a known field' },
    ])
  })

  await t.test('credentials', async () => {
    const [open, closed] = [
      await service.call('GET', '/api/customers'),
      await service.call('GET', '/balance/ada'),
    ]
    assert.match(open.body.message, /`Authorization: Bearer <token>`.*`X-API-Key: <key>`/)
    assert.match(closed.body.message, /`X-INTERNAL-TOKEN`/)
  })

  await t.test('what is not there', async () => {
    const event = await service.asAdmin('GET', '/api/stripe/events/evt_nope')
    assert.deepEqual([event.status, event.body.message], [404, 'No event evt_nope'])
    const odd = await service.asAdmin('POST', '/api/stripe/events/a%3Cb/replay')
    assert.deepEqual([odd.status, odd.body.message], [404, 'There is nothing here.'])
    const user = await service.asInternal('GET', '/balance/nobody')
    assert.deepEqual([user.status, user.body.message], [404, 'There is no account for this user.'])
  })
})

test('every expression that a caller can miss is spelled', async (t) => {
  // It loads every schema.
  await startService(t)
  const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as object
  const expressions = new Set<string>()
  JSON.stringify(document, (_name, node: unknown) => {
    const { pattern } = (node ?? {}) as { pattern?: unknown }
    if (typeof pattern === 'string') expressions.add(pattern)
    return node
  })
  // Of exports, which only the service writes.
  const written = /^\^(-\?)?\[0-9\]\+/
  const asked = [...expressions].filter((one) => !written.test(one))
  assert.ok(asked.length > 15)
  assert.deepEqual(
    asked.filter((one) => inWords(one) === undefined),
    [],
  )
})
