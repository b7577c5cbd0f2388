import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { CheckoutOptions } from './checkout-options.ts'
import type { Metering } from './metering.ts'

/** What customers subscribe to: a Stripe price, and what it includes. */
export const plans = pgTable(
  'plans',
  {
    /** The operator's own name for it, such as `starter`. */
    id: text().primaryKey(),
    /** The order of creation, by which lists are paged. */
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    name: text().notNull(),
    /**
     * The first of its prices; null for a plan that is not sold through Stripe. If no version with
     * `plan_prices` has written the plan, its only price is here.
     */
    stripePriceId: text().unique('plans_stripe_price_id'),
    /** Of the plans that a customer holds, the one with the highest rank is the customer's `plan`. */
    rank: integer().notNull().default(0),
    /** How its checkout differs from Stripe's defaults; null for not at all. */
    checkout: jsonb().$type<CheckoutOptions>(),
    features: jsonb().$type<Record<string, unknown>>().notNull(),
    /** The maximum of each metric in a calendar month (UTC). */
    limits: jsonb().$type<Record<string, number>>().notNull(),
    /** How each metric is paid for; other metrics are free. */
    metered: jsonb().$type<Record<string, Metering>>(),
    /** The validity of a licence that no paid period bounds. */
    licenseDays: integer(),
    /** How long a licence outlives the paid period, for a late renewal; null means 3 days. */
    licenseGraceDays: integer(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('plans_license_days', sql`${table.licenseDays} between 1 and 3660`),
    check('plans_license_grace_days', sql`${table.licenseGraceDays} between 0 and 365`),
  ],
)

/**
 * The plan that a Stripe price means. A former price still means its plan for subscriptions that pay
 * it.
 */
export const planPrices = pgTable(
  'plan_prices',
  {
    /** `price_…` */
    priceId: text().primaryKey(),
    planId: text()
      .notNull()
      .references(() => plans.id),
    /** Its position among the plan's prices, from 0; null for a former price. */
    position: integer(),
    /** Since when it means this plan. */
    since: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('plan_prices_plan').on(table.planId, table.position)],
)

/** What plans charged until a time, written by a trigger: use of before is paid for by it. */
export const plansPast = pgTable(
  'plans_past',
  {
    planId: text().notNull(),
    until: timestamp({ precision: 3, withTimezone: true }).notNull(),
    rank: integer().notNull(),
    metered: jsonb().$type<Record<string, Metering>>(),
  },
  (table) => [primaryKey({ columns: [table.planId, table.until] })],
)

/** Which plan a price meant until a time, written by a trigger. */
export const planPricesPast = pgTable(
  'plan_prices_past',
  {
    priceId: text().notNull(),
    until: timestamp({ precision: 3, withTimezone: true }).notNull(),
    planId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.priceId, table.until] })],
)
