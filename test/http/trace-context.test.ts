import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceIdOf } from '../../src/http/trace-context.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { createDatabase } from '../support/database.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

test('a traceparent is read to the letter of W3C Trace Context, and else ignored', () => {
  const read = (traceparent?: string) => traceIdOf({ headers: { traceparent } })
  assert.equal(read(`00-${TRACE}-${PARENT}-01`), TRACE)
  assert.equal(read(`00-${TRACE}-${PARENT}-00`), TRACE)
  assert.equal(read(`cc-${TRACE}-${PARENT}-01-what-the-future-brings`), TRACE)
  for (const bad of [
    undefined,
    '',
    TRACE,
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-zz`,
    `ff-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${PARENT}-01`,
    ` 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01x`,
    `00-${TRACE}-${PARENT}-01\n`,
  ]) {
    assert.equal(read(bad), undefined, String(bad))
  }
})

test('every line about a request has its id, trace, scope, actor and duration', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const service = await startServiceProcess(t, newDataDir(t), {
    DATABASE_URL: database.url,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
  })
  const call = (headers: Record<string, string>) =>
    fetch(`${service.origin}/balance/nobody`, { headers })
  const traceparent = `00-${TRACE}-${PARENT}-01`
  await call({ traceparent, 'x-request-id': 'request-good', 'x-internal-token': INTERNAL_TOKEN })
  await call({ traceparent, 'x-request-id': 'request-refused' })
  await call({ traceparent: 'canary', 'x-request-id': 'request-without' })
  await service.says('request-without')
  service.child.kill('SIGTERM')
  await service.ended

  const lines = service
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const about = (id: string) => lines.filter((line) => line['request_id'] === id)
  const [good] = about('request-good')
  assert.equal(good?.['trace_id'], TRACE)
  assert.equal(good?.['scope'], 'internal')
  assert.match(String(good?.['actor']), /^internal:[0-9a-f]{8}$/)
  assert.equal(typeof good?.['duration_ms'], 'number')
  const refused = about('request-refused')
  assert.deepEqual(
    refused.map((line) => [line['trace_id'], line['msg']]),
    [
      [TRACE, 'Unauthorized request: invalid/missing X-INTERNAL-TOKEN'],
      [TRACE, 'Request'],
    ],
  )
  assert.ok(about('request-without').every((line) => !('trace_id' in line)))
  assert.ok(!service.output().includes('canary'))
})
