import { sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Gauge, Histogram } from 'prom-client'
import { sampled } from '../database/sampled.ts'
import { LOCK_CLASS } from './recovery.ts'

declare module 'fastify' {
  interface FastifyInstance {
    jobMetrics: {
      /** @returns a function to call when the job has ended */
      begin(task: string): (outcome: 'succeeded' | 'failed') => void
    }
  }
}

/**
 * Metrics of the jobs that this process runs, and of the queue, which all processes share. Alerts rely
 * on the queue alone, because nothing scrapes a worker. The label is not called `job`, because in
 * Prometheus that names the source of a metric.
 */
export const jobMetrics = fp(
  async (app: FastifyInstance) => {
    const registers = [app.metrics]
    const runs = new Histogram({
      name: 'strongroom_job_duration_seconds',
      help: 'Background jobs of this process, by name and outcome.',
      labelNames: ['task', 'outcome'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600],
      registers,
    })
    const sample = sampled(() =>
      app.db.execute<{
        task: string
        waiting: number
        running: number
        retrying: number
        given_up: number
        age_s: number
      }>(sql`
        select task_identifier as task,
          (count(*) filter (where attempts < max_attempts and run_at <= now()))::int as waiting,
          (count(*) filter (where locked_at is not null))::int as running,
          (count(*) filter (where attempts < max_attempts and last_error is not null))::int as retrying,
          (count(*) filter (where attempts >= max_attempts and locked_at is null))::int as given_up,
          coalesce(extract(epoch from now() - min(run_at)
            filter (where attempts < max_attempts and locked_at is null)), 0)::float8 as age_s
        from graphile_worker.jobs group by 1`),
    )
    type Value = 'waiting' | 'running' | 'retrying' | 'given_up' | 'age_s'
    const gauge = (name: string, help: string, pick: Value) => {
      const one: Gauge<'task'> = new Gauge({
        name,
        help,
        labelNames: ['task'],
        aggregator: 'max',
        registers,
        collect: async () => {
          const rows = await sample()
          one.reset()
          for (const row of rows ?? []) one.set({ task: row.task }, Math.max(0, row[pick]))
        },
      })
    }
    gauge('strongroom_jobs_waiting', 'Jobs that are due or under way, by name.', 'waiting')
    gauge('strongroom_jobs_running', 'Jobs under way, by name.', 'running')
    gauge('strongroom_jobs_retrying', 'Jobs that failed and are tried again, by name.', 'retrying')
    gauge('strongroom_jobs_given_up', 'Jobs that failed to their last try, by name.', 'given_up')
    gauge('strongroom_job_age_seconds', 'How long the oldest job is overdue, by name.', 'age_s')
    const schedule = sampled(() =>
      app.db.execute<{ task: string; at_s: number }>(sql`
        select identifier as task,
          extract(epoch from coalesce(last_execution, known_since))::float8 as at_s
        from graphile_worker._private_known_crontabs`),
    )
    const scheduled: Gauge<'task'> = new Gauge({
      name: 'strongroom_job_scheduled_timestamp_seconds',
      help: 'When a job that runs by itself was last put into the queue, which it leaves when it succeeds.',
      labelNames: ['task'],
      aggregator: 'max',
      registers,
      collect: async () => {
        const rows = await schedule()
        scheduled.reset()
        for (const { task, at_s: atS } of rows ?? []) scheduled.set({ task }, atS)
      },
    })
    const countWorkers = sampled(async () => {
      const [row] = await app.db.execute<{ workers: number }>(sql`
        select count(*)::int as workers from pg_locks
        where locktype = 'advisory' and objsubid = 2 and classid = ${LOCK_CLASS}
          and database = (select oid from pg_database where datname = current_database())`)
      return row?.workers ?? null
    })
    const workers: Gauge = new Gauge({
      name: 'strongroom_job_processes',
      help: 'Processes that run background jobs, on all machines.',
      aggregator: 'max',
      registers,
      collect: async () => {
        const count = await countWorkers()
        if (count === null) workers.remove()
        else workers.set(count)
      },
    })
    app.decorate('jobMetrics', {
      begin: (task) => {
        const stopTimer = runs.startTimer({ task })
        return (outcome) => stopTimer({ outcome })
      },
    })
  },
  { name: 'job-metrics', dependencies: ['database', 'metrics'] },
)
