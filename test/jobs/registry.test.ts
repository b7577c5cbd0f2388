import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startService } from '../support/service.ts'

test('a job that comes by the clock is held once by the queue, however long it fails', async (t) => {
  const { app } = await startService(t)
  const repeated = app.jobs.all.filter(({ cron, isSingle }) => cron !== undefined && !isSingle)
  // It is quick, and needs nothing but the database.
  assert.deepEqual(
    repeated.map(({ name }) => name),
    ['audit_checkpoint'],
  )
})
