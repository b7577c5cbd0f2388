import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { startJobs } from '../../src/jobs/runner.ts'
import { readConfig } from '../../src/process/config.ts'
import { asAdmin, createDatabase } from '../support/database.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { eventually } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const LOOKS_MS_MAX = 15_000
const LISTENS_MS_MAX = 1_500

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

const DONE = { payload: { id: 'evt_none' }, event: 'before delete on' }
const FAILED = { payload: {}, event: 'before update of last_error on' }

/** Adds a job whose runner loses its connection as the job is noted as done or failed. */
function addCutJob({ database }: Service, { payload, event }: typeof DONE | typeof FAILED) {
  return asAdmin(database.adminUrl, async (sql) => {
    // The first one ends its own connection, the next ones pass.
    await sql.unsafe(`
      create sequence cuts;
      create function cut() returns trigger language plpgsql security definer as $$ begin
        if nextval('cuts') = 1 then perform pg_terminate_backend(pg_backend_pid(), 1000); end if;
        return coalesce(new, old);
      end $$;
      create trigger cut ${event} graphile_worker._private_jobs
        for each row when (old.key = 'cut') execute function cut()`)
    await sql`
      select graphile_worker.add_job('apply_stripe_event', ${JSON.stringify(payload)}::text::json,
        job_key := 'cut', max_attempts := 5)`
  })
}

for (const [what, job] of [
  ['done', DONE],
  ['failed', FAILED],
] as const) {
  test(`a connection that is lost as a job is noted as ${what} ends no process`, async (t) => {
    const service = await startService(t, { RUN_JOBS: 'true' })
    await addCutJob(service, job)
    const isNoted = async () => {
      const [row] = await query<{ cuts: string; waiting: number }[]>(
        service.database,
        `select (select last_value from cuts)::text as cuts, (select count(*)::int
         from graphile_worker.jobs where key = 'cut' and last_error is null) as waiting`,
      )
      return Number(row?.cuts) > 1 && row?.waiting === 0
    }
    assert.ok(await eventually(isNoted, 2 * LOOKS_MS_MAX))
    assert.equal((await service.call('GET', '/health')).status, 200)
  })
}

test('a stop while the runner starts again stops that one too', async (t) => {
  const service = await startService(t)
  const { database } = service
  const config = readConfig({ NODE_ENV: 'test', DATABASE_URL: database.url })
  // Without services, a stop comes to the runner at once.
  const app: FastifyInstance = Object.create(service.app, {
    jobs: { value: { ...service.app.jobs, services: [] } },
  })
  const jobs = await startJobs(app, config.database)
  // A runner reads this table as it starts, and not again.
  const starting = await lock(
    t,
    service,
    'lock table graphile_worker.migrations in access exclusive mode',
  )
  await addCutJob(service, DONE)
  assert.ok(await waitForLocks(database), 'the next runner is starting')
  // The stop waits here, after it has stopped the runner.
  const stopping = await lock(t, service, 'lock table job_pools in access exclusive mode')
  const stopped = jobs.stop().then(() => 'stopped')
  await starting.release()
  // A runner that nobody has stopped listens by then, and holds its connection for good.
  await eventually(() => isListening(service), LISTENS_MS_MAX)
  await stopping.release()
  assert.equal(await Promise.race([stopped, delay(LOOKS_MS_MAX, 'hangs')]), 'stopped')
})

async function isListening({ database }: Service): Promise<boolean> {
  const rows = await query(
    database,
    `select from pg_stat_activity
     where datname = current_database() and application_name = 'strongroom queue'
       and query like 'LISTEN %'`,
  )
  return rows.length > 0
}
