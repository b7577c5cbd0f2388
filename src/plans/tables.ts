import { sql } from 'drizzle-orm'
import { bigint, check, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Metering } from './metering.ts'

/** What customers subscribe to: a Stripe price, and what it entitles them to. */
export const plans = pgTable(
  'plans',
  {
    /** The owner's own name for it, such as `starter`. */
    id: text().primaryKey(),
    /** Order of creation, which lists page by. */
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    name: text().notNull(),
    /** `price_…`; null for a plan that is not sold through Stripe. A price belongs to one plan. */
    stripePriceId: text().unique('plans_stripe_price_id'),
    features: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Metric to the most of it in a calendar month (UTC). */
    limits: jsonb().$type<Record<string, number>>().notNull(),
    /** Metric to how what is used of it is paid for; a metric not named is not. */
    metered: jsonb().$type<Record<string, Metering>>(),
    /** How long a licence lasts that no paid period bounds. */
    licenseDays: integer(),
    /** How long a licence outlives the paid period, for a renewal that is late; null is 3 days. */
    licenseGraceDays: integer(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('plans_license_days', sql`${table.licenseDays} between 1 and 3660`),
    check('plans_license_grace_days', sql`${table.licenseGraceDays} between 0 and 365`),
  ],
)
