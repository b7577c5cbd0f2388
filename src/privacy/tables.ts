import { sql } from 'drizzle-orm'
import { bigint, check, customType, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * Stripe customers of erased customers, and their subscriptions on Stripe customers of others, so
 * that later events about them are recognised. A digest of Stripe's random id is enough for that, and
 * reveals nothing else.
 */
export const erasedStripeCustomers = pgTable('erased_stripe_customers', {
  /** `erased_digest` of the id `cus_…` or `sub_…`. */
  digest: bytea().primaryKey(),
  erasedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
})

/**
 * Running erasures. The person is already closed and renamed; the rest of the data goes in pages, and
 * this row with the last page. Until then the row holds what recognises a repeated call, and the
 * names that find Stripe's events: the user's id itself, because no digest could find those.
 */
export const erasures = pgTable(
  'erasures',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The user of the account; also set for a customer whose account is erased with it. */
    userId: text().unique('erasures_user_id'),
    accountId: bigint({ mode: 'bigint' }),
    customerId: text().unique('erasures_customer_id'),
    /** The person's names, as `people_in` finds them in Stripe's events. */
    people: text().array().notNull(),
    /** The texts that must be removed from those events. */
    forgotten: text().array().notNull(),
    /** Events about these ids are no longer applied. */
    ignored: text().array().notNull(),
    /** The caller who asked for the erasure, for the final record. */
    actor: text().notNull(),
    ip: text(),
    /** The number of the current step. */
    step: integer().notNull().default(0),
    /** The position in the step: the key of the last row that is done. */
    after: text(),
    keysRevoked: integer().notNull().default(0),
    licensesRevoked: integer().notNull().default(0),
    holdsReleased: integer().notNull().default(0),
    balanceGivenUp: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** When the person was closed, and became unknown to all other calls. */
    closedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [
    check(
      'erasures_whom',
      sql`num_nonnulls(${table.customerId}, ${table.accountId}) > 0 and (${table.userId} is null) = (${table.accountId} is null)`,
    ),
  ],
)
