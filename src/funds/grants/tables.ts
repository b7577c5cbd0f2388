import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

/** 2^53 - 1: the largest amount that every JSON reader keeps exactly. */
const LIMIT = sql.raw(String(Number.MAX_SAFE_INTEGER))

/**
 * Parts of an account's balance that are spent first and may expire. What each transfer takes from them
 * or gives back stands in the transfer; `remaining` is the sum of that.
 */
export const grants = pgTable(
  'grants',
  {
    accountId: bigint({ mode: 'bigint' }).notNull(),
    /** Grants of an account are numbered without a gap, in the order in which they were made. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    /** The transfer that made it: of kind `grant`, or a refund of what an ended one had paid. */
    transferSeq: bigint({ mode: 'bigint' }).notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    /** Of an ended one, what open holds still need of it. */
    remaining: bigint({ mode: 'bigint' }).notNull(),
    priority: smallint().notNull(),
    category: text(),
    status: text({ enum: ['active', 'spent', 'expired', 'voided'] }).notNull(),
    /** From then on it does not count, even while that has yet to be written. */
    expiresAt: timestamp({ precision: 3, withTimezone: true }),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** When it expired or was voided. */
    closedAt: timestamp({ precision: 3, withTimezone: true }),
    /**
     * The number of the account's last transfer then: the rest is kept for holds up to that number.
     */
    closedSeq: bigint({ mode: 'bigint' }),
    /** Whether something remains. A column, so that an index on it is not written with each charge. */
    isOpen: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.seq] }),
    check('grants_amount', sql`${table.amount} between 1 and ${LIMIT}`),
    check('grants_remaining', sql`${table.remaining} between 0 and ${table.amount}`),
    check('grants_priority', sql`${table.priority} between 0 and 100`),
    check('grants_open', sql`${table.isOpen} = (${table.remaining} > 0)`),
    check(
      'grants_status',
      sql`${table.status} in ('active', 'spent', 'expired', 'voided') and (${table.status} in ('expired', 'voided')) = (${table.closedAt} is not null) and (${table.status} <> 'active' or ${table.remaining} > 0) and (${table.status} <> 'spent' or ${table.remaining} = 0)`,
    ),
    index('grants_open_of')
      .on(table.accountId)
      .where(sql`${table.isOpen}`),
    // What the job walks along, page by page.
    index('grants_expiring')
      .on(table.expiresAt, table.accountId, table.seq)
      .where(sql`${table.isOpen} and ${table.status} = 'active'`),
  ],
)
