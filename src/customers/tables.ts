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
    /** `cust_` and 16 base62 characters; the first part of every key of theirs. */
    id: text().primaryKey(),
    /** Order of creation, which lists page by. */
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    /** Empty once the customer is erased, as the constraint below has it. */
    email: text().notNull(),
    companyName: text(),
    /** The plan that an operator has set; the plans held by subscription are derived (`held_plans`). */
    basePlan: text().references(() => plans.id),
    /** False in a row that only the version before has written, which has `plan` alone. */
    basePlanKnown: boolean().notNull().default(false),
    /** For the version before: the plan that it reads limits and prices of. */
    plan: text().references(() => plans.id),
    /** The owner's own id of the customer. */
    externalId: text(),
    /** `suspended` stops every key of theirs at once. */
    status: text({ enum: ['active', 'suspended'] })
      .notNull()
      .default('active'),
    /** The first that was linked; `stripe_customers` has the others. */
    stripeCustomerId: text(),
    /** How many Stripe customers of theirs were deleted: the next one is made under another key. */
    stripeCustomersDeleted: integer().notNull().default(0),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Of the call that created it, with what that was about and what it was answered; null for none. */
    idempotencyKey: text(),
    idempotencyFingerprint: bytea(),
    idempotencyAnswer: jsonb().$type<PresentedCustomer>(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** From then on there is no such customer; the row keeps the id, a pseudonym, for what refers to it. */
    erasedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    check('customers_status', sql`${table.status} in ('active', 'suspended')`),
    check(
      'customers_erased',
      sql`${table.erasedAt} is null or (${table.email} = '' and ${table.companyName} is null and ${table.stripeCustomerId} is null and ${table.metadata} = '{}')`,
    ),
    // Both partial, so that an update of them takes no lock that conflicts with `for key share`: only an
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
    index('customers_status_seq').on(table.status, table.seq),
  ],
)

/** Stripe customers that belong to a customer besides `customers.stripe_customer_id`. */
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
