import {
  bigint,
  customType,
  index,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import { customers } from '../tables.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** Keys are stored as digests and argon2id hashes: who reads this table can call nothing. */
export const apiKeys = pgTable(
  'api_keys',
  {
    /** The 8 base62 characters that stand in front of the key's secret. */
    id: text().primaryKey(),
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    customerId: text()
      .notNull()
      .references(() => customers.id),
    name: text(),
    /** What it may be used for; null for everything. */
    scopes: text().array(),
    /** Addresses and CIDRs in their one text; null for all addresses. */
    allowedIps: text().array(),
    /** HMAC-SHA-256 of the whole key under the pepper of that id; null until the first good use. */
    digest: bytea(),
    pepperId: text(),
    /** PHC string of argon2id over the whole key, for when that pepper is lost. */
    hash: text().notNull(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** What the key was issued for; from then on it is refused. */
    expiresAt: timestamp({ precision: 3, withTimezone: true }),
    /** The end of the overlap with the key that replaced this one; from then on it is refused too. */
    retiresAt: timestamp({ precision: 3, withTimezone: true }),
    /** Exact to a minute: written at most so often, behind the request. */
    lastUsedAt: timestamp({ precision: 3, withTimezone: true }),
    revokedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [index('api_keys_customer').on(table.customerId, table.seq)],
)

/** Calls by key and hour (UTC), without a foreign key: its check would lock the key for each batch. */
export const apiKeyCalls = pgTable(
  'api_key_calls',
  {
    keyId: text().notNull(),
    hour: timestamp({ precision: 3, withTimezone: true }).notNull(),
    calls: bigint({ mode: 'bigint' }).notNull(),
    /** Those of them that were answered 401, 403 or 429. */
    refused: bigint({ mode: 'bigint' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.keyId, table.hour] }),
    index('api_key_calls_hour').on(table.hour),
  ],
)
