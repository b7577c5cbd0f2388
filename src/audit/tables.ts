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
} from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * Every act with its actor and subject, written in the same transaction as the act. Rows are never
 * changed. A row is either one record, or a batch of transfers. Each transfer is itself the record of
 * its movement, so money needs no second row for each. A trigger puts every new row into the queue.
 */
export const auditRecords = pgTable(
  'audit_records',
  {
    /** The order of insertion; transactions that rolled back leave gaps. */
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    timestamp: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** For example `customer.created`; `record.ts` has the list. Null for a batch of transfers. */
    event: text(),
    /** `admin:<token id>`, `key:<key id>`, `internal:<token id>`, `portal:<session id>`, `stripe` or `system`. */
    actor: text(),
    /** The id of the object of the act, such as a customer's. */
    subject: text(),
    /** A commitment to the address; its value is in `audit_personal`. */
    ip: text(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    /** The transfers of a batch in order: the nth transfer has the nth account and the nth seq. */
    accountIds: bigint({ mode: 'bigint' }).array(),
    transferSeqs: bigint({ mode: 'bigint' }).array(),
  },
  (table) => [
    index('audit_records_subject').on(table.subject, table.id),
    check(
      'audit_records_shape',
      sql`case when ${table.event} is null
        then num_nonnulls(${table.actor}, ${table.subject}, ${table.ip}, ${table.metadata}) = 0
          and cardinality(${table.accountIds}) > 0
          and cardinality(${table.accountIds}) = cardinality(${table.transferSeqs})
        else num_nonnulls(${table.actor}, ${table.subject}, ${table.metadata}) = 3
          and num_nonnulls(${table.accountIds}, ${table.transferSeqs}) = 0 end`,
    ),
  ],
)

/**
 * The values behind the commitments in records. They are not part of the log: erasing a row changes
 * no record, and makes the value irrecoverable.
 */
export const auditPersonal = pgTable(
  'audit_personal',
  {
    /** `sha256:` and the hex digest of salt and value; see `commitment.ts`. */
    commitment: text().primaryKey(),
    /** The subject of the record, by which the value is erased. */
    subject: text().notNull(),
    salt: bytea().notNull(),
    value: text().notNull(),
  },
  (table) => [index('audit_personal_subject').on(table.subject)],
)

/** Rows of `audit_records` that are not in the log yet; adding them to the log deletes them here. */
export const auditQueue = pgTable('audit_queue', {
  recordId: bigint({ mode: 'bigint' }).primaryKey(),
})

/** The order of the log: the places of the records of each row of `audit_records`. Append only. */
export const auditPlaces = pgTable(
  'audit_places',
  {
    /** The `seq` of the row's first record; the others follow without a gap. */
    firstSeq: bigint({ mode: 'bigint' }).primaryKey(),
    /** How many records the row has: 1, or the number of its transfers. */
    size: integer().notNull(),
    recordId: bigint({ mode: 'bigint' }).notNull().unique('audit_places_record'),
    /** The time of the row's oldest record. */
    oldest: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** When it was put into the log: never earlier than the places before it. */
    loggedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [
    index('audit_places_logged').on(table.loggedAt),
    // Tells a search by time how far behind its act a record may stand.
    index('audit_places_late')
      .on(sql`(${table.loggedAt} - ${table.oldest})`)
      .where(sql`${table.loggedAt} - ${table.oldest} > interval '1 minute'`),
  ],
)

/**
 * An inverted index of the log, by row: `event:…`, `actor:…` and, except for transfers, `subject:…`.
 */
export const auditTerms = pgTable(
  'audit_terms',
  {
    term: text().notNull(),
    firstSeq: bigint({ mode: 'bigint' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.term, table.firstSeq] })],
)

/**
 * The Merkle tree in tiles of 256 hashes. Level 0 has the hashes of the records; each hash of the
 * next level is the root of one full tile. Only the last tile of a level grows.
 */
export const auditTiles = pgTable(
  'audit_tiles',
  {
    level: integer().notNull(),
    index: bigint({ mode: 'bigint' }).notNull(),
    /** Up to 256 times 32 bytes. */
    hashes: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
)

/** Signed statements of the log's size and root. Append only. */
export const auditCheckpoints = pgTable(
  'audit_checkpoints',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    size: bigint({ mode: 'bigint' }).notNull(),
    root: bytea().notNull(),
    issuedAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The JWT as it was issued. */
    token: text().notNull(),
  },
  (table) => [index('audit_checkpoints_size').on(table.size)],
)

/**
 * The published log: one row. It does not prove what has been published, because a restore can set
 * it back; `tlog/known.ts` keeps that outside the database.
 */
export const publishedLog = pgTable(
  'published_log',
  {
    id: boolean().primaryKey().default(true),
    /** A random id, which becomes part of the origin if no better name is configured. */
    logId: text().notNull(),
    /** The name of the log, with which every checkpoint begins. Set with the first signature. */
    origin: text(),
    /** The verifier key of the origin. */
    vkey: text(),
    /** The number of records in the newest published checkpoint. */
    size: bigint({ mode: 'bigint' }),
    /** The newest published checkpoint: a signed note with the cosignatures of witnesses. */
    note: text(),
    publishedAt: timestamp({ precision: 3, withTimezone: true }),
    /** Whether enough witnesses have cosigned it. */
    hasQuorum: boolean(),
    /** Since when nothing is signed, because the log lacks records that were already published. */
    behindAt: timestamp({ precision: 3, withTimezone: true }),
    /** The size that the log has according to a source outside the database. */
    behindSize: bigint({ mode: 'bigint' }),
    /** That source: `file`, or `witness` and the name of its key. */
    behindSource: text(),
    /** The process that publishes; another one may take over when the lease has expired. */
    leasedTo: text(),
    leasedUntil: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [check('published_log_one', sql`${table.id}`)],
)
