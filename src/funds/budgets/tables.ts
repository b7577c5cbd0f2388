import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

/** 2^53 - 1: the largest amount that every JSON reader keeps exactly. */
const LIMIT = sql.raw(String(Number.MAX_SAFE_INTEGER))

/** How much may be charged to an account within a time. The counters are locked with the account. */
export const budgets = pgTable(
  'budgets',
  {
    accountId: bigint({ mode: 'bigint' }).notNull(),
    /** The owner's own name for it. */
    id: text().notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    window: text({ enum: ['hour', 'day', 'week', 'month', 'total'] }).notNull(),
    /** An IANA name, by whose clock windows begin and end. */
    timeZone: text().notNull(),
    /** What a charge's reference begins with; null for any. */
    referencePrefix: text(),
    /** What a charge's reason is; null for any. */
    reason: text(),
    /** A hard one refuses what would pass it, a soft one tells. */
    mode: text({ enum: ['hard', 'soft'] }).notNull(),
    /** Percentages that are told of when they are reached. */
    alertAt: smallint().array().notNull(),
    /** In the window: what was charged and is held, without what was refunded. Holds whose time is over are in it until they end. */
    used: bigint({ mode: 'bigint' }).notNull(),
    windowStart: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The end of the window; null for none. */
    resetsAt: timestamp({ precision: 3, withTimezone: true }),
    /** Only what came behind this transfer of the account is of this window. */
    sinceSeq: bigint({ mode: 'bigint' }).notNull(),
    /** The highest percentage that was told of in this window. */
    alerted: smallint().notNull(),
    /** The newest window for which an event has told that the budget was passed. */
    passedIn: timestamp({ precision: 3, withTimezone: true }),
    /** Whether its user made it in the portal, and may change it there; null in old rows. */
    madeInPortal: boolean(),
    /** The order of lists; null in old rows. */
    createdAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.id] }),
    check('budgets_amount', sql`${table.amount} between 1 and ${LIMIT}`),
    check('budgets_used', sql`${table.used} >= 0`),
    check('budgets_window', sql`${table.window} in ('hour', 'day', 'week', 'month', 'total')`),
    check('budgets_mode', sql`${table.mode} in ('hard', 'soft')`),
  ],
)
