import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { jobMetrics } from './metrics.ts'

export interface Attempt {
  /** From 1. */
  attempt: number
  /** After it the queue gives up. */
  isLast: boolean
}

export interface Job {
  name: string
  /** When it runs by itself (https://worker.graphile.org/docs/cron), in UTC. */
  cron?: string
  /** Whether there is at most one of it in the queue: a later run makes up for an earlier one. */
  isSingle?: boolean
  /** May run more than once, also at the same time, and must come out the same. */
  run(payload: unknown, attempt: Attempt): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    jobs: {
      /** For plugins: jobs that the processes with background jobs run. */
      add(...jobs: Job[]): void
      all: readonly Job[]
    }
  }
}

/** Where every plugin registers its jobs. */
export const jobs = fp(
  async (app: FastifyInstance) => {
    await app.register(jobMetrics)
    const all: Job[] = []
    app.decorate('jobs', { all, add: (...some) => void all.push(...some) })
  },
  { name: 'jobs', dependencies: ['database', 'metrics'] },
)
