import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { createCustomer, me, putPlan } from '../support/customers.ts'
import { createDatabase } from '../support/database.ts'
import { expect, scene } from '../support/doctor.ts'
import { startService } from '../support/service.ts'

test('DEFAULT_PLAN is the base of those who have none', async (t) => {
  const service = await startService(t, { DEFAULT_PLAN: 'free' })
  await putPlan(service, 'free', { rank: 5, limits: { calls: 10 } })
  await putPlan(service, 'pro', { rank: 20, limits: { calls: 1_000 } })
  const ada = await createCustomer(service)
  const path = `/api/customers/${ada.customerId}`
  const read = async () => {
    const { plan, plans, base_plan } = (await service.asAdmin('GET', path)).body
    return [plan, plans, base_plan]
  }
  const limit = async () => {
    const headers = { 'x-api-key': ada.apiKey }
    const body = { metrics: { calls: 0 } }
    const report = await service.call('POST', '/api/usage/report', { headers, body })
    return report.body.limits[0]?.limit
  }
  assert.deepEqual(await read(), ['free', ['free'], null])
  assert.deepEqual([(await me(service, ada.apiKey)).body.plan, await limit()], ['free', 10])
  const listed = async (plan: string) =>
    (await service.asAdmin('GET', `/api/customers?plan=${plan}`)).body.data.length
  assert.deepEqual([await listed('free'), await listed('pro')], [1, 0])
  await service.asAdmin('PATCH', path, { plan: 'pro' })
  assert.deepEqual(await read(), ['pro', ['pro'], 'pro'], 'in its place, not beside it')
  assert.equal(await limit(), 1_000)
  await service.asAdmin('PATCH', path, { plan: null })
  assert.deepEqual(await read(), ['free', ['free'], null])
})

test('one that does not exist is nobody’s, and a warning at the start and of the doctor', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const started = await startService(t, { DEFAULT_PLAN: 'free' }, database, logger)
  const warned = () => lines.filter((line) => line.includes('DEFAULT_PLAN is not the id of a plan'))
  assert.equal(warned().length, 1)
  const ada = await createCustomer(started)
  const { body } = await started.asAdmin('GET', `/api/customers/${ada.customerId}`)
  assert.deepEqual([body.plan, body.plans], [null, []])
  await putPlan(started, 'free')
  await startService(t, { DEFAULT_PLAN: 'free' }, database, logger)
  assert.equal(warned().length, 1)

  const { service, look } = await scene(t)
  assert.equal((await look()).get('DEFAULT_PLAN'), undefined)
  expect(await look({ DEFAULT_PLAN: 'free' }), 'DEFAULT_PLAN', 'warning', /not the id of a plan/)
  await putPlan(service, 'free')
  expect(await look({ DEFAULT_PLAN: 'free' }), 'DEFAULT_PLAN', 'pass')
})
