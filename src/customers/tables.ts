import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { plans } from '../plans/tables.ts'
import type { PresentedCustomer } from './schemas.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** A company whose instances call with an API key. */
export const customers = pgTable(
  'customers',
  {
    /** `cust_` and 16 base62 characters; every key of the customer begins with it. */
    id: text().primaryKey(),
    /** The order of creation, by which lists are paged. */
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    /** Empty once the customer is erased, as the constraint below requires. */
    email: text().notNull(),
    companyName: text(),
    /** The plan that an operator has set; plans held by subscription are derived (`held_plans`). */
    basePlan: text().references(() => plans.id),
    /** False in a row that only the previous version has written, which knows only `plan`. */
    basePlanKnown: boolean().notNull().default(false),
    /** For the previous version: the plan from which it reads limits and prices. */
    plan: text().references(() => plans.id),
    /** The operator's own id for the customer. */
    externalId: text(),
    /** `suspended` stops all keys of the customer at once. */
    status: text({ enum: ['active', 'suspended'] })
      .notNull()
      .default('active'),
    /** The one that was linked first; `stripe_customers` has the others. */
    stripeCustomerId: text(),
    /**
     * How many of the customer's Stripe customers were deleted: the next is created with a new key.
     */
    stripeCustomersDeleted: integer().notNull().default(0),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
    /**
     * The key of the call that created it, with that call's fingerprint and answer; null for none.
     */
    idempotencyKey: text(),
    idempotencyFingerprint: bytea(),
    idempotencyAnswer: jsonb().$type<PresentedCustomer>(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /**
     * From then on the customer is unknown; the row keeps the id, as a pseudonym, for rows that refer
     * to it.
     */
    erasedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    check('customers_status', sql`${table.status} in ('active', 'suspended')`),
    check(
      'customers_erased',
      sql`${table.erasedAt} is null or (${table.email} = '' and ${table.companyName} is null and ${table.stripeCustomerId} is null and ${table.metadata} = '{}')`,
    ),
    // Both are partial, so that an update takes no lock that conflicts with `for key share`; only an
    // erasure does.
    uniqueIndex('customers_stripe_customer_id')
      .on(table.stripeCustomerId)
      .where(sql`${table.stripeCustomerId} is not null`),
    uniqueIndex('customers_idempotency_key')
      .on(table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
    uniqueIndex('customers_external_id')
      .on(table.externalId)
      .where(sql`${table.externalId} is not null`),
    index('customers_email').on(sql`lower(${table.email})`, table.seq),
    index('customers_plan').on(table.plan),
    index('customers_base_plan')
      .on(table.basePlan)
      .where(sql`${table.basePlan} is not null`),
    index('customers_status_seq').on(table.status, table.seq),
  ],
)

/** Stripe customers that belong to a customer in addition to `customers.stripe_customer_id`. */
export const stripeCustomers = pgTable(
  'stripe_customers',
  {
    /** Stripe's own id, `cus_…`. */
    id: text().primaryKey(),
    customerId: text()
      .notNull()
      .references(() => customers.id),
    linkedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('stripe_customers_customer').on(table.customerId)],
)

/** The plan that an operator had set until a time, written by a trigger. */
export const basePlansPast = pgTable(
  'base_plans_past',
  {
    customerId: text().notNull(),
    until: timestamp({ precision: 3, withTimezone: true }).notNull(),
    basePlan: text(),
  },
  (table) => [primaryKey({ columns: [table.customerId, table.until] })],
)

export type CustomerRow = typeof customers.$inferSelect
