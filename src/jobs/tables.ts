import { integer, pgTable, text } from 'drizzle-orm/pg-core'

/**
 * Which process each pool of workers belongs to. A process holds an advisory lock with its number as
 * long as it lives, so that the jobs of one that was killed are found at once.
 */
export const jobPools = pgTable('job_pools', {
  /** The name by which the queue locks the jobs under way. */
  poolId: text().primaryKey(),
  process: integer().notNull(),
})
