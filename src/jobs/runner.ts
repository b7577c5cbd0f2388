import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import {
  Logger,
  type Runner,
  type TaskList,
  type WorkerEvents,
  parseCronItems,
  run,
} from 'graphile-worker'
import type { DatabaseConfig } from '../database/config.ts'
import { databaseErrorCode } from '../database/faults.ts'
import { KINDS } from '../database/kinds.ts'
import { pgPool } from '../database/pg-pool.ts'
import type { Job } from './registry.ts'
import { startRecovery } from './recovery.ts'

const CONCURRENCY = 4
const POLL_INTERVAL_MS = 1_000
const RESTART_DELAY_MS = 1_000
const SINGLE_ATTEMPTS = 3

/** A job's failure as the queue keeps it: only a name, because messages may quote personal data. */
class JobFailed extends Error {}

export interface Jobs {
  stop(): Promise<void>
}

/** Runs the registered jobs until it is stopped. Any number of processes may do so. */
export async function startJobs(app: FastifyInstance, config: DatabaseConfig): Promise<Jobs> {
  const pool = pgPool(config, KINDS.queue)
  const unwatch = app.connections.readiness.watch('queue', () => pool.query('select 1'))
  const onFault = (error: unknown) => app.log.warn({ err: error }, 'The job queue has a fault')
  const recovery = await startRecovery(config, onFault)
  const events: WorkerEvents = new EventEmitter()
  events.on('pool:create', ({ workerPool }) => void recovery.register(workerPool.id))
  events.on('pool:release', ({ workerPool }) => void recovery.unregister(workerPool.id))
  const stopping = new AbortController()
  let runner: Runner

  const start = () =>
    run({
      pgPool: pool,
      concurrency: CONCURRENCY,
      pollInterval: POLL_INTERVAL_MS,
      noHandleSignals: true,
      // Without these, the worker notes the end of a job in the background, where nothing handles a
      // lost connection, so it would end the process. In batches, it only ends the runner, which is
      // restarted.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      // The queue's own messages quote payloads and errors.
      logger: new Logger(() => () => undefined),
      events,
      taskList: tasks(app),
      parsedCronItems: parseCronItems(
        app.jobs.all.flatMap(({ name, cron, isSingle }) =>
          cron ? [{ task: name, match: cron, ...(isSingle === true && single(name)) }] : [],
        ),
      ),
    })

  /** A stop that comes while the runner starts knows only the one before it. */
  async function restart(): Promise<void> {
    runner = await start()
    if (stopping.signal.aborted) await runner.stop()
  }

  /** The runner gives up when the database stays unavailable; this starts it again. */
  async function supervise(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await runner.promise
        if (!stopping.signal.aborted) await delay(RESTART_DELAY_MS)
        if (!stopping.signal.aborted) await restart()
      } catch (error) {
        onFault(error)
        await delay(RESTART_DELAY_MS)
        if (!stopping.signal.aborted) await restart().catch(() => undefined)
      }
    }
  }

  runner = await start()
  const supervised = supervise()
  const stops = await Promise.all(app.jobs.services.map((begin) => begin()))
  return {
    stop: async () => {
      stopping.abort()
      unwatch()
      await Promise.all(stops.map((end) => end()))
      await Promise.resolve(runner.stop()).catch(() => undefined)
      await supervised
      await recovery.stop()
      await pool.end()
    },
  }
}

/** The next run replaces a waiting one, whether that has failed or not. */
function single(name: string) {
  return { options: { jobKey: name, jobKeyMode: 'replace' as const, maxAttempts: SINGLE_ATTEMPTS } }
}

function tasks(app: FastifyInstance): TaskList {
  return Object.fromEntries(
    app.jobs.all.map((job: Job) => [
      job.name,
      async (payload, { job: { attempts, max_attempts: attemptsMax } }) => {
        const end = app.jobMetrics.begin(job.name)
        try {
          await job.run(payload, { attempt: attempts, isLast: attempts >= attemptsMax })
          end('succeeded')
        } catch (error) {
          end('failed')
          app.log.warn({ err: error, job: job.name, attempt: attempts }, 'A job failed')
          const name = error instanceof Error ? error.constructor.name : typeof error
          throw new JobFailed(databaseErrorCode(error) ?? name)
        }
      },
    ]),
  )
}
