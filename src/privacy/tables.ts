import { sql } from 'drizzle-orm'
import { bigint, check, customType, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

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

/**
 * Erasures under way. Whom a row is of is closed and renamed already; what is left of them goes in pages,
 * and the row with the last one. Until then it has what tells a repetition from a stranger, and by which
 * Stripe's events are found: the user's id itself, because no digest could find those.
 */
export const erasures = pgTable(
  'erasures',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The user whose account it is; also of a customer whose account goes with it. */
    userId: text().unique('erasures_user_id'),
    accountId: bigint({ mode: 'bigint' }),
    customerId: text().unique('erasures_customer_id'),
    /** As `people_in` finds them in events of Stripe's. */
    people: text().array().notNull(),
    /** The texts that may stay nowhere in those. */
    forgotten: text().array().notNull(),
    /** Events about these will not be applied any more. */
    ignored: text().array().notNull(),
    /** Who asked for it, from where: of the record at the end. */
    actor: text().notNull(),
    ip: text(),
    /** The number of the step it is at. */
    step: integer().notNull().default(0),
    /** Where in it: the key of the last row that is done. */
    after: text(),
    keysRevoked: integer().notNull().default(0),
    licensesRevoked: integer().notNull().default(0),
    holdsReleased: integer().notNull().default(0),
    balanceGivenUp: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Since when nobody knows them any more. */
    closedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [
    check(
      'erasures_whom',
      sql`num_nonnulls(${table.customerId}, ${table.accountId}) > 0 and (${table.userId} is null) = (${table.accountId} is null)`,
    ),
  ],
)
