import { sql } from 'drizzle-orm'
import { bigint, check, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * What Stripe says of the payments behind top-ups, in Stripe's minor units. The sums only grow, so
 * that events may come in any order and more than once.
 */
export const stripePayments = pgTable(
  'stripe_payments',
  {
    /** The payment intent, `pi_…`. */
    id: text().primaryKey(),
    /** What was paid; null until the paid checkout is known. */
    paid: bigint({ mode: 'bigint' }),
    /** Given back so far by refunds. */
    refunded: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Taken back by lost disputes. */
    lost: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    currency: text().notNull(),
    /** The top-up in the ledger, once it is made. */
    accountId: bigint({ mode: 'bigint' }),
    seq: bigint({ mode: 'bigint' }),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('stripe_payments_amounts', sql`${table.refunded} >= 0 and ${table.lost} >= 0`),
    check('stripe_payments_paid', sql`(${table.paid} is null) = (${table.seq} is null)`),
    index('stripe_payments_account').on(table.accountId, table.seq),
  ],
)
