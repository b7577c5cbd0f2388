import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** What Stripe says of the payments behind top-ups, in Stripe's minor units. */
export const stripePayments = pgTable(
  'stripe_payments',
  {
    /** The payment intent, `pi_…`. */
    id: text().primaryKey(),
    /** What was paid; null until the paid checkout is known. */
    paid: bigint({ mode: 'bigint' }),
    /** What all refunds came to when the charge last said so, those that have failed since included. */
    refunded: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Stripe's time of that; null where only the version before has heard of it. */
    refundedAt: timestamp({ precision: 3, withTimezone: true }),
    /** Taken back by a lost dispute, as the version before knew it. */
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

/**
 * What Stripe has taken back of a payment, or would: each refund and dispute by its own id, in the newest
 * state that is known of it.
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
    /** The whole charge in that currency, where it is another than the charge's and this is known. */
    whole: bigint({ mode: 'bigint' }),
    /** Stripe's own word. */
    status: text().notNull(),
    /** Of a dispute: Stripe has taken the money. */
    isWithdrawn: boolean().notNull(),
    /** Stripe's time of the event that said so. */
    at: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The hold in the ledger that keeps a dispute's money; null for none. */
    holdSeq: bigint({ mode: 'bigint' }),
  },
  (table) => [
    check('stripe_takings_amount', sql`${table.amount} >= 0`),
    check('stripe_takings_kind', sql`${table.kind} in ('refund', 'dispute')`),
    index('stripe_takings_payment').on(table.paymentId),
  ],
)
