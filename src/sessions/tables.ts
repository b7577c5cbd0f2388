import { sql } from 'drizzle-orm'
import { bigint, check, customType, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

export const PORTAL_RIGHTS = ['top_up', 'auto_top_up', 'budgets'] as const

/**
 * Sessions of browsers: of operators in the console, and of users in the portal. A session that has
 * ended has no row.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: text().primaryKey(),
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    kind: text({ enum: ['console', 'portal'] }).notNull(),
    /** SHA-256 of the cookie's secret; of a portal's link, until it is opened, of the link's. */
    digest: bytea().notNull().unique(),
    /** The token that signed in, or that made the link. The session ends with it. */
    tokenId: text().notNull(),
    /** Whose portal it is. */
    accountId: bigint({ mode: 'bigint' }),
    /** What the portal's user may change. */
    allow: text({ enum: PORTAL_RIGHTS }).array(),
    returnUrl: text(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** When the portal's link was opened; null until then, and in the console. */
    openedAt: timestamp({ precision: 3, withTimezone: true }),
    expiresAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
  },
  (table) => [
    check('sessions_kind', sql`${table.kind} in ('console', 'portal')`),
    check('sessions_account', sql`(${table.kind} = 'portal') = (${table.accountId} is not null)`),
    index('sessions_expired').on(table.expiresAt),
    // An erasure ends the sessions of an account by it.
    index('sessions_account')
      .on(table.accountId)
      .where(sql`${table.accountId} is not null`),
  ],
)
