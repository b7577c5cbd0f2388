import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

/**
 * Events for webhooks. They are numbered without gaps, after the commit of their act. Rows are kept
 * for 30 days, and change only when a person in them is erased.
 */
export const events = pgTable(
  'events',
  {
    seq: bigint({ mode: 'bigint' }).primaryKey(),
    /**
     * `evt_` and 20 base62 characters. All deliveries of the event have it as their `webhook-id`.
     */
    id: text().notNull(),
    type: text().notNull(),
    timestamp: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The object of the act, as the audit log names it. */
    subject: text().notNull(),
    /** The user of the account; null if the event is about no account or the user was erased. */
    userId: text(),
    /** The other fields of the event's type, without personal data. */
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    /** The only endpoint that gets it; null for all endpoints that ask for its type. */
    endpointId: bigint({ mode: 'bigint' }),
    /** Its record's place in the audit log, and a size of the log that includes it. */
    logIndex: bigint({ mode: 'bigint' }),
    logSize: bigint({ mode: 'bigint' }),
    /** Never earlier than in the event before it. */
    numberedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [index('events_subject').on(table.subject, table.seq)],
)

/**
 * Events that no record of the audit log makes. They are written in the transaction of their act,
 * and wait here for their number.
 */
export const eventOutbox = pgTable('event_outbox', {
  id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  type: text().notNull(),
  timestamp: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  subject: text().notNull(),
  data: jsonb().$type<Record<string, unknown>>().notNull(),
  endpointId: bigint({ mode: 'bigint' }),
})

/** The number of the newest event. Its row is locked while events are numbered. */
export const eventCounter = pgTable(
  'event_counter',
  {
    id: smallint().primaryKey(),
    last: bigint({ mode: 'bigint' }).notNull(),
  },
  (table) => [check('event_counter_one', sql`${table.id} = 1`)],
)

/** The keys of events that are told only once and have been told. */
export const eventsTold = pgTable(
  'events_told',
  {
    /** The type of the event, and what it is about. */
    key: text().primaryKey(),
    toldAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('events_told_at').on(table.toldAt)],
)
