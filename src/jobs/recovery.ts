import { randomInt } from 'node:crypto'
import type { DatabaseConfig } from '../database/config.ts'
import { array } from '../database/arrays.ts'
import { connect } from '../database/connect.ts'

/** An arbitrary constant. It keeps the numbers of processes apart from other advisory locks. */
export const LOCK_CLASS = 5_746_102
const INTERVAL_MS = 2_000

/**
 * Returns the jobs of killed processes to the queue, which by itself would wait for four hours. A job
 * may then run a second time, so every job must be repeatable.
 */
export async function startRecovery(config: DatabaseConfig, onFault: (error: unknown) => void) {
  const sql = connect(config, 'jobs')
  const process = randomInt(2 ** 31)
  const pools = new Set<string>()

  /**
   * Also takes the lock again after a lost connection, which released it, and registers again:
   * another process may have looked in between, and considered this one dead.
   */
  async function recover(): Promise<void> {
    await sql`select pg_try_advisory_lock(${LOCK_CLASS}::int, ${process}::int)`
    await register()
    await sql`
      with dead as (
        delete from job_pools where not exists (
          select from pg_locks
          where locktype = 'advisory' and classid = ${LOCK_CLASS} and objid::bigint = process
            and database = (select oid from pg_database where datname = current_database())
        )
        returning pool_id
      ), nameless as (
        -- A process may be killed before it has registered, which takes a moment.
        select distinct locked_by from graphile_worker._private_jobs
        where locked_at < now() - interval '1 minute'
          and locked_by not in (select pool_id from job_pools)
      )
      select graphile_worker.force_unlock_workers(array_agg(id))
      from (select pool_id as id from dead union select locked_by from nameless) as gone
      having count(*) > 0`
  }

  async function register(): Promise<void> {
    await sql`
      insert into job_pools (pool_id, process)
      select pool_id, ${process}::int from unnest(${array([...pools])}::text[]) as pool_id
      on conflict do nothing`
  }

  await recover()
  const timer = setInterval(() => void recover().catch(onFault), INTERVAL_MS)
  timer.unref()
  return {
    register: (poolId: string) => {
      pools.add(poolId)
      return register().catch(onFault)
    },
    /** The pool's workers have ended: jobs that they may have left go back to the queue. */
    unregister: async (poolId: string) => {
      pools.delete(poolId)
      await sql`
        with gone as (delete from job_pools where pool_id = ${poolId})
        select graphile_worker.force_unlock_workers(${array([poolId])}::text[])`.catch(onFault)
    },
    stop: async () => {
      clearInterval(timer)
      await sql`delete from job_pools where process = ${process}`.catch(() => undefined)
      await sql.end({ timeout: 1 })
    },
  }
}
