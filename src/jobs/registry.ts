import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { jobMetrics } from './metrics.ts'

export interface Attempt {
  /** The number of the attempt, from 1. */
  attempt: number
  /** Whether the queue gives up after this attempt. */
  isLast: boolean
}

export interface Job {
  name: string
  /** When it runs by itself, in UTC (https://worker.graphile.org/docs/cron). */
  cron?: string
  /** Whether the queue holds it once at most: a later run makes up for an earlier one. */
  isSingle?: boolean
  /** May run more than once, even at the same time, with the same result. */
  run(payload: unknown, attempt: Attempt): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    jobs: {
      /** For plugins: adds jobs, which run in the processes with background jobs. */
      add(...jobs: Job[]): void
      /**
       * For plugins: adds work that runs all the time in the processes with background jobs.
       * @param start begins it, and returns a function that stops it
       */
      addService(start: () => Promise<() => Promise<void>>): void
      all: readonly Job[]
      services: readonly (() => Promise<() => Promise<void>>)[]
    }
  }
}

/** The registry in which every plugin registers its jobs. */
export const jobs = fp(
  async (app: FastifyInstance) => {
    await app.register(jobMetrics)
    const all: Job[] = []
    const services: (() => Promise<() => Promise<void>>)[] = []
    app.decorate('jobs', {
      all,
      services,
      add: (...some) => void all.push(...some),
      addService: (start) => void services.push(start),
    })
  },
  { name: 'jobs', dependencies: ['database', 'metrics'] },
)
