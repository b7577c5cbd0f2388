import { boolean, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

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
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    receivedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('stripe_events_received').on(table.receivedAt, table.id)],
)
