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
 * What has happened, for the outside: numbered without a gap, behind the commit of its act. Rows are
 * kept for 30 days, and change only when a person in them is erased.
 */
export const events = pgTable(
  'events',
  {
    seq: bigint({ mode: 'bigint' }).primaryKey(),
    /** `evt_` and 20 base62 characters: the `webhook-id` of all its deliveries. */
    id: text().notNull(),
    type: text().notNull(),
    timestamp: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The object of the act, as the audit log names it. */
    subject: text().notNull(),
    /** The user of an account; null for what is of no account, and once the user is erased. */
    userId: text(),
    /** Everything else, as its type has it; without personal data. */
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Only this endpoint gets it; null for all that ask for its type. */
    endpointId: bigint({ mode: 'bigint' }),
    /** Its record's place in the audit log, and a size of the log that includes it. */
    logIndex: bigint({ mode: 'bigint' }),
    logSize: bigint({ mode: 'bigint' }),
    /** Never earlier than that of the events before it. */
    numberedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [index('events_subject').on(table.subject, table.seq)],
)

/**
 * Events that are no records of the audit log, written in the transaction of their act and waiting for
 * their number.
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

/** What is told of once, and was. */
export const eventsTold = pgTable(
  'events_told',
  {
    /** The type, and what it is about. */
    key: text().primaryKey(),
    toldAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('events_told_at').on(table.toldAt)],
)
