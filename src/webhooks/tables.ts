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

/** What an endpoint asks for. It applies to events after the given one, until the next terms. */
export interface Terms {
  /** The `seq` of the last event before these terms, as text. */
  after: string
  events: string[]
  /** Whether the endpoint is disabled, so that its events are numbered and parked. */
  isParked: boolean
}

export const DISABLED_REASONS = ['operator', 'gone', 'failing'] as const

/** The endpoints that events are sent to. */
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
    /** The previous secret, which signs too until `previousUntil`. */
    previousSecret: bytea(),
    previousKeyId: text(),
    previousUntil: timestamp({ precision: 3, withTimezone: true }),
    /** Oldest first. Of those before the cursor, only the last one is kept. */
    terms: jsonb().$type<Terms[]>().notNull(),
    /** Events up to this number have been numbered for this endpoint, if it asks for them. */
    cursor: bigint({ mode: 'bigint' }).notNull(),
    /** The endpoint's own number of its newest event. */
    lastSeq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The range of deliveries that must be sent again, in pages; null for none. */
    replayFrom: bigint({ mode: 'bigint' }),
    replayTo: bigint({ mode: 'bigint' }),
    /** Since when no attempt has succeeded; null if the last one has. */
    failingSince: timestamp({ precision: 3, withTimezone: true }),
    /** The process that delivers to it, and until when no other process may. */
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
  /** The HTTP status; null if there was no answer. */
  status: number | null
  duration_ms: number
  /** Why it failed, in a word; null if it succeeded. */
  error: string | null
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'parked'] as const

/** The events of each endpoint, with its own numbers, and the results of sending them. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    /** The endpoint's `seq`. */
    endpoint: bigint({ mode: 'bigint' }).notNull(),
    /** Counts the events of each endpoint from 1, without gaps. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    eventSeq: bigint({ mode: 'bigint' }).notNull(),
    status: text({ enum: DELIVERY_STATUSES }).notNull().default('pending'),
    /** Whether the endpoint's process has claimed it. */
    isTaken: boolean().notNull().default(false),
    /** How often it has failed since it was numbered or last replayed. */
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
    // First attempts begin in the order of their numbers, and repeated ones when they are due.
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
