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
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** What an endpoint asks for, from behind an event on until the next terms. */
export interface Terms {
  /** The `seq` of the last event before them, as text. */
  after: string
  events: string[]
  /** While it is disabled, its events are numbered and parked. */
  isParked: boolean
}

export const DISABLED_REASONS = ['operator', 'gone', 'failing'] as const

/** Where events are sent. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    seq: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** `we_` and 16 base62 characters. */
    id: text().notNull().unique('webhook_endpoints_id'),
    url: text().notNull(),
    events: text().array().notNull(),
    description: text(),
    status: text({ enum: ['active', 'disabled'] })
      .notNull()
      .default('active'),
    disabledReason: text({ enum: DISABLED_REASONS }),
    /** Encrypted under a key of EVENTS_KEY_PATH: nonce, tag and ciphertext. */
    secret: bytea().notNull(),
    /** The id of that key. */
    secretKeyId: text().notNull(),
    /** The secret before, which signs too until then. */
    previousSecret: bytea(),
    previousKeyId: text(),
    previousUntil: timestamp({ precision: 3, withTimezone: true }),
    /** Oldest first; those before the cursor but the last of them are gone. */
    terms: jsonb().$type<Terms[]>().notNull(),
    /** Events up to this number have their number of this endpoint, if it asks for them. */
    cursor: bigint({ mode: 'bigint' }).notNull(),
    /** The number of its newest event. */
    lastSeq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Deliveries that are to be sent again, in pages; null for none. */
    replayFrom: bigint({ mode: 'bigint' }),
    replayTo: bigint({ mode: 'bigint' }),
    /** Since when no attempt has succeeded; null where the last one has. */
    failingSince: timestamp({ precision: 3, withTimezone: true }),
    /** The process that delivers to it, and until when nothing else does. */
    owner: text(),
    ownedUntil: timestamp({ precision: 3, withTimezone: true }),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('webhook_endpoints_status', sql`${table.status} in ('active', 'disabled')`),
    check(
      'webhook_endpoints_disabled',
      sql`(${table.status} = 'disabled') = (${table.disabledReason} is not null)`,
    ),
  ],
)

export interface Attempt {
  /** RFC 3339. */
  at: string
  /** The HTTP status; null where there was no answer. */
  status: number | null
  duration_ms: number
  /** Why it has failed, in a word; null where it has not. */
  error: string | null
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'parked'] as const

/** The events of each endpoint under its own numbers, and what became of sending them. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    /** The endpoint's `seq`. */
    endpoint: bigint({ mode: 'bigint' }).notNull(),
    /** From 1, without a gap in each endpoint. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    eventSeq: bigint({ mode: 'bigint' }).notNull(),
    status: text({ enum: DELIVERY_STATUSES }).notNull().default('pending'),
    /** Whether its endpoint's process has it in hand. */
    isTaken: boolean().notNull().default(false),
    /** How often it has failed since it was numbered, or was last replayed. */
    tries: smallint().notNull().default(0),
    /** The newest attempts, oldest first. */
    attempts: jsonb()
      .$type<Attempt[]>()
      .notNull()
      .default(sql`'[]'`),
    attemptCount: integer().notNull().default(0),
    nextAttemptAt: timestamp({ precision: 3, withTimezone: true }),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.endpoint, table.seq] }),
    check(
      'webhook_deliveries_status',
      sql`${table.status} in ('pending', 'delivered', 'failed', 'parked')`,
    ),
    // First attempts begin in the order of numbers; the others when their time has come.
    index('webhook_deliveries_first')
      .on(table.endpoint, table.seq)
      .where(sql`${table.status} = 'pending' and ${table.tries} = 0`),
    index('webhook_deliveries_again')
      .on(table.endpoint, table.nextAttemptAt)
      .where(sql`${table.status} = 'pending' and ${table.tries} > 0`),
    index('webhook_deliveries_undone')
      .on(table.endpoint, table.status, table.seq)
      .where(sql`${table.status} <> 'delivered'`),
  ],
)
