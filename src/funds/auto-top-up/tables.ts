import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

const LIMIT = sql.raw(String(Number.MAX_SAFE_INTEGER))

export const PAUSE_REASONS = [
  'authentication_required',
  'daily_max',
  'monthly_max',
  'outcome_unknown',
  'payment_method_declined',
  'payments_failed',
] as const

/** How an account is topped up by itself; amounts are in the smallest unit of its asset. */
export const autoTopUps = pgTable(
  'auto_top_ups',
  {
    accountId: bigint({ mode: 'bigint' }).primaryKey(),
    /** A balance below it leaves an intent. */
    threshold: bigint({ mode: 'bigint' }).notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    /** At most this much in the payments of a day, and of a month, in UTC. */
    dailyMax: bigint({ mode: 'bigint' }).notNull(),
    monthlyMax: bigint({ mode: 'bigint' }).notNull(),
    enabled: boolean().notNull(),
    /** Until a caller enables it again; null while it runs. */
    pausedReason: text({ enum: PAUSE_REASONS }),
    /** Payments that have failed one after the other. */
    failures: integer().notNull().default(0),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check(
      'auto_top_ups_amounts',
      sql`${table.threshold} between 0 and ${LIMIT} and ${table.amount} between 1 and ${LIMIT}
        and ${table.dailyMax} between 0 and ${LIMIT} and ${table.monthlyMax} between 0 and ${LIMIT}`,
    ),
    check(
      'auto_top_ups_paused_reason',
      sql`${table.pausedReason} in (${sql.raw(PAUSE_REASONS.map((reason) => `'${reason}'`).join(', '))})`,
    ),
  ],
)

/** What a user has let us charge later, saved by a checkout. */
export const savedPaymentMethods = pgTable(
  'saved_payment_methods',
  {
    accountId: bigint({ mode: 'bigint' }).primaryKey(),
    /** `cus_…` and `pm_…`. */
    stripeCustomerId: text().notNull(),
    paymentMethodId: text().notNull(),
    /** Stripe's time of the event that told of it: the newest stays. */
    savedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [
    // What is forgotten when Stripe deletes a customer.
    index('saved_payment_methods_customer').on(table.stripeCustomerId),
  ],
)

export const INTENT_STATUSES = [
  'open',
  'sent',
  'succeeded',
  'failed',
  'parked',
  'cancelled',
] as const

/**
 * A fall of a balance below its threshold, written with the charge: the reason for one payment. What is
 * to be asked of Stripe is in it, so that it is asked in the same words however often.
 */
export const autoTopUpIntents = pgTable(
  'auto_top_up_intents',
  {
    id: uuid().primaryKey().defaultRandom(),
    accountId: bigint({ mode: 'bigint' }).notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    /** Null once the account is erased. */
    stripeCustomerId: text(),
    paymentMethodId: text(),
    status: text({ enum: INTENT_STATUSES }).notNull().default('open'),
    /** Stripe's code of a failure. */
    failure: text(),
    /** `pi_…`, once Stripe has said it. */
    paymentIntentId: text(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** When it was first sent to Stripe. */
    sentAt: timestamp({ precision: 3, withTimezone: true }),
    endedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    check('auto_top_up_intents_amount', sql`${table.amount} between 1 and ${LIMIT}`),
    check(
      'auto_top_up_intents_status',
      sql`${table.status} in (${sql.raw(INTENT_STATUSES.map((status) => `'${status}'`).join(', '))})`,
    ),
    // No second one while one is open.
    uniqueIndex('auto_top_up_intents_open')
      .on(table.accountId)
      .where(sql`${table.status} in ('open', 'sent')`),
    // What the sums of a day and of a month are read by.
    index('auto_top_up_intents_created').on(table.accountId, table.createdAt),
    // What is asked after at Stripe.
    index('auto_top_up_intents_sent')
      .on(table.sentAt)
      .where(sql`${table.status} = 'sent'`),
  ],
)
