import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usedThisMonth } from '../../src/usage/totals.ts'
import { createCustomer, putPlan } from '../support/customers.ts'
import { assertRefused, sameForAll } from '../support/refusals.ts'
import { startService } from '../support/service.ts'
import { asCustomer, startOfDay } from '../support/usage.ts'

const HOUR_MS = 3_600_000

function at(day: Date, hours: number): string {
  return new Date(day.getTime() + hours * HOUR_MS).toISOString()
}

test('totals of hours, days and months', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  // Two days of one month, whatever the day is today.
  const month = new Date(startOfDay(40).setUTCDate(1))
  const [first, second] = [startOfDayIn(month, 10), startOfDayIn(month, 11)]
  const reports: [string, Record<string, number>][] = [
    [at(first, 9.5), { calls: 0.1, bytes: 7 }],
    [at(first, 9.25), { calls: 0.2 }],
    [at(first, 10), { calls: 5 }],
    // Late: its hour and day have been reported for already.
    [at(first, 9.75), { calls: 3 }],
    [at(second, 0), { calls: 1 }],
    [at(second, 23.999), { calls: 0 }],
  ]
  for (const [reported_at, metrics] of reports) {
    const { status } = await api('POST', '/api/usage/report', { metrics, reported_at })
    assert.equal(status, 201)
  }
  const read = async (query: string) => {
    const answer = await api('GET', `/api/usage/${customerId}?${query}`)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body.data
  }
  const calls = { metric: 'calls' }
  const days = [
    { bucket: at(first, 0), ...calls, count: 4, sum: 8.3, min: 0.1, max: 5, last: 5 },
    { bucket: at(second, 0), ...calls, count: 2, sum: 1, min: 0, max: 1, last: 0 },
  ]

  await t.test('days', async () => {
    const range = `from=${at(first, 0)}&to=${at(second, 24)}`
    assert.deepEqual(await read(`metric=calls&bucket=day&${range}`), days)
  })

  await t.test('hours: a late report is in its own', async () => {
    const range = `from=${at(first, 0)}&to=${at(first, 24)}`
    assert.deepEqual(await read(`metric=calls&bucket=hour&${range}`), [
      { bucket: at(first, 9), ...calls, count: 3, sum: 3.3, min: 0.1, max: 3, last: 3 },
      { bucket: at(first, 10), ...calls, count: 1, sum: 5, min: 5, max: 5, last: 5 },
    ])
  })

  await t.test('months, of all metrics', async () => {
    const range = `from=${at(month, 0)}&to=${at(month, 24 * 28)}`
    assert.deepEqual(await read(`bucket=month&${range}`), [
      { bucket: at(month, 0), metric: 'bytes', count: 1, sum: 7, min: 7, max: 7, last: 7 },
      { bucket: at(month, 0), ...calls, count: 6, sum: 9.3, min: 0, max: 5, last: 0 },
    ])
  })

  await t.test('buckets are whole, and `to` is not part of the range', async () => {
    assert.deepEqual(
      await read(`metric=calls&from=${at(first, 13.5)}&to=${at(second, 0)}`),
      days.slice(0, 1),
    )
    assert.deepEqual(
      await read(`metric=calls&from=${at(first, 13.5)}&to=${at(second, 0.001)}`),
      days,
    )
    assert.deepEqual(await read(`metric=unknown&from=${at(first, 0)}`), [])
  })

  await t.test('for admins over all customers, and the top of them', async () => {
    const other = await createCustomer(service, { email: 'bob@example.com' })
    const body = { metrics: { calls: 100 }, reported_at: at(first, 12) }
    await asCustomer(service, other.apiKey)('POST', '/api/usage/report', body)
    const range = `metric=calls&from=${at(first, 0)}&to=${at(second, 24)}`
    const all = await service.asAdmin('GET', `/api/usage?${range}&bucket=day`)
    assert.deepEqual(all.body.data, [
      { bucket: at(first, 0), ...calls, count: 5, sum: 108.3, min: 0.1, max: 100, customers: 2 },
      { bucket: at(second, 0), ...calls, count: 2, sum: 1, min: 0, max: 1, customers: 1 },
    ])
    const top = await service.asAdmin('GET', `/api/usage/top?${range}`)
    assert.deepEqual(top.body.data, [
      { customer_id: other.customerId, count: 1, sum: 100, max: 100 },
      { customer_id: customerId, count: 6, sum: 9.3, max: 5 },
    ])
    const one = await service.asAdmin('GET', `/api/usage/top?${range}&limit=1`)
    assert.equal(one.body.data.length, 1)
  })

  await t.test('what licences may ask: the sum of this month', async () => {
    assert.equal(await usedThisMonth(service.app.db, customerId, 'calls'), '0')
    await api('POST', '/api/usage/report', { metrics: { calls: 0.7 } })
    assert.equal(await usedThisMonth(service.app.db, customerId, 'calls'), '0.7')
  })
})

test('a customer sees its own usage; a stranger’s id and an unknown one look the same', async (t) => {
  const service = await startService(t)
  const own = await createCustomer(service)
  const other = await createCustomer(service, { email: 'bob@example.com' })
  await asCustomer(service, other.apiKey)('POST', '/api/usage/report', { metrics: { calls: 9 } })
  const api = asCustomer(service, own.apiKey)

  const foreign = await api('GET', `/api/usage/${other.customerId}`)
  const unknown = await api('GET', '/api/usage/cust_0000000000000000')
  assertRefused(foreign, 'CUSTOMER_NOT_FOUND')
  assert.deepEqual(sameForAll(foreign), sameForAll(unknown))
  const headers = (answer: typeof foreign) =>
    [...answer.headers].filter(([name]) => !/^(date|x-request-id|ratelimit-)/.test(name))
  assert.deepEqual(headers(foreign), headers(unknown))
  assert.deepEqual((await api('GET', `/api/usage/${own.customerId}`)).body, { data: [] })

  for (const path of ['/api/usage', '/api/usage/top?metric=calls', '/api/usage/anomalies']) {
    assertRefused(await api('GET', path), 'UNAUTHORIZED')
  }
  assertRefused(await api('DELETE', '/api/usage/cleanup'), 'UNAUTHORIZED')
})

test('a range is checked', async (t) => {
  const service = await startService(t)
  const { customerId, apiKey } = await createCustomer(service)
  const api = asCustomer(service, apiKey)
  const refused = [
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2999-01-01T00:00:00Z',
    'bucket=hour&from=2025-01-01T00:00:00Z&to=2026-01-03T00:00:00Z',
    'bucket=hour&from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'bucket=day&from=2015-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'bucket=month&from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z',
    'from=infinity',
    'from=2026-02-30T00:00:00Z&to=2026-03-05T00:00:00Z',
    'from=2026-01-01T00:00:00',
    'from=2026-01-01',
    'to=294277-01-01T00:00:00Z',
    'to=2026-01-01T00:00:60Z',
    'bucket=week',
    'bucket=',
    'bucket=day&bucket=hour',
    'metric=',
    'metric=Calls',
    `metric=${'m'.repeat(65)}`,
    'metrics=calls',
  ]
  for (const query of refused) {
    assertRefused(await api('GET', `/api/usage/${customerId}?${query}`), 'VALIDATION_FAILED', query)
    assertRefused(await service.asAdmin('GET', `/api/usage?${query}`), 'VALIDATION_FAILED', query)
  }
  for (const query of [
    'bucket=hour&from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'bucket=day&from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
  ]) {
    assert.equal((await api('GET', `/api/usage/${customerId}?${query}`)).status, 200, query)
  }
  for (const query of [
    '',
    'metric=calls&limit=0',
    'metric=calls&limit=201',
    'metric=calls&bucket=day',
  ]) {
    assertRefused(await service.asAdmin('GET', `/api/usage/top?${query}`), 'VALIDATION_FAILED')
  }
})

function startOfDayIn(month: Date, day: number): Date {
  return new Date(month.getTime() + (day - 1) * 24 * HOUR_MS)
}

test('sums are exact: a number as far as numbers go, and text beside it beyond', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'free', { limits: { calls: 1_000 } })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'ada@example.com',
    plan: 'free',
  })
  const api = asCustomer(service, apiKey)
  const add = async (calls: number) => {
    const { body } = await api('POST', '/api/usage/report', { metrics: { calls } })
    const [{ used, used_exact }] = body.limits
    const { data } = (await api('GET', `/api/usage/${customerId}`)).body
    assert.deepEqual([data[0].sum, data[0].sum_exact], [used, used_exact])
    for (const path of ['/api/usage?metric=calls', '/api/usage/top?metric=calls']) {
      const [total] = (await service.asAdmin('GET', path)).body.data
      assert.deepEqual([total.sum, total.sum_exact], [used, used_exact], path)
    }
    return [used, used_exact]
  }
  assert.deepEqual(await add(0.1), [0.1, undefined])
  assert.deepEqual(await add(0.2), [0.3, undefined])
  assert.deepEqual(await add(0.7), [1, undefined])
  const most = Number.MAX_SAFE_INTEGER
  assert.deepEqual(await add(most - 1), [most, undefined])
  assert.deepEqual(await add(2), [most + 2, '9007199254740993'])
  assert.deepEqual(await add(0.25), [most + 3, '9007199254740993.25'])
  const exported = await service.asAdmin('GET', `/api/customers/${customerId}/export`)
  const months = exported.body.usage_totals.filter(
    ({ period }: { period: string }) => period === 'month',
  )
  assert.equal(months[0].sum_exact, '9007199254740993.25')
})
