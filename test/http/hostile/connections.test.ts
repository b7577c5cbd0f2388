import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { JSON_TYPE, assertUntouched, startTarget } from '../../support/hostile.ts'
import { openSocket, rawRequest, readToEnd, sendRaw } from '../../support/raw-socket.ts'
import { assertRefused } from '../../support/refusals.ts'
import { INTERNAL_TOKEN, type Service, startService } from '../../support/service.ts'

const CLOSED_WITHIN_MS = 20_000

/** Sends the start, then a byte each half second for as long as the server takes it; or nothing. */
async function trickle(service: Service, start: string) {
  const socket = await openSocket(service.origin)
  const begun = Date.now()
  socket.write(start)
  const drip = setInterval(() => start !== '' && socket.writable && socket.write('x'), 500)
  try {
    return { answers: await readToEnd(socket), tookMs: Date.now() - begun }
  } finally {
    clearInterval(drip)
  }
}

test('a connection that is slow or idle is closed in time, with a 408 where one can be heard', async (t) => {
  const service = await startService(t)
  const post = `POST /deduct HTTP/1.1\r\nhost: a\r\nx-internal-token: ${INTERNAL_TOKEN}\r\n`
  const json = `${post}content-type: application/json\r\n`
  const starts: [name: string, start: string][] = [
    ['silent', ''],
    ['slow in its request line', 'GET /hea'],
    ['slow in its headers', `${post}x-slow: `],
    ['slow in its body', `${json}content-length: 1000\r\n\r\n{"user_id":"`],
    ['slow in a chunk', `${json}transfer-encoding: chunked\r\n\r\n100\r\n{"user_id":"`],
  ]
  const outcomes = await Promise.all(starts.map(([, start]) => trickle(service, start)))
  outcomes.forEach(({ answers, tookMs }, index) => {
    const name = starts[index]?.[0] ?? ''
    assert.ok(tookMs < CLOSED_WITHIN_MS, `${name}: ${tookMs} ms`)
    assert.equal(answers.length, 1, name)
    if (answers[0]) assertRefused(answers[0], 'REQUEST_TIMEOUT', name)
  })
  assert.equal((await service.call('GET', '/health/live')).status, 200)
})

test('a thousand slow requests whose time runs out at once are refused between the calls of others', async (t) => {
  const service = await startService(t)
  const slow = await Promise.all(Array.from({ length: 1_000 }, () => openSocket(service.origin)))
  let refused = 0
  const ends = slow.map(async (socket) => {
    socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\nx-slow: ')
    const [answer] = await readToEnd(socket)
    refused++
    assertRefused(answer ?? assert.fail('There is no answer'), 'REQUEST_TIMEOUT')
  })
  let between = 0
  while (refused < slow.length) {
    assert.equal((await service.call('GET', '/health/live')).status, 200)
    if (refused > 0 && refused < slow.length) between++
  }
  await Promise.all(ends)
  assert.ok(between >= 20, `${between} calls were answered between the first and the last refusal`)
})

test('bytes that are no HTTP/1 request, or two readings of one, are refused', async (t) => {
  const target = await startTarget(t)
  const head = `POST /account HTTP/1.1\r\nhost: a\r\nx-internal-token: ${INTERNAL_TOKEN}\r\n`
  const json = `${head}content-type: application/json\r\n`
  const smuggled = 'GET /account/ada HTTP/1.1\r\nhost: a\r\n\r\n'
  const requests: [name: string, bytes: string | Buffer][] = [
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /health\r\n\r\n'],
    ['HTTP/3.0', 'GET /health HTTP/3.0\r\nhost: a\r\n\r\n'],
    ['Redis', '*1\r\n$4\r\nPING\r\n'],
    ['no host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['bare line feeds', 'GET /health HTTP/1.1\nhost: a\n\n'],
    ['a folded header', 'GET /health HTTP/1.1\r\nhost: a\r\nx-a: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'GET /health HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['NUL in a header', 'GET /health HTTP/1.1\r\nhost: a\r\nx-a: b\0c\r\n\r\n'],
    ['a header without a name', 'GET /health HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n'],
    ['two lengths', `${json}content-length: 2\r\ncontent-length: 50\r\n\r\n{}${smuggled}`],
    [
      'a length and chunks',
      `${json}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a length in words', `${json}content-length: two\r\n\r\n{}`],
    ['a negative length', `${json}content-length: -1\r\n\r\n{}`],
    ['an unknown coding', `${json}transfer-encoding: xchunked\r\n\r\n{}`],
    ['chunked twice', `${json}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a chunk size that is none', `${json}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
    [
      'a chunk longer than it says',
      `${json}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    ],
  ]
  await assertUntouched(target, async () => {
    for (const [name, bytes] of requests) {
      const answers = await sendRaw(target.origin, bytes)
      assert.equal(answers.length, 1, name)
      if (answers[0]) assertRefused(answers[0], 'BAD_REQUEST', name)
    }
  })
})

function many(count: number) {
  return Array.from({ length: count }, (_, index) => [`x-h${index}`, '1'] as const)
}

test('headers are bounded in number and in bytes', async (t) => {
  const service = await startService(t)
  for (const headers of [many(1_500), many(101), [['x-big', 'a'.repeat(20_000)] as const]]) {
    const [answer] = await sendRaw(service.origin, rawRequest('GET', '/health', headers))
    assert.ok(answer)
    assertRefused(answer, 'HEADERS_TOO_LARGE')
  }
  const [url] = await sendRaw(service.origin, rawRequest('GET', `/${'a'.repeat(20_000)}`))
  assert.ok(url)
  assertRefused(url, 'HEADERS_TOO_LARGE')
  const [answer] = await sendRaw(service.origin, rawRequest('GET', '/health/live', many(90)))
  assert.equal(answer?.status, 200)
})

test('pipelined requests are answered one by one, in order', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const paths = ['/balance/ada', '/balance/bob', '/nowhere', '/health/live', '/balance/%zz']
  const lines = `host: a\r\nx-internal-token: ${INTERNAL_TOKEN}\r\n`
  const requests = paths.map((path, index) => {
    const connection = index === paths.length - 1 ? 'close' : 'keep-alive'
    return `GET ${path} HTTP/1.1\r\n${lines}connection: ${connection}\r\n\r\n`
  })
  const answers = await sendRaw(service.origin, requests.join(''))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 404, 404, 200, 400],
  )
})

test('an expectation is met or ignored, never answered in another shape', async (t) => {
  const target = await startTarget(t)
  for (const expected of ['100-continue', 'banana']) {
    const headers = [JSON_TYPE, ['expect', expected]] as const
    const body = '{"user_id":"ada","tier":"pro"}'
    const answer = await target.send('POST', '/account', { headers, body })
    assert.equal(answer.status, 200, expected)
  }
})

test('an abort in the middle of a deduct: its key tells what became of it', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const rounds = 20
  for (let round = 0; round < rounds; round++) {
    const body = `{"user_id":"ada","amount":7,"idempotency_key":"aborted-${round}"}`
    const headers = [JSON_TYPE, ['x-internal-token', INTERNAL_TOKEN]] as const
    const request = rawRequest('POST', '/deduct', headers, body)
    const socket = await openSocket(service.origin)
    // Cut within the body, right behind it, and later and later after that.
    await new Promise((sent) => socket.write(round === 0 ? request.subarray(0, -5) : request, sent))
    for (let turn = 0; turn < round; turn++) await new Promise(setImmediate)
    socket.destroy()
    await once(socket, 'close')
    const answer = await service.asInternal('POST', '/deduct', body)
    assert.equal(answer.status, 200)
  }
  const { body } = await service.asInternal('GET', '/balance/ada')
  assert.equal(body.balance, 1_000 - 7 * rounds)
})
