import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin, createDatabase } from '../support/database.ts'
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

for (const [what, payload, event] of [
  ['done', { id: 'evt_none' }, 'before delete on'],
  ['failed', {}, 'before update of last_error on'],
] as const) {
  test(`a connection that is lost as a job is noted as ${what} ends no process`, async (t) => {
    const service = await startService(t, { RUN_JOBS: 'true' })
    await asAdmin(service.database.adminUrl, async (sql) => {
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
