import { integer, pgTable, text } from 'drizzle-orm/pg-core'

/**
 * Which process each worker of the job queue belongs to. A process holds an advisory lock with its
 * number as long as it lives, so that the jobs of one that was killed are found at once.
 */
export const jobWorkers = pgTable('job_workers', {
  /** The name by which the queue locks a job. */
  workerId: text().primaryKey(),
  process: integer().notNull(),
})
