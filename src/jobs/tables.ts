import { integer, pgTable, text } from 'drizzle-orm/pg-core'

/**
 * The process that each pool of workers belongs to. A process holds an advisory lock with its number
 * as long as it lives, so that the jobs of a killed process are found at once.
 */
export const jobPools = pgTable('job_pools', {
  /** The name under which the queue locks the running jobs. */
  poolId: text().primaryKey(),
  process: integer().notNull(),
})
