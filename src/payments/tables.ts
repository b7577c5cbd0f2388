import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** What Stripe reports about the payments behind top-ups, in Stripe's minor units. */
export const stripePayments = pgTable(
  'stripe_payments',
  {
    /** The payment intent, `pi_…`. */
    id: text().primaryKey(),
    /** The amount paid; null until the paid checkout is known. */
    paid: bigint({ mode: 'bigint' }),
    /**
     * The sum of all refunds, as the charge last reported it, including those that have failed since.
     */
    refunded: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Stripe's time of that report; null if only the previous version has received it. */
    refundedAt: timestamp({ precision: 3, withTimezone: true }),
    /** Taken back by a lost dispute, as the previous version recorded it. */
    lost: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    currency: text().notNull(),
    /** The top-up in the ledger, once it is booked. */
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

/**
 * What Stripe has taken back of a payment, or may take back: each refund and dispute by its id, in
 * its newest known state.
 */
export const stripeTakings = pgTable(
  'stripe_takings',
  {
    /** `re_…`, `pyr_…` or `dp_…`. */
    id: text().primaryKey(),
    kind: text({ enum: ['refund', 'dispute'] }).notNull(),
    /** The payment intent, `pi_…`. */
    paymentId: text().notNull(),
    /** In the smallest unit of the currency. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    /** The whole charge in that currency, if it is known and the charge has another currency. */
    whole: bigint({ mode: 'bigint' }),
    /** Stripe's own status. */
    status: text().notNull(),
    /** For a dispute: whether Stripe has withdrawn the money. */
    isWithdrawn: boolean().notNull(),
    /** Stripe's time of the event with this state. */
    at: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The hold in the ledger for a dispute's money; null for none. */
    holdSeq: bigint({ mode: 'bigint' }),
  },
  (table) => [
    check('stripe_takings_amount', sql`${table.amount} >= 0`),
    check('stripe_takings_kind', sql`${table.kind} in ('refund', 'dispute')`),
    index('stripe_takings_payment').on(table.paymentId),
  ],
)
