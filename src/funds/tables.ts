import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  customType,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Pieces } from './grants/grant.ts'
import { SYSTEM_ACCOUNTS, TRANSFER_KINDS } from './posting.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** 2^53 - 1: the largest amount that every JSON reader keeps exactly. */
const LIMIT = sql.raw(String(Number.MAX_SAFE_INTEGER))

const hashOf = (column: AnyPgColumn) => sql`hashtextextended(${column}, 0)`

/**
 * The two sides of every transfer. A user's account stores its balance; a system account (one per
 * name and asset, where money comes from or goes to) does not: its balance is the sum of its
 * transfers, so that no row is locked by everybody.
 */
export const accounts = pgTable(
  'accounts',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The owner's own id of the user; null for a system account. */
    userId: text().unique('accounts_user_id'),
    system: text({ enum: SYSTEM_ACCOUNTS }),
    /** A currency and its decimals, such as `USD/2`; all amounts are in its smallest unit. */
    asset: text().notNull(),
    tier: text(),
    status: text({ enum: ['active', 'frozen', 'closed'] })
      .notNull()
      .default('active'),
    /** What the user owns, held amounts included. */
    balance: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The part of the balance that is set aside by open holds. */
    held: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /**
     * The part of `held` that was of holds whose time was over when the account was last written: it does
     * not count against the floor. What it is now, only the holds say.
     */
    lapsed: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The part of the balance that is in grants, what holds need of ended ones included. */
    granted: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The number of this account's grants, and the `seq` of the newest. */
    grantCount: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** How many budgets it has. */
    budgetCount: smallint().notNull().default(0),
    /** How far below zero balance minus held may go. */
    creditLimit: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Falling below it is reported once, until the balance has been above it again. */
    lowBalanceAt: bigint({ mode: 'bigint' }),
    isLow: boolean().notNull().default(false),
    /**
     * A balance below it leaves an intent to top up; null where none is to be left now: it is not enabled,
     * is paused, or has an intent open.
     */
    autoTopUpBelow: bigint({ mode: 'bigint' }),
    /** Stripe has taken money back: only then may the balance stand below its floor. */
    chargedBack: boolean().notNull().default(false),
    /** The number of this account's transfers, and the `seq` of the newest. */
    seq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** Hides what is personal of the account's transfers in the audit log; null once it is erased. */
    salt: bytea().default(sql`uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())`),
  },
  (table) => [
    unique('accounts_system_asset').on(table.system, table.asset),
    // What accounts are listed by. None has a column that a charge changes: it would touch every index.
    index('accounts_tier')
      .on(table.tier, table.id)
      .where(sql`${table.userId} is not null`),
    index('accounts_status')
      .on(table.status, table.id)
      .where(sql`${table.status} <> 'active'`),
    index('accounts_charged_back')
      .on(table.id)
      .where(sql`${table.chargedBack}`),
    index('accounts_user_id_prefix').on(table.userId.op('text_pattern_ops')),
    check('accounts_owner', sql`num_nonnulls(${table.userId}, ${table.system}) = 1`),
    check('accounts_status', sql`${table.status} in ('active', 'frozen', 'closed')`),
    check('accounts_balance', sql`${table.balance} between -${LIMIT} and ${LIMIT}`),
    check('accounts_held', sql`${table.held} between 0 and ${LIMIT}`),
    check('accounts_granted', sql`${table.granted} between 0 and greatest(${table.balance}, 0)`),
    check('accounts_credit_limit', sql`${table.creditLimit} between 0 and ${LIMIT}`),
    check(
      'accounts_floor',
      sql`${table.chargedBack} or ${table.balance} - ${table.held} + ${table.lapsed} >= -${table.creditLimit}`,
    ),
    check(
      'accounts_system_balance',
      sql`${table.system} is null or (${table.balance} = 0 and ${table.held} = 0 and ${table.seq} = 0)`,
    ),
  ],
)

/**
 * The ledger: money moved from one account to another, so that the sum over all accounts is zero by
 * construction. Rows are never deleted, and never changed but for what an erasure takes away of a
 * closed account: reason, reference, metadata, address, key and fingerprint. The primary key starts with the user's account: what
 * belongs to one user lies together, and its `seq` has no gap.
 */
export const transfers = pgTable(
  'transfers',
  {
    /** The user's account. It is one of the two sides, but for a capture: from holds to revenue. */
    accountId: bigint({ mode: 'bigint' }).notNull(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    debitAccountId: bigint({ mode: 'bigint' }).notNull(),
    creditAccountId: bigint({ mode: 'bigint' }).notNull(),
    asset: text().notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    kind: text({
      enum: TRANSFER_KINDS,
    }).notNull(),
    /** The `seq` of what a refund gives back or Stripe takes back, or of the hold that this ends. */
    targetSeq: bigint({ mode: 'bigint' }),
    /** The account right after this transfer: its balance, what is held of it, what can be deducted. */
    balanceAfter: bigint({ mode: 'bigint' }).notNull(),
    heldAfter: bigint({ mode: 'bigint' }).notNull(),
    availableAfter: bigint({ mode: 'bigint' }).notNull(),
    /** The caller's key; one of our own, which starts with a space, when the caller gave none. */
    idempotencyKey: text().notNull(),
    /** SHA-256 over the meaning of the request: a key may only be repeated with the same one. */
    fingerprint: bytea().notNull(),
    reason: text(),
    reference: text(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    /** Who moved it and from where: a transfer is the audit record of its movement. */
    actor: text().notNull(),
    ip: text(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The row of `audit_records` that stands for the batch it was written in. */
    auditRecordId: bigint({ mode: 'bigint' }),
    /** What stands in the log for the address and for the other details, once they are erased. */
    ipCommitment: text(),
    detailsCommitment: text(),
    /** What it took from grants, or gave to them: their numbers and amounts, in that order. */
    grants: jsonb().$type<Pieces>(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.seq] }),
    // One expression, because an index on both columns looks to the planner no better than the primary
    // key, by which a look-up reads everything an account ever did.
    uniqueIndex('transfers_idempotency_key').on(
      sql`(${table.accountId}::text || ' ' || ${table.idempotencyKey})`,
    ),
    check(
      'transfers_amount',
      sql`${table.amount} between 1 and ${LIMIT} or ${table.kind} = 'void' and ${table.amount} = 0`,
    ),
    check('transfers_seq', sql`${table.seq} > 0`),
    check(
      'transfers_kind',
      sql`${table.kind} in (${sql.raw(TRANSFER_KINDS.map((kind) => `'${kind}'`).join(', '))})`,
    ),
    check(
      'transfers_target',
      sql`(${table.targetSeq} is not null) = (${table.kind} in ('refund', 'stripe_reversal', 'stripe_reinstatement', 'capture', 'release'))`,
    ),
    // What an erasure looks through before the keys of transfers go.
    index('transfers_paid')
      .on(table.accountId, table.seq)
      .where(sql`${table.kind} = 'stripe_top_up'`),
    index('transfers_target')
      .on(table.accountId, table.targetSeq)
      .where(sql`${table.targetSeq} is not null`),
    // What transfers of all accounts are listed by, newest first. Texts by their hashes, whose entries are
    // small whatever the text; most of all kinds are charges, of which a walk by time finds enough.
    index('transfers_time').on(table.createdAt, table.accountId, table.seq),
    index('transfers_kind_time')
      .on(table.kind, table.createdAt, table.accountId, table.seq)
      .where(sql`${table.kind} <> 'deduct'`),
    index('transfers_reference')
      .on(hashOf(table.reference), table.createdAt, table.accountId, table.seq)
      .where(sql`${table.reference} is not null`),
    index('transfers_reason')
      .on(hashOf(table.reason), table.createdAt, table.accountId, table.seq)
      .where(sql`${table.reason} is not null`),
    // Those with a space in front are no caller's.
    index('transfers_key')
      .on(hashOf(table.idempotencyKey), table.createdAt, table.accountId, table.seq)
      .where(sql`not starts_with(${table.idempotencyKey}, ' ')`),
    check(
      'transfers_sides',
      sql`${table.debitAccountId} <> ${table.creditAccountId} and (${table.kind} = 'capture' or ${table.accountId} in (${table.debitAccountId}, ${table.creditAccountId}))`,
    ),
  ],
)

/**
 * Money set aside for a charge to come. Its number is that of the transfer that made it; a foreign key
 * to a table that nobody may change could not lock its rows.
 */
export const holds = pgTable(
  'holds',
  {
    accountId: bigint({ mode: 'bigint' }).notNull(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    captured: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    status: text({ enum: ['open', 'captured', 'released', 'expired'] }).notNull(),
    /** From then on it does not count, even while its release has yet to be written. */
    expiresAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    closedAt: timestamp({ precision: 3, withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.seq] }),
    check('holds_amount', sql`${table.amount} between 1 and ${LIMIT}`),
    check('holds_captured', sql`${table.captured} between 0 and ${table.amount}`),
    check(
      'holds_status',
      sql`${table.status} in ('open', 'captured', 'released', 'expired') and (${table.status} = 'open') = (${table.closedAt} is null) and (${table.status} = 'captured') = (${table.captured} > 0)`,
    ),
    // With the amount, so that a sum over an account's holds reads the index alone.
    index('holds_lapsing')
      .on(table.accountId, table.expiresAt, table.amount)
      .where(sql`${table.status} = 'open'`),
    // What the job walks along, page by page.
    index('holds_expiring')
      .on(table.expiresAt, table.accountId, table.seq)
      .where(sql`${table.status} = 'open'`),
  ],
)
