import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { WEBHOOK_SECRET } from '../support/service.ts'
import { launchWorker, newDataDir, startServiceProcess } from '../support/service-process.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'
import { query } from '../support/tables.ts'

const ENV = {
  STRIPE_SECRET_KEY: 'sk_test_of_the_tests_0123456789abcdef',
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  // Nobody listens there.
  STRIPE_API_BASE: 'http://127.0.0.1:9',
}

test('a worker beside servers runs their jobs, and ends on SIGTERM', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const env = { ...ENV, DATABASE_URL: database.url }
  const server = await startServiceProcess(t, newDataDir(t), { ...env, RUN_JOBS: 'false' })
  const body = JSON.stringify(stripeEvent({ type: 'charge.updated' }))
  const sent = await fetch(`${server.origin}/api/webhooks/stripe`, {
    method: 'POST',
    body,
    headers: { 'stripe-signature': stripeSignature(body) },
  })
  assert.equal(sent.status, 200)
  const status = async () => {
    const [row] = await query<{ status: string }[]>(database, 'select status from stripe_events')
    return row?.status
  }
  assert.equal(await status(), 'pending')

  const worker = launchWorker(t, newDataDir(t), env)
  await worker.says('Running background jobs')
  assert.ok(await eventually(async () => (await status()) === 'ignored', 10_000))
  worker.child.kill('SIGTERM')
  assert.equal(await worker.ended, 0, worker.output())
})
