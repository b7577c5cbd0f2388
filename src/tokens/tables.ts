import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  date,
  index,
  pgTable,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import { ROLE_NAMES } from '../auth/permissions.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** Tokens of operators and services, stored as digests and argon2id hashes like API keys. */
export const tokens = pgTable(
  'tokens',
  {
    /** The 12 base62 characters before the token's secret. */
    id: text().primaryKey(),
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    /** The id of the first token in a chain of replacements, under which the day's sum is counted. */
    lineage: text().notNull(),
    name: text().notNull(),
    scope: text({ enum: ['admin', 'internal'] }).notNull(),
    role: text({ enum: ROLE_NAMES }),
    /** Null for a token with a role, which has the role's permissions. */
    permissions: text().array(),
    /** Addresses and CIDRs, in their one spelling; null for all addresses. */
    allowedIps: text().array(),
    /** In the smallest unit: the limits of one movement, and of a UTC day; null for no bound. */
    amountMax: bigint({ mode: 'bigint' }),
    dailyAmountMax: bigint({ mode: 'bigint' }),
    /** HMAC-SHA-256 of the whole token with that pepper; null until the first valid use. */
    digest: bytea(),
    pepperId: text(),
    /** PHC string of argon2id over the whole token, for when that pepper is lost. */
    hash: text().notNull(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp({ precision: 3, withTimezone: true }),
    /** The end of the overlap with the token that replaced this one. */
    retiresAt: timestamp({ precision: 3, withTimezone: true }),
    /** Accurate to a minute: written at most once a minute, behind the request. */
    lastUsedAt: timestamp({ precision: 3, withTimezone: true }),
    revokedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    index('tokens_role').on(table.role),
    check('tokens_scope', sql`${table.scope} in ('admin', 'internal')`),
    check('tokens_rights', sql`(${table.role} is null) <> (${table.permissions} is null)`),
  ],
)

/**
 * The sums that tokens with a daily cap have moved, by lineage. The row is locked together with the
 * money.
 */
export const tokenSums = pgTable('token_sums', {
  lineage: text().primaryKey(),
  /** In UTC; the sum of any other day is 0. */
  day: date().notNull(),
  amount: bigint({ mode: 'bigint' }).notNull(),
})
