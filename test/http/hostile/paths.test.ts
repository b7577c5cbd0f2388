import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalCode } from '../../../src/refusals/index.ts'
import { assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'

test('a hostile path is refused in the one shape and quotes nothing of it', async (t) => {
  const target = await startTarget(t)
  const keys = `/api/customers/${target.customer.customerId}/api-keys`
  const long = 'a'.repeat(10_000)
  const cases: [path: string, code: RefusalCode][] = [
    ['/%zz', 'BAD_REQUEST'],
    ['/%', 'BAD_REQUEST'],
    ['/balance/%zz', 'BAD_REQUEST'],
    ['/balance/%c0%af', 'BAD_REQUEST'],
    ['/balance/%ed%a0%80', 'BAD_REQUEST'],
    ['/api/customers/%e2%82', 'BAD_REQUEST'],
    [`/balance/${long}`, 'BAD_REQUEST'],
    [`/${long}`, 'NOT_FOUND'],
    ['/balance/%00', 'VALIDATION_FAILED'],
    ['/balance/ada%00', 'VALIDATION_FAILED'],
    ['/balance/ada%0d%0aset-cookie:x=1', 'VALIDATION_FAILED'],
    ['/balance/', 'VALIDATION_FAILED'],
    ['/balance/%20', 'VALIDATION_FAILED'],
    ['/balance/ada;x=2', 'VALIDATION_FAILED'],
    ['/balance/ada%2fbob', 'VALIDATION_FAILED'],
    ['/balance/ada%2f', 'VALIDATION_FAILED'],
    ['/balance/..%2f..%2fhealth', 'VALIDATION_FAILED'],
    ['/balance/%252e', 'VALIDATION_FAILED'],
    ['/balance/a%E2%80%AEda', 'VALIDATION_FAILED'],
    ['/balance/a%E2%80%8Bda', 'VALIDATION_FAILED'],
    ['/balance/%C3%A4da', 'VALIDATION_FAILED'],
    [`/balance/${'a'.repeat(129)}`, 'VALIDATION_FAILED'],
    ['/balance/%2e%2e', 'ACCOUNT_NOT_FOUND'],
    ['/balance/Ada', 'ACCOUNT_NOT_FOUND'],
    [`/balance/${'a'.repeat(128)}`, 'ACCOUNT_NOT_FOUND'],
    ['/balance', 'NOT_FOUND'],
    ['//balance/ada', 'NOT_FOUND'],
    ['/balance//ada', 'NOT_FOUND'],
    ['/balance/ada/', 'NOT_FOUND'],
    ['/balance/../balance/ada', 'NOT_FOUND'],
    ['/Balance/ada', 'NOT_FOUND'],
    ['/%62alance%2fada', 'NOT_FOUND'],
    ['/api/customers/', 'VALIDATION_FAILED'],
    ['/api/customers//api-keys', 'VALIDATION_FAILED'],
    ['/api/customers/cust_1', 'VALIDATION_FAILED'],
    [`/api/customers/${target.customer.customerId}%00`, 'VALIDATION_FAILED'],
    ['/api/customers/cust_0000000000000000', 'CUSTOMER_NOT_FOUND'],
    ['/api/customers/cust_0000000000000000/api-keys', 'CUSTOMER_NOT_FOUND'],
    [`${keys}/`, 'METHOD_NOT_ALLOWED'],
    ['/docs/static/..%2f..%2f..%2f..%2fpackage.json', 'NOT_FOUND'],
    ['/docs/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json', 'NOT_FOUND'],
    ['/docs/static/%00', 'BAD_REQUEST'],
    ['/nowhere?secret=canary-6b1f', 'NOT_FOUND'],
    ['/nowhere;canary-6b1f', 'NOT_FOUND'],
    ['/nowhere/canary-6b1f%0d', 'NOT_FOUND'],
    ['/<canary-6b1f>', 'NOT_FOUND'],
  ]
  await assertUntouched(target, async () => {
    for (const [path, code] of cases) {
      const answer = await target.send('GET', path)
      assertRefused(answer, code, path.slice(0, 100))
      assert.ok(!/canary|aaaa|%zz|package/.test(answer.text), path.slice(0, 100))
    }
    // With a tail, ids of keys are read from the path too.
    const others: [method: string, path: string, code: RefusalCode][] = [
      ['DELETE', `${keys}/`, 'VALIDATION_FAILED'],
      ['DELETE', `${keys}/%2e%2e%2e%2e%2e%2e%2e%2e`, 'VALIDATION_FAILED'],
      ['DELETE', `${keys}/0000000%00`, 'VALIDATION_FAILED'],
      ['POST', `${keys}/0000000;/rotate`, 'VALIDATION_FAILED'],
      ['PUT', '/deduct', 'METHOD_NOT_ALLOWED'],
      ['GET', '/deduct', 'METHOD_NOT_ALLOWED'],
      ['DELETE', '/api/customers', 'METHOD_NOT_ALLOWED'],
      ['POST', '/health', 'METHOD_NOT_ALLOWED'],
      ['TRACE', '/health', 'METHOD_NOT_ALLOWED'],
      ['GET', '/api/webhooks/stripe', 'METHOD_NOT_ALLOWED'],
      ['FROB', '/health', 'BAD_REQUEST'],
      ['get', '/health', 'BAD_REQUEST'],
      ['GET', '/hea\x01lth', 'BAD_REQUEST'],
      ['GET', '/caf\xe9', 'BAD_REQUEST'],
      ['GET', '/he alth', 'BAD_REQUEST'],
    ]
    for (const [method, path, code] of others) {
      assertRefused(await target.send(method, path), code, `${method} ${path}`)
    }
  })
})

test('HEAD has the headers of GET and no content', async (t) => {
  const target = await startTarget(t)
  const answer = await target.call('HEAD', '/health')
  assert.deepEqual([answer.status, answer.body], [200, ''])
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  assert.equal((await target.call('HEAD', '/nowhere')).status, 404)
})
