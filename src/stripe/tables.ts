import { sql } from 'drizzle-orm'
import { boolean, check, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * `ignored`: nothing of ours, or of Stripe's other mode. `parked`: failed again and again, and waits
 * for an operator to replay it.
 */
export const EVENT_STATUSES = ['pending', 'applied', 'ignored', 'parked'] as const

/** The inbox: every event that Stripe signed, once by its id, before anything is done with it. */
export const stripeEvents = pgTable(
  'stripe_events',
  {
    /** Stripe's own id, `evt_…`. */
    id: text().primaryKey(),
    type: text().notNull(),
    livemode: boolean().notNull(),
    apiVersion: text(),
    /** The time Stripe gives the event; events arrive in any order. */
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** As Stripe sent it; without what is personal once somebody it is about was erased. */
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    receivedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    status: text({ enum: EVENT_STATUSES }).notNull().default('pending'),
    /** Why it is not applied, in a word. */
    reason: text(),
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
    // Whom an event is about: what an erasure and an export look for.
    index('stripe_events_people').using('gin', sql`people_in(${table.payload})`),
    index('stripe_events_received').on(table.receivedAt, table.id),
  ],
)
