import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import { createCustomer, putPlan } from '../support/customers.ts'
import { lock, settled } from '../support/locks.ts'
import { openSocket, readToEnd } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'

/** More than the time of a handler, less than that of an arrival. */
const SLOW_BODY_MS = 6_000

test('a guard that hangs is under the deadline', async (t) => {
  const first = await startService(t)
  const { apiKey } = await createCustomer(first)
  // Its verifier does not know the key yet.
  const second = await startService(t, {}, first.database)
  const { release } = await lock(t, second, 'lock table api_keys in access exclusive mode')
  const headers = { 'x-api-key': apiKey }
  // The lock is held until there is an answer.
  assertRefused(await second.call('GET', '/api/me', { headers }), 'TIMEOUT')
  const report = { headers, body: { metrics: { calls: 1 } } }
  assertRefused(await second.call('POST', '/api/usage/report', report), 'TIMEOUT')
  await release()
  await settled(second)
  const stored = await second.call('GET', '/api/me', { headers })
  assert.equal(stored.status, 200)
})

test('a body has its own time to arrive, and its handler has its own then', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const socket = await openSocket(service.origin)
  const body = '{"user_id":"ada","amount":5}'
  socket.write(
    `POST /top_up HTTP/1.1\r\nhost: a\r\nx-internal-token: ${INTERNAL_TOKEN}\r\n` +
      `content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  await delay(SLOW_BODY_MS)
  socket.write(body)
  const [answer] = await readToEnd(socket)
  assert.equal(answer?.status, 200)
})

test('a request that ends after its time is no warning', async (t) => {
  const lines: { level: number; msg: string; route?: string; status?: number }[] = []
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as (typeof lines)[number])
      done()
    },
  })
  const logger = pino({ level: 'info' }, output) as unknown as FastifyBaseLogger
  const service = await startService(t, {}, undefined, logger)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await putPlan(service, 'basic')
  const { release } = await lock(t, service, 'lock table plans, accounts in access exclusive mode')
  const answers = await Promise.all([
    service.asAdmin('GET', '/api/plans/basic'),
    service.asInternal('GET', '/balance/ada'),
    service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 5 }),
    service.asAdmin('PUT', '/api/plans/basic', { name: 'Late', features: {}, limits: {} }),
  ])
  for (const { status, body } of answers) {
    assert.equal(status, 503)
    assert.ok(['TIMEOUT', 'ACCOUNT_BUSY'].includes(body.code), body.code)
  }
  await release()
  await settled(service)
  const loud = lines.filter(({ level }) => level >= 40)
  assert.deepEqual(loud, [])
  assert.equal(lines.filter(({ status }) => status === 503).length, answers.length)
})
