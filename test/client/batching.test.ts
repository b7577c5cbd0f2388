import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StrongroomError, internalClient } from '../../src/client/index.ts'
import { faultyProxy } from '../support/faulty-proxy.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const failureOf = (call: Promise<unknown>): Promise<StrongroomError> =>
  call.then(
    () => assert.fail('It should have failed'),
    (thrown: unknown) => {
      assert.ok(thrown instanceof StrongroomError, String(thrown))
      return thrown
    },
  )

/** All that a caller sees of an error, but for what no two calls have in common. */
const factsOf = ({ requestId, ...facts }: StrongroomError) => {
  assert.match(requestId ?? '', /./)
  return { ...facts }
}

test('calls are collected into batches', async (t) => {
  const service = await startService(t)
  const proxy = await faultyProxy(t, service.origin)
  const options = { url: proxy.url, token: INTERNAL_TOKEN }
  const plain = internalClient(options)
  const client = internalClient({ ...options, batching: { maxSize: 100, maxDelayMs: 20 } })
  await client.openAccount({ user_id: 'ada', tier: 'pro' })
  await plain.topUp({ user_id: 'ada', amount: 100_000 })
  const balance = async () => (await plain.getBalance({ user_id: 'ada' })).balance

  await t.test('a thousand charges are ten requests, each with its own answer', async () => {
    proxy.plan()
    const before = await balance()
    const from = proxy.seen.length
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => client.deduct({ user_id: 'ada', amount: 3 })),
    )
    const seen = proxy.seen.slice(from)
    assert.deepEqual(
      seen.map(({ path }) => path),
      Array<string>(10).fill('/transfers/batch'),
    )
    assert.equal(new Set(answers.map(({ transfer_id: id }) => id)).size, 1_000)
    assert.equal(await balance(), before - 3_000)
  })

  await t.test('a few go together when the first has waited', async () => {
    proxy.plan()
    const charge = await client.deduct({ user_id: 'ada', amount: 50 })
    const from = proxy.seen.length
    const [topUp, refund, hold] = await Promise.all([
      client.topUp({ user_id: 'ada', amount: 5 }),
      client.refund({ transfer_id: charge.transfer_id, amount: 20 }),
      client.createHold({ user_id: 'ada', amount: 40 }),
    ])
    assert.deepEqual([topUp.amount, refund.amount, hold.status], [5, 20, 'open'])
    const [captured, again] = await Promise.all([
      client.captureHold({ hold_id: hold.hold_id, amount: 30 }),
      client.releaseHold({ hold_id: hold.hold_id }).catch((error: StrongroomError) => error.code),
    ])
    assert.deepEqual([captured.captured, again], [30, 'HOLD_CLOSED'])
    assert.equal(proxy.seen.length - from, 2)
  })

  await t.test('errors are those of the single calls, and of nobody else', async () => {
    proxy.plan()
    const wrong = [
      { user_id: 'ada', amount: 1_000_000 },
      { user_id: 'nobody', amount: 1 },
      { user_id: 'ada', amount: 0 },
      { user_id: 'a b', amount: 1.5 },
    ]
    const keyed = wrong.map((call, index) => [call, { idempotencyKey: `wrong-${index}` }] as const)
    const good = client.deduct({ user_id: 'ada', amount: 1 })
    const batched = await Promise.all(keyed.map((call) => failureOf(client.deduct(...call))))
    const single = await Promise.all(keyed.map((call) => failureOf(plain.deduct(...call))))
    assert.deepEqual(batched.map(factsOf), single.map(factsOf))
    assert.deepEqual(
      batched.map(({ message }) => message),
      single.map(({ message }) => message),
    )
    assert.equal((await good).amount, 1)
    const other = internalClient({ ...options, token: 'x'.repeat(40), batching: {} })
    const refused = await failureOf(other.deduct({ user_id: 'ada', amount: 1 }))
    assert.deepEqual([refused.code, refused.statusCode], ['FORBIDDEN', 403])
  })

  await t.test('a batch whose answer is lost happens once', async () => {
    const before = await balance()
    proxy.plan('unanswered', 'lost')
    await Promise.all(
      Array.from({ length: 10 }, () => client.deduct({ user_id: 'ada', amount: 1 })),
    )
    assert.equal(await balance(), before - 10)
  })

  await t.test('what fails in passing alone is tried again alone', async () => {
    const before = await balance()
    const calls = 3
    const busy = { statusCode: 503, error: 'x', code: 'OVERLOADED', message: 'x', request_id: 'x' }
    const results = Array.from({ length: calls }, () => ({ status: 503, body: busy }))
    proxy.plan({ status: 200, body: JSON.stringify({ results }), headers: JSON_TYPE })
    await Promise.all(
      Array.from({ length: calls }, () => client.deduct({ user_id: 'ada', amount: 1 })),
    )
    assert.equal(await balance(), before - calls)
  })

  await t.test('one that is aborted while it waits is not sent', async () => {
    proxy.plan()
    const before = await balance()
    const ending = new AbortController()
    const [kept, dropped] = [
      client.deduct({ user_id: 'ada', amount: 1 }),
      client.deduct({ user_id: 'ada', amount: 100 }, { signal: ending.signal }),
    ]
    ending.abort(new Error('enough'))
    await assert.rejects(dropped, /enough/)
    await kept
    assert.equal(await balance(), before - 1)
  })

  await t.test('sizes that can not be are refused at once', () => {
    for (const batching of [{ maxSize: 0 }, { maxSize: 1_001 }, { maxDelayMs: -1 }]) {
      assert.throws(() => internalClient({ ...options, batching }), TypeError)
    }
  })
})
