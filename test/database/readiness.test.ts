import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SERVICE_ROLE, createDatabase, databaseUrl } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { query } from '../support/tables.ts'

const NOTICE_MS_MAX = 15_000

test('a process that is refused connections for some of its work is not ready, and says why', async (t) => {
  const database = await createDatabase()
  const role = `strongroom_few_${randomBytes(4).toString('hex')}`
  const password = randomBytes(16).toString('hex')
  t.after(async () => {
    await database.drop()
  })
  await query(database, `create role ${role} login password '${password}' in role ${SERVICE_ROLE}`)
  t.after(() => query(database, `drop role ${role}`).catch(() => undefined))
  await query(database, `alter role ${role} connection limit 6`)
  const url = databaseUrl(database.adminUrl, database.name, { user: role, password })
  const service = await startServiceProcess(t, newDataDir(t), {
    DATABASE_URL: url,
    RUN_JOBS: 'false',
    LOG_LEVEL: 'info',
  })
  const ask = async (path: string) => {
    const answer = await fetch(service.origin + path)
    const body = (await answer.json()) as { status: string; checks?: { database: string } }
    return [answer.status, body.checks?.database ?? body.status]
  }
  assert.deepEqual(await ask('/health/ready'), [503, 'unavailable'])
  assert.deepEqual(await ask('/health'), [503, 'unavailable'])
  const isSaid = async () => /too many connections for role/.test(service.output())
  assert.ok(await eventually(isSaid, NOTICE_MS_MAX))
  assert.ok(!service.output().includes(password))

  await query(database, `alter role ${role} connection limit 60`)
  assert.ok(await eventually(async () => (await ask('/health/ready'))[0] === 200, NOTICE_MS_MAX))
  assert.deepEqual(await ask('/health'), [200, 'ok'])
})
