import { customType, pgTable, timestamp } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * Stripe customers of customers that were erased, so that events about them that come later are known
 * for what they are. A digest of Stripe's random id tells that, and nothing else can be read from it.
 */
export const erasedStripeCustomers = pgTable('erased_stripe_customers', {
  /** `erased_digest` of the id, `cus_…`. */
  digest: bytea().primaryKey(),
  erasedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
})
