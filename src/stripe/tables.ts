import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

/**
 * `ignored`: does not concern this service, or belongs to Stripe's other mode. `parked`: has failed
 * repeatedly, and waits for an operator to replay it.
 */
export const EVENT_STATUSES = ['pending', 'applied', 'ignored', 'parked'] as const

/** The inbox: every event with Stripe's signature, stored once by its id before it is processed. */
export const stripeEvents = pgTable(
  'stripe_events',
  {
    /** Stripe's own id, `evt_…`. */
    id: text().primaryKey(),
    type: text().notNull(),
    livemode: boolean().notNull(),
    apiVersion: text(),
    /** Stripe's time of the event; events arrive in any order. */
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** As Stripe sent it; without personal data once a person in it has been erased. */
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    receivedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    status: text({ enum: EVENT_STATUSES }).notNull().default('pending'),
    /** Why it is not applied, in a word. */
    reason: text(),
    /** How often applying it has failed by its own fault, since it was stored or replayed. */
    faults: smallint().notNull().default(0),
    settledAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    check(
      'stripe_events_status',
      sql`${table.status} in ('pending', 'applied', 'ignored', 'parked')`,
    ),
    index('stripe_events_open')
      .on(table.status, table.receivedAt)
      .where(sql`${table.status} in ('pending', 'parked')`),
    // The people in an event, for erasures and exports.
    index('stripe_events_people').using('gin', sql`people_in(${table.payload})`),
    index('stripe_events_received').on(table.receivedAt, table.id),
  ],
)
