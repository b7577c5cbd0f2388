import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  StrongroomError,
  type TransportOptions,
  adminClient,
  customerClient,
  internalClient,
} from '../../src/client/index.ts'
import { createCustomer } from '../support/customers.ts'
import { type Seen, faultyProxy } from '../support/faulty-proxy.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'

async function failureOf(call: Promise<unknown>): Promise<StrongroomError> {
  const error: unknown = await call.then(
    () => assert.fail('It should have failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StrongroomError, String(error))
  return error
}

const bodyOf = (seen?: Seen) => JSON.parse(seen?.body ?? '{}') as { report_id?: string }

const codeIs = (code: string) => (error: unknown) =>
  error instanceof StrongroomError && error.code === code

test('what fails in passing is tried again', async (t) => {
  const service = await startService(t)
  const proxy = await faultyProxy(t, service.origin)
  const clientWith = (options: TransportOptions) =>
    internalClient({ url: proxy.url, token: INTERNAL_TOKEN, ...options })
  const internal = clientWith({})
  await internal.openAccount({ user_id: 'ada', tier: 'pro' })
  await internal.topUp({ user_id: 'ada', amount: 10_000 })
  const balance = async () => (await internal.getBalance({ user_id: 'ada' })).balance

  await t.test('a charge whose answer is lost happens once, under one key', async () => {
    const before = await balance()
    proxy.plan('unanswered', { status: 502, body: '<html>' }, 'lost')
    const { balance: after } = await internal.deduct({ user_id: 'ada', amount: 100 })
    assert.equal(after, before - 100)
    assert.equal(await balance(), before - 100)
    const keys = proxy.seen.slice(0, 4).map(({ idempotencyKey }) => idempotencyKey)
    assert.match(keys[0] ?? '', /^[0-9a-f]{32}$/)
    assert.deepEqual(new Set(keys).size, 1)
  })

  await t.test('each call has a key of its own; one that is given is kept', async () => {
    proxy.plan()
    const call = { user_id: 'ada', amount: 1 }
    await internal.deduct(call)
    await internal.deduct(call)
    await internal.deduct(call, { idempotencyKey: 'mine' })
    await internal.deduct({ ...call, idempotency_key: 'in-body' })
    const [first, second, ...given] = proxy.seen.map(({ idempotencyKey }) => idempotencyKey)
    assert.notEqual(first, second)
    assert.deepEqual(given, ['mine', 'in-body'])
  })

  await t.test('when it is given up, the error has the key to ask again with', async () => {
    const before = await balance()
    proxy.plan('unanswered')
    const call = { user_id: 'ada', amount: 7 }
    const failed: unknown = await internal.deduct(call, { retries: 0 }).catch((error) => error)
    assert.ok(failed instanceof StrongroomError)
    assert.deepEqual([failed.code, failed.statusCode], ['CONNECTION_FAILED', null])
    await internal.deduct(call, { idempotencyKey: failed.idempotencyKey ?? '' })
    assert.equal(await balance(), before - 7)
  })

  await t.test('a report that is given up has its id, and batches have all of theirs', async () => {
    const { apiKey, customerId: customer_id } = await createCustomer(service)
    const own = customerClient({ url: proxy.url, apiKey, retries: 0 })
    proxy.plan('unanswered')
    const report = { metrics: { calls: 5 } }
    const { reportId, sent: none } = await failureOf(own.reportUsage(report))
    assert.deepEqual([reportId, none], [bodyOf(proxy.seen[0]).report_id, null])
    await own.reportUsage({ ...report, report_id: reportId ?? '' })

    proxy.plan('unanswered')
    const lost = await failureOf(own.reportUsageBatch({ reports: [report, report] }))
    assert.deepEqual(lost.sent, bodyOf(proxy.seen[0]))
    assert.ok(lost.sent !== null && 'reports' in lost.sent)
    await own.reportUsageBatch(lost.sent)
    const { data } = await own.getUsage({ customer_id, metric: 'calls', bucket: 'month' })
    assert.equal(data[0]?.count, 3)

    const before = await balance()
    proxy.plan('unanswered')
    const call = clientWith({ retries: 0 }).moveMany({
      transfers: [{ op: 'deduct', user_id: 'ada', amount: 9 }],
    })
    const failed = await failureOf(call)
    const { sent } = failed
    assert.ok(sent !== null && 'transfers' in sent)
    await internal.moveMany(sent)
    assert.equal(await balance(), before - 9)
    assert.ok(!JSON.stringify(failed).includes('ada'), 'a logger does not write the batch')
  })

  await t.test('a batch has all ids even where only the rest of it has failed', async () => {
    const { apiKey } = await createCustomer(service)
    const own = customerClient({ url: proxy.url, apiKey, retries: 1 })
    const reports = ['a', 'b'].map((report_id) => ({ report_id, metrics: { calls: 1 } }))
    const results = [
      { report_id: 'a', status: 'created' },
      { report_id: 'b', status: 'refused', code: 'OUTCOME_UNKNOWN' },
    ]
    proxy.plan({ status: 200, body: JSON.stringify({ results }) }, 'lost', 'lost')
    const { sent } = await failureOf(own.reportUsageBatch({ reports }))
    assert.deepEqual(sent, { reports })
  })

  await t.test(
    'a success that is not the service’s is none, and the error has the key',
    async () => {
      const before = await balance()
      const call = { user_id: 'ada', amount: 3 }
      const batching = internalClient({ url: proxy.url, token: INTERNAL_TOKEN, batching: {} })
      const foreign = [
        { status: 200, body: '<html>' },
        { status: 200, body: '' },
        { status: 204 },
        { status: 200, body: 'null' },
        { status: 200, body: '{"status":"maintenance"}' },
      ]
      for (const answer of foreign) {
        for (const client of [internal, batching]) {
          proxy.plan(answer)
          const failed = await failureOf(client.deduct(call))
          assert.deepEqual([failed.code, failed.statusCode], ['UNKNOWN_ANSWER', answer.status])
          assert.match(failed.idempotencyKey ?? '', /^[0-9a-f]{32}$/)
        }
      }
      for (const body of ['<html>', '']) {
        proxy.plan({ status: 200, body })
        const raw = await failureOf(internal.http.POST('/deduct', { body: call, params: {} }))
        assert.equal(raw.code, 'UNKNOWN_ANSWER')
      }
      const admin = adminClient({ url: proxy.url, token: ADMIN_TOKEN })
      const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }
      proxy.plan(page)
      await assert.rejects(admin.getMetrics(), codeIs('UNKNOWN_ANSWER'))
      proxy.plan(page)
      await assert.rejects(admin.revokeToken({ token_id: 'none' }), codeIs('UNKNOWN_ANSWER'))
      assert.equal(await balance(), before)
    },
  )

  await t.test('Retry-After is waited for; when it is long, the caller decides', async () => {
    const busy = { status: 503, headers: { 'retry-after': '1' } }
    proxy.plan(busy)
    await internal.getBalance({ user_id: 'ada' })
    const [first, second] = proxy.seen
    assert.ok((second?.at_ms ?? 0) - (first?.at_ms ?? 0) >= 1_000)
    proxy.plan({ status: 429, headers: { 'retry-after': '900' } })
    const refused = internal.getBalance({ user_id: 'ada' })
    await assert.rejects(refused, { statusCode: 429, retryAfterMs: 900_000 })
    assert.equal(proxy.seen.length, 1)
  })

  await t.test('a refusal is final', async () => {
    proxy.plan()
    await assert.rejects(
      internal.deduct({ user_id: 'nobody', amount: 1 }),
      codeIs('ACCOUNT_NOT_FOUND'),
    )
    assert.equal(proxy.seen.length, 1)
  })

  await t.test(
    'what could happen twice is sent once, unless it was refused untouched',
    async () => {
      const admin = adminClient({ url: proxy.url, token: ADMIN_TOKEN })
      proxy.plan('unanswered')
      const { customerId: customer_id } = await createCustomer(service)
      const keys = async () => (await admin.listApiKeys({ customer_id })).data.length
      const issued = admin.issueApiKey({ customer_id })
      await assert.rejects(issued, codeIs('CONNECTION_FAILED'))
      assert.equal(proxy.seen.length, 1)
      assert.equal(await keys(), 2)
      proxy.plan({ status: 429 })
      await admin.issueApiKey({ customer_id })
      assert.equal(await keys(), 3)
    },
  )

  await t.test('a customer is made once, and its key is shown once', async () => {
    const admin = adminClient({ url: proxy.url, token: ADMIN_TOKEN })
    proxy.plan('unanswered')
    const { customer, api_key } = await admin.createCustomer({ email: 'once@example.com' })
    assert.equal(proxy.seen.length, 2)
    assert.equal(api_key, null)
    const { data } = await admin.listCustomers({ email: 'once@example.com' })
    assert.deepEqual(data, [customer])
  })

  await t.test('usage counts once, because every report gets an id', async () => {
    const { apiKey, customerId: customer_id } = await createCustomer(service)
    const own = customerClient({ url: proxy.url, apiKey })
    proxy.plan('unanswered')
    await own.reportUsage({ metrics: { calls: 2 } })
    proxy.plan('unanswered')
    await own.reportUsageBatch({ reports: [{ metrics: { calls: 3 } }, { metrics: { calls: 4 } }] })
    const { data } = await own.getUsage({ customer_id, metric: 'calls', bucket: 'month' })
    assert.deepEqual([data[0]?.sum, data[0]?.count], [9, 3])
  })

  await t.test('a try that takes too long is given up', async () => {
    proxy.plan('silent')
    await internal.getBalance({ user_id: 'ada' }, { timeoutMs: 200 })
    assert.equal(proxy.seen.length, 2)
    proxy.plan('silent', 'silent')
    const silent = internal.getBalance({ user_id: 'ada' }, { timeoutMs: 50, retries: 1 })
    await assert.rejects(silent, codeIs('CONNECTION_TIMEOUT'))
  })

  await t.test('an abort ends a try and a wait with its own reason', async () => {
    const reason = new Error('enough')
    for (const fault of ['silent', { status: 503, headers: { 'retry-after': '20' } }] as const) {
      proxy.plan(fault)
      const controller = new AbortController()
      const call = internal.getBalance({ user_id: 'ada' }, { signal: controller.signal })
      const until = performance.now() + 5_000
      while (proxy.seen.length === 0 && performance.now() < until) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      controller.abort(reason)
      await assert.rejects(call, reason)
      assert.equal(proxy.seen.length, 1)
    }
  })

  await t.test('a redirect is not followed, so that no credential goes elsewhere', async () => {
    proxy.plan({ status: 307, headers: { location: `${service.origin}/balance/ada` } })
    const moved = clientWith({ retries: 0 }).getBalance({ user_id: 'ada' })
    await assert.rejects(moved, codeIs('CONNECTION_FAILED'))
  })
})
