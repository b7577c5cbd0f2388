import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const LOOKS_MS_MAX = 15_000

test('a worker whose lock’s connection was cut is registered again, and keeps its long job', async (t) => {
  const database = await createDatabase()
  const service = await startService(t, { RUN_JOBS: 'true' }, database)
  await startService(t, { RUN_JOBS: 'true' }, database)
  // Last, since workers would ask for it to the end.
  t.after(() => database.drop())
  const registered = async () => {
    const rows = await query<{ count: number }[]>(
      service.database,
      `select count(distinct process)::int as count from job_pools p where exists (
         select from pg_locks where locktype = 'advisory' and objid::bigint = p.process)`,
    )
    return rows[0]?.count
  }
  assert.ok(await eventually(async () => (await registered()) === 2, LOOKS_MS_MAX))
  const pools = () => query(service.database, 'select pool_id, process from job_pools order by 1')
  const before = await pools()

  // The cut, and the look of another process in between, which takes both of them for dead.
  await query(
    service.database,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'strongroom jobs'`,
  )
  await query(service.database, 'delete from job_pools')
  assert.ok(await eventually(async () => (await registered()) === 2, LOOKS_MS_MAX))
  assert.deepEqual(await pools(), before)
})
