import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { RefusalCode } from '../../src/refusals/index.ts'
import { openSocket, readToEnd, sendRaw } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'
import { rowCounter } from '../support/tables.ts'
import { asAdmin } from '../support/database.ts'

const LONG = Buffer.alloc(5_000_000, ' ')
const JSON_TYPE = { 'content-type': 'application/json' }
const INTERNAL = { 'x-internal-token': INTERNAL_TOKEN, ...JSON_TYPE }

/** Calls that have their answer before their body is there. */
const REFUSED: [
  code: RefusalCode,
  method: string,
  path: string,
  headers: Record<string, string>,
][] = [
  ['PAYLOAD_TOO_LARGE', 'POST', '/deduct', INTERNAL],
  ['UNSUPPORTED_MEDIA_TYPE', 'POST', '/deduct', { ...INTERNAL, 'content-type': 'text/plain' }],
  ['FORBIDDEN', 'POST', '/deduct', JSON_TYPE],
  ['UNAUTHORIZED', 'POST', '/api/customers', JSON_TYPE],
  ['UNAUTHORIZED', 'POST', '/api/usage/report/batch', JSON_TYPE],
  ['NOT_FOUND', 'POST', '/nowhere', JSON_TYPE],
  ['NOT_FOUND', 'POST', '/nowhere', { 'content-type': 'text/plain' }],
  ['METHOD_NOT_ALLOWED', 'PUT', '/deduct', JSON_TYPE],
  ['METHOD_NOT_ALLOWED', 'POST', '/health', JSON_TYPE],
  ['INVALID_SIGNATURE', 'POST', '/api/webhooks/stripe', JSON_TYPE],
]

async function start(t: TestContext) {
  const service = await startService(t)
  return {
    ...service,
    /** No row may have been written by what is refused. */
    unchanged: (work: () => Promise<void>) =>
      asAdmin(service.database.adminUrl, async (sql) => {
        const count = await rowCounter(sql)
        const before = await count()
        await work()
        assert.deepEqual(await count(), before)
      }),
  }
}

function inPieces(body: Buffer): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull: (controller) => {
      controller.enqueue(body.subarray(at, (at += 65_536)))
      if (at >= body.length) controller.close()
    },
  })
}

test('fetch has the refusal of a body that it is still sending', async (t) => {
  const service = await start(t)
  await service.unchanged(async () => {
    for (const [code, method, path, headers] of REFUSED) {
      for (const isChunked of [false, true]) {
        const about = `${code} ${isChunked ? 'chunked' : 'with a length'}`
        const response = await fetch(service.origin + path, {
          method,
          headers,
          body: isChunked ? inPieces(LONG) : LONG,
          ...(isChunked && { duplex: 'half' }),
        }).catch((error: unknown) => assert.fail(`${about}: ${String((error as Error).cause)}`))
        assertRefused({ ...answerOf(response), body: await response.json() }, code, about)
      }
    }
  })
})

test('a 429 arrives in the same way', async (t) => {
  const service = await startService(t, { RATE_LIMIT_API: '1/1h' })
  assert.equal((await service.call('GET', '/openapi.json')).status, 200)
  for (const path of ['/nowhere', '/openapi.json']) {
    const response = await fetch(service.origin + path, { method: 'POST', body: LONG })
    assertRefused({ ...answerOf(response), body: await response.json() }, 'RATE_LIMITED')
  }
})

function answerOf({ status, headers }: Response) {
  return { status, headers }
}

/** By node:http, which goes on sending; `100-continue` asks first whether it should. */
async function send(
  origin: string,
  [code, method, path, headers]: (typeof REFUSED)[number],
  more: Record<string, string>,
) {
  const about = `${code} ${JSON.stringify(more)}`
  const request = httpRequest(origin + path, { method, headers: { ...headers, ...more } })
  let wasAsked = false
  request.on('continue', () => {
    wasAsked = true
    request.end(LONG)
  })
  if (more['expect'] === undefined) request.end(LONG)
  else request.flushHeaders()
  const [response] = (await Promise.race([
    once(request, 'response'),
    once(request, 'error').then(([error]) => assert.fail(`${about}: ${String(error)}`)),
  ])) as [IncomingMessage]
  // What is still being sent may break off from now on: the answer is here.
  request.on('error', () => undefined)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  request.destroy()
  const answer = {
    status: response.statusCode ?? 0,
    headers: new Headers(response.headers as Record<string, string>),
    body: JSON.parse(text) as unknown,
  }
  assertRefused(answer, code, about)
  return { wasAsked, answer }
}

test('node:http has it too, and is not asked for a body that is refused by its head', async (t) => {
  const service = await start(t)
  const length = { 'content-length': String(LONG.length) }
  const chunked = { 'transfer-encoding': 'chunked' }
  await service.unchanged(async () => {
    for (const call of REFUSED) {
      for (const framing of [length, chunked]) {
        const plain = await send(service.origin, call, framing)
        assert.equal(plain.answer.headers.get('connection'), 'close')
        const { wasAsked } = await send(service.origin, call, {
          ...framing,
          expect: '100-continue',
        })
        const needsBody = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'].includes(call[0])
        assert.equal(wasAsked, needsBody, call[0])
      }
    }
  })
})

test('a connection goes on behind a short body that was refused unread', async (t) => {
  const service = await startService(t)
  const body = 'x'.repeat(100_000)
  const length = `content-length: ${body.length}`
  const socket = await openSocket(service.origin)
  socket.write(`POST /nowhere HTTP/1.1\r\nhost: a\r\n${length}\r\n\r\n`)
  await once(socket, 'readable')
  socket.write(`${body}GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  const [refused, live] = await readToEnd(socket)
  assert.ok(refused && live)
  assertRefused(refused, 'NOT_FOUND')
  assert.equal(live.status, 200)
})

test('what comes behind an answer that ends the connection is no request', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const smuggled = rawTopUp()
  const long = `content-length: 5000000\r\n\r\n${' '.repeat(300)}`
  for (const head of [long, `transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`]) {
    const socket = await openSocket(service.origin)
    socket.write(`POST /nowhere HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${head}${smuggled}`)
    const answers = await readToEnd(socket)
    assert.equal(answers.length, 1)
    assert.equal(answers[0]?.headers.get('connection'), 'close')
  }
  const { body } = await service.asInternal('GET', '/account/ada/transfers')
  assert.deepEqual(body.data, [])
})

test('what is sent along behind an early answer that ends the connection has no effect', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const head = 'POST /nowhere HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
  const answers = await sendRaw(service.origin, `${head}2\r\n{}\r\n0\r\n\r\n${rawTopUp()}`)
  assert.equal(answers.length, 1)
  assert.equal(answers[0]?.headers.get('connection'), 'close')
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1 })
  const { body } = await service.asInternal('GET', '/account/ada/transfers')
  assert.deepEqual(
    body.data.map(({ amount }: { amount: number }) => amount),
    [1],
  )
})

test('a good request has its own answer, also where broken bytes come behind it', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  for (const broken of ['BROKEN\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\0'.repeat(100_000)]) {
    const answers = await sendRaw(service.origin, rawTopUp() + rawTopUp() + broken)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    )
  }
  const { body } = await service.asInternal('GET', '/balance/ada')
  assert.equal(body.balance, 30)
})

function rawTopUp(): string {
  const body = '{"user_id":"ada","amount":5}'
  const head = Object.entries({ ...INTERNAL, host: 'a', 'content-length': String(body.length) })
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `POST /top_up HTTP/1.1\r\n${lines}\r\n${body}`
}

test('nobody holds a connection by sending on, slowly or without end', async (t) => {
  const service = await startService(t)
  const heads = ['content-length: 5000000000', 'transfer-encoding: chunked', 'content-length: 5000']
  const pieces = ['', 'x', 'x'.repeat(65_536)]
  const calls = pieces.flatMap((piece) => heads.map((head) => [piece, head] as const))
  // One that were not closed would keep the test from its end.
  const answered = await Promise.all(
    calls.map(async ([piece, head]) => {
      const socket = await openSocket(service.origin)
      socket.write(`POST /nowhere HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n`)
      const isChunked = head.startsWith('transfer')
      const bytes = isChunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece
      const drip = setInterval(() => {
        if (piece !== '' && socket.writable && !socket.writableNeedDrain) socket.write(bytes)
      }, 5)
      let answer = ''
      socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
      // By a reset, where more was on its way.
      await new Promise((resolve) => socket.once('close', resolve))
      clearInterval(drip)
      return answer
    }),
  )
  for (const answer of answered) assert.match(answer, /^HTTP\/1\.1 404 /)
})
