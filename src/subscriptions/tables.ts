import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import type { Bill } from './bills.ts'
import { type Item, PAUSES, STATUSES, type SubscriptionState } from './state.ts'

/** As in answers and events. */
export interface PlanTold {
  plan: string
  quantity: number
}

const time = () => timestamp({ precision: 3, withTimezone: true })

/** Customers' subscriptions at Stripe, each in its newest known state. */
export const subscriptions = pgTable(
  'subscriptions',
  {
    /** Stripe's own id, `sub_…`. */
    id: text().primaryKey(),
    customerId: text()
      .notNull()
      .references(() => customers.id),
    stripeCustomerId: text().notNull(),
    /** Our customer's id in the metadata; empty for none, null in a row of the previous version. */
    named: text(),
    /**
     * The items of the newest known state; null in a row of the previous version, whose only item is
     * below.
     */
    items: jsonb().$type<Item[]>(),
    /** The items that count instead of `items`: the last that were paid for, or the first. */
    heldItems: jsonb().$type<Item[]>(),
    /** The plans that were last recorded, by rank; null in a row of the previous version. */
    told: jsonb().$type<PlanTold[]>(),
    /** What is known of its invoices, the newest last. */
    bills: jsonb('settled').$type<Bill[]>().notNull().default([]),
    /** `in_…` */
    latestInvoice: text(),
    /** How Stripe treats invoices while collection is paused; null while it is not. */
    pause: text({ enum: PAUSES }),
    cancelAt: time(),
    /** These five are for the previous version, and describe the first item. */
    stripePriceId: text(),
    plan: text().references(() => plans.id),
    /** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
    status: text({ enum: STATUSES }).notNull(),
    quantity: integer().notNull(),
    currentPeriodStart: time(),
    currentPeriodEnd: time(),
    cancelAtPeriodEnd: boolean().notNull(),
    /** When it ended for good, by Stripe's clock; nothing changes after that. */
    endedAt: time(),
    /** Since when it is as it is, by Stripe's clock; null where no event has said. */
    changedAt: time(),
    createdAt: time().notNull(),
    /** Stripe's time of the newest event whose snapshot was taken in. */
    eventAt: time(),
    /** Among events of one second, the later one has the higher rank. */
    eventRank: integer().notNull().default(0),
    /** What was replaced lately: a fetch that still shows it is taken for old. */
    superseded: jsonb().$type<SubscriptionState[]>().notNull().default([]),
    /** When Stripe gave the answer that was last taken in, by its clock. */
    fetchedAt: time(),
    /** Counts the writes, to detect another write in between. */
    version: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`1`),
    updatedAt: time().notNull().defaultNow(),
  },
  (table) => [
    check(
      'subscriptions_status',
      sql`${table.status} in (${sql.raw(STATUSES.map((status) => `'${status}'`).join(', '))})`,
    ),
    index('subscriptions_customer').on(table.customerId, table.createdAt),
    index('subscriptions_stripe_customer').on(table.stripeCustomerId),
    index('subscriptions_open')
      .on(table.status)
      .where(sql`${table.endedAt} is null`),
  ],
)

/** What subscriptions were until a time, written by a trigger: use of before is paid for by it. */
export const subscriptionsPast = pgTable(
  'subscriptions_past',
  {
    subscriptionId: text().notNull(),
    until: time().notNull(),
    customerId: text().notNull(),
    status: text({ enum: STATUSES }).notNull(),
    /** Those that counted. */
    items: jsonb().$type<Item[]>().notNull(),
    cancelAt: time(),
    cancelAtPeriodEnd: boolean().notNull(),
    createdAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subscriptionId, table.until] }),
    index('subscriptions_past_customer').on(table.customerId),
  ],
)
