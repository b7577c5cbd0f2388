import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  StrongroomError,
  adminClient,
  customerClient,
  internalClient,
  paginate,
  publicClient,
} from '../../src/client/index.ts'
import { lockRows } from '../support/locks.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'

async function failureOf(call: Promise<unknown>): Promise<StrongroomError> {
  const error: unknown = await call.then(
    () => assert.fail('It should have failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StrongroomError, String(error))
  return error
}

test('a client for each scope', async (t) => {
  const service = await startService(t)
  const url = service.origin
  const admin = adminClient({ url, token: ADMIN_TOKEN })
  const internal = internalClient({ url: `${url}/`, token: INTERNAL_TOKEN })
  const { customer, api_key: apiKey } = await admin.createCustomer({ email: 'ada@example.com' })
  assert.ok(apiKey)
  const own = customerClient({ url, apiKey })

  await t.test('public: without a credential', async () => {
    const { status, checks } = await publicClient({ url }).getHealth()
    assert.deepEqual([status, checks.database], ['ok', 'ok'])
  })

  await t.test('customer: path, query and body in one object', async () => {
    assert.equal((await own.getMe()).customer_id, customer.customer_id)
    await own.reportUsage({ metrics: { 'api.calls': 3 } })
    const { results } = await own.reportUsageBatch({
      reports: [{ metrics: { 'api.calls': 4 } }, { metrics: { 'api.calls': 5 } }],
    })
    assert.deepEqual(
      results.map(({ status }) => status),
      ['created', 'created'],
    )
    const { customer_id } = customer
    const { data } = await own.getUsage({ customer_id, metric: 'api.calls', bucket: 'month' })
    assert.deepEqual([data[0]?.sum, data[0]?.count], [12, 3])
  })

  await t.test('admin: an answer without content, and one that is text', async () => {
    const { customer_id } = customer
    const { key } = await admin.issueApiKey({ customer_id, name: 'second' })
    assert.equal(await admin.revokeApiKey({ customer_id, key_id: key.key_id }), undefined)
    assert.match(await admin.getMetrics(), /^strongroom_/m)
    const { endpoint } = await admin.createWebhookEndpoint({
      url: 'http://127.0.0.1:9/told',
      events: ['*'],
    })
    const { endpoint_id } = endpoint
    assert.equal(await admin.testWebhookEndpoint({ endpoint_id }), undefined)
    assert.equal(await admin.deleteWebhookEndpoint({ endpoint_id }), undefined)
  })

  await t.test('the log: bytes as they are', async () => {
    const bytesAt = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${url}/log/tile/${path}`, { headers })
      assert.equal(answer.status, 200)
      return new Uint8Array(await answer.arrayBuffer())
    }
    const tile = await publicClient({ url }).getLogTile({ path: '0/000.p/1' })
    assert.equal(tile.length, 32)
    assert.deepEqual(tile, await bytesAt('0/000.p/1'))
    const entries = await admin.getLogEntries({ path: '000.p/1' })
    assert.equal((entries[0] ?? 0) * 256 + (entries[1] ?? 0), entries.length - 2)
    const authorization = `Bearer ${ADMIN_TOKEN}`
    assert.deepEqual(entries, await bytesAt('entries/000.p/1', { authorization }))
    const { data } = await admin.http.GET('/log/tile/{path}', {
      params: { path: { path: '0/000.p/1' } },
      parseAs: 'arrayBuffer',
    })
    assert.deepEqual(new Uint8Array(data ?? new ArrayBuffer()), tile)
  })

  await t.test('internal: money', async () => {
    const account = await internal.openAccount({ user_id: 'user:1@x', tier: 'pro' })
    assert.equal(account.balance, 0)
    await internal.topUp({ user_id: 'user:1@x', amount: 1_000 })
    const hold = await internal.createHold({ user_id: 'user:1@x', amount: 600 })
    const captured = await internal.captureHold({ hold_id: hold.hold_id, amount: 500 })
    assert.deepEqual([captured.status, captured.available], ['captured', 500])
    assert.equal((await internal.getBalance({ user_id: 'user:1@x' })).available, 500)
  })

  await t.test('lists, item by item over pages', async () => {
    await internal.openAccount({ user_id: 'many', tier: 'pro' })
    for (let amount = 1; amount <= 7; amount += 1) await internal.topUp({ user_id: 'many', amount })
    const amounts = []
    for await (const { amount } of paginate(internal.listTransfers, {
      user_id: 'many',
      limit: 3,
    })) {
      amounts.push(amount)
    }
    assert.deepEqual(amounts, [7, 6, 5, 4, 3, 2, 1])
  })

  await t.test('a statement as CSV, which only openapi-fetch reads', async () => {
    const failed = await failureOf(internal.getStatement({ user_id: 'many', format: 'csv' }))
    assert.deepEqual([failed.code, failed.statusCode], ['UNKNOWN_ANSWER', 200])
    const type = 'text/csv; charset=utf-8'
    assert.equal(failed.message, `This call does not read the answer 200; its type is ${type}.`)
    const { data } = await internal.http.GET('/account/{user_id}/statement', {
      params: { path: { user_id: 'many' }, query: { format: 'csv' } },
      parseAs: 'text',
    })
    const rows = (data ?? '').split('\r\n').map((row) => row.split(',')[0])
    assert.deepEqual(rows, [
      'kind',
      'opening',
      ...Array.from({ length: 7 }, () => 'top_up'),
      'closing',
      '',
    ])
  })

  await t.test('an erasure that is over, and one that continues', async () => {
    await internal.openAccount({ user_id: 'gone', tier: 'pro' })
    const over = await internal.eraseAccount({ user_id: 'gone' })
    assert.ok('erased_at' in over && Date.parse(over.erased_at) > 0)
    await internal.openAccount({ user_id: 'going', tier: 'pro' })
    await internal.topUp({ user_id: 'going', amount: 1, reason: 'a gift' })
    const unlock = await lockRows(
      service.database,
      `select seq from transfers
        where account_id = (select id from accounts where user_id = 'going') for update`,
    )
    try {
      const answer = await internal.eraseAccount({ user_id: 'going', force: true })
      assert.ok(!('erased_at' in answer))
      assert.deepEqual(answer, { user_id: 'going', status: 'erasing' })
    } finally {
      await unlock()
    }
  })

  await t.test('refusals are errors with a code', async () => {
    await internal.openAccount({ user_id: 'poor', tier: 'pro' })
    const poor = await failureOf(internal.deduct({ user_id: 'poor', amount: 1 }))
    assert.deepEqual([poor.code, poor.statusCode], ['INSUFFICIENT_FUNDS', 402])
    assert.match(poor.requestId ?? '', /^[0-9a-f-]{36}$/)
    const wrong = await failureOf(internal.deduct({ user_id: 'poor', amount: -1 }))
    assert.equal(wrong.code, 'VALIDATION_FAILED')
    assert.equal(wrong.details[0]?.path, '/amount')
    const stranger = adminClient({ url, token: 'wrong' })
    assert.equal((await failureOf(stranger.getMetrics())).code, 'UNAUTHORIZED')
    const foreign = own.getSubscription({ customer_id: 'cust_0000000000000000' })
    assert.equal((await failureOf(foreign)).code, 'CUSTOMER_NOT_FOUND')
  })

  await t.test('a refused batch has the result of each transfer', async () => {
    await internal.openAccount({ user_id: 'broke', tier: 'pro' })
    const transfers = (['user:1@x', 'broke'] as const).map((user_id) => {
      return { op: 'deduct' as const, user_id, amount: 1 }
    })
    const { code, results } = await failureOf(internal.moveMany({ transfers, atomic: true }))
    assert.equal(code, 'BATCH_REFUSED')
    assert.deepEqual(
      results.map((result) => 'body' in result && result.body['code']),
      ['BATCH_REFUSED', 'INSUFFICIENT_FUNDS'],
    )
  })

  await t.test('headers of answers, through openapi-fetch below the calls', async () => {
    const params = { path: { customer_id: customer.customer_id } }
    const first = await own.http.GET('/api/licenses/{customer_id}', { params })
    assert.deepEqual(first.data?.data, [])
    const headers = { 'If-None-Match': first.response.headers.get('etag') ?? '' }
    const again = await own.http.GET('/api/licenses/{customer_id}', { params, headers })
    assert.equal(again.response.status, 304)
    const unknown = { path: { customer_id: 'cust_0000000000000000' } }
    const refused = own.http.GET('/api/licenses/{customer_id}', { params: unknown })
    assert.equal((await failureOf(refused)).code, 'CUSTOMER_NOT_FOUND')
  })

  await t.test('a credential that is not set is refused at once', () => {
    const unset = process.env['NOT_SET_ANYWHERE'] as string
    assert.throws(() => customerClient({ url, apiKey: unset }), TypeError)
    assert.throws(() => internalClient({ url, token: '' }), TypeError)
  })
})
