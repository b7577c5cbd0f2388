import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer } from '../support/customers.ts'
import { JSON_TYPE } from '../support/hostile.ts'
import { callsMeanwhile, rawRequest } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'

const METRICS = Array.from({ length: 90 }, (_, index) => `"metric_${index}":${index}.5`).join()

test('others are answered while a long batch is read and checked', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const report = (index: number) => `{"report_id":"${index}","metrics":{${METRICS}}}`
  const reports = Array.from({ length: 1_000 }, (_, index) => report(index))
  // The last one shows that all before it have been looked at.
  const body = `{"reports":[${reports.join()},{"report_id":"a b","metrics":{"calls":1}}]}`
    .replace(`${report(0)},`, '')
    .concat(' '.repeat(2_000_000))
  const headers = [['x-api-key', apiKey] as const, JSON_TYPE]
  const request = rawRequest('POST', '/api/usage/report/batch', headers, body)

  const { answer, between } = await callsMeanwhile(service.origin, request)
  assertRefused(answer, 'VALIDATION_FAILED')
  assert.equal(answer.body.details[0].path, '/reports/999/report_id')
  // Read in one piece it would be one or two.
  assert.ok(between > 8, `${between} calls in between`)
})
