import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { REFUSALS, type RefusalCode } from '../../src/refusals/index.ts'

const NAMED = /^(No such route: [A-Z]+ [A-Za-z0-9/._~-]{1,100}|No event [A-Za-z0-9_]{1,64})$/

interface Refused {
  status: number
  headers: Headers
  // As in `service.ts`: a refusal's shape is what is checked here.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

/**
 * Asserts the one error shape, with the status, code and message of that refusal and nothing more.
 */
export function assertRefused(answer: Refused, code: RefusalCode, about = ''): void {
  const [status, standard] = REFUSALS[code]
  const { request_id, details, results, ...rest } = answer.body
  // The message may name a plain path or id, and nothing else.
  const isNamed = code === 'NOT_FOUND' && NAMED.test(rest.message)
  const message: string = isNamed ? rest.message : standard
  const expected = { statusCode: status, error: STATUS_CODES[status], code, message }
  assert.deepEqual(rest, expected, about)
  assert.equal(answer.status, status, about)
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8', about)
  assert.match(request_id, /^[A-Za-z0-9._-]{8,64}$/, about)
  assert.equal(answer.headers.get('x-request-id'), request_id, about)
  const challenge = answer.headers.get('www-authenticate')
  if (status === 401) assert.match(challenge ?? '', /^(ApiKey|Bearer) realm="strongroom"$/, about)
  else assert.equal(challenge, null, about)
  if (code === 'BATCH_REFUSED') {
    for (const one of results ?? []) {
      assert.deepEqual(Object.keys(one).slice(0, 2), ['status', 'body'], about)
    }
  } else assert.equal(results, undefined, about)
  if (code === 'BUDGET_EXCEEDED') {
    assert.deepEqual(Object.keys(details), ['budget_id', 'remaining'], about)
  } else if (details !== undefined) assertDetails(details, about)
}

function assertDetails(details: unknown, about: string): void {
  assert.ok(Array.isArray(details) && details.length > 0 && details.length <= 20, about)
  for (const detail of details as unknown[]) {
    assert.deepEqual(Object.keys(detail as object), ['path', 'message'], about)
  }
}

/** A body without the parts that differ between requests. */
export function sameForAll(answer: Refused): unknown {
  return { ...answer.body, request_id: 'any' }
}
