import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { assertNothingWritten } from '../support/tables.ts'
import { asCustomer, daysAgo } from '../support/usage.ts'

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n]))

test('malformed reports are refused and leave nothing', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const values = ['NaN', 'Infinity', '1e400', '-0', '-0.0', '-1', '-0.5', '"5"', 'true', 'null']
  values.push('[5]', '{}', '9007199254740993', '1e308', '0x10', '+1', '.5', '01')
  const bodies = [
    ...values.map((value) => `{"metrics":{"calls":${value}}}`),
    '',
    '[]',
    '{}',
    '{"metrics":{"calls":1}',
    '{"metrics":{"calls":1,"calls":2}}',
    '{"metrics":{"__proto__":1}}',
    '{"metrics":{"calls":1},"metrics":{"calls":2}}',
    { metrics: {} },
    { metrics: [] },
    { metrics: many(101) },
    { metrics: { ['m'.repeat(65)]: 1 } },
    ...['', 'Calls', '1calls', '.calls', 'a-b', 'a b', 'cälls', 'calls\n', 'a\u200Bb'].map(
      (name) => ({ metrics: { [name]: 1 } }),
    ),
    ...['', 'a b', 'a\n', 'schlüssel', 'x'.repeat(256), 5, null].map((report_id) => ({
      metrics: { calls: 1 },
      report_id,
    })),
    ...['', 'a b', 'a\u202Eb', 'x'.repeat(129), 5, null].map((instance_id) => ({
      metrics: { calls: 1 },
      instance_id,
    })),
    ...[
      'infinity',
      '-infinity',
      'now',
      '',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-02-30T00:00:00Z',
      '2026-01-01T00:00:60Z',
      '294277-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      daysAgo(3_650).toISOString(),
      daysAgo(-365).toISOString(),
      1_795_486_217,
      null,
    ].map((reported_at) => ({ metrics: { calls: 1 }, reported_at })),
    { metrics: { calls: 1 }, customer_id: 'cust_0000000000000000' },
  ]

  await assertNothingWritten(service.database, async () => {
    for (const body of bodies) {
      const about = typeof body === 'string' ? body : JSON.stringify(body).slice(0, 120)
      const answer = await api('POST', '/api/usage/report', body)
      assert.equal(answer.status, 400, about)
      const code = answer.body.code === 'MALFORMED_JSON' ? 'MALFORMED_JSON' : 'VALIDATION_FAILED'
      assertRefused(answer, code, about)
    }
    assertRefused(
      await api('POST', '/api/usage/report', {
        metrics: { calls: 1 },
        report_id: 'x'.repeat(70_000),
      }),
      'PAYLOAD_TOO_LARGE',
    )
  })
})

test('a malformed batch is refused as a whole, with the place of its first fault', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const good = { metrics: { calls: 1 } }
  await assertNothingWritten(service.database, async () => {
    for (const [reports, path] of [
      [[], '/reports'],
      [Array.from({ length: 1_001 }, () => good), '/reports'],
      [[good, { metrics: many(101) }], '/reports/1/metrics'],
      [[good, good, { metrics: { calls: -1 } }], '/reports/2/metrics/calls'],
      [[good, { ...good, reported_at: '2026-01-01T00:00:60Z' }], '/reports/1/reported_at'],
      [[good, { ...good, extra: 1 }], '/reports/1/extra'],
      [{ 0: good }, '/reports'],
    ] as const) {
      const answer = await api('POST', '/api/usage/report/batch', { reports })
      assertRefused(answer, 'VALIDATION_FAILED')
      assert.equal(answer.body.details[0].path, path)
      assert.equal(answer.body.details.length, 1)
    }
    // Megabytes of faults cost one.
    const faults = `{"reports":[${'1,'.repeat(250_000)}1]}`
    assertRefused(await api('POST', '/api/usage/report/batch', faults), 'VALIDATION_FAILED')
    const values = `{"reports":[${'1,'.repeat(2_000_000)}1]}`
    assertRefused(await api('POST', '/api/usage/report/batch', values), 'MALFORMED_JSON')
    const large = `{"reports":[${'1,'.repeat(2_200_000)}1]}`
    assertRefused(await api('POST', '/api/usage/report/batch', large), 'PAYLOAD_TOO_LARGE')
  })
})

test('values at the edges are kept', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const metrics = { zero: 0, tiny: 5e-324, large: 9007199254740991, half: 0.5, third: 1 / 3 }
  assert.equal((await api('POST', '/api/usage/report', { metrics })).status, 201)
  const long = { ['m'.repeat(64)]: 1, ...many(99) }
  assert.equal((await api('POST', '/api/usage/report', { metrics: long })).status, 201)
  const { body } = await api('GET', `/api/usage/${customerId}`)
  const sums = Object.fromEntries(
    body.data.map(({ metric, sum, min, max, last }: Record<string, unknown>) => {
      assert.deepEqual([min, max, last], [sum, sum, sum])
      return [metric, sum]
    }),
  )
  assert.deepEqual(sums, { ...metrics, ...long })
})
