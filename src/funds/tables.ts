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
 * The two sides of every transfer. A user's account stores its balance. A system account (one per
 * name and asset, the source or destination of money) does not: its balance is the sum of its
 * transfers, so that it is no row that every transaction must lock.
 */
export const accounts = pgTable(
  'accounts',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The operator's own id for the user; null for a system account. */
    userId: text().unique('accounts_user_id'),
    system: text({ enum: SYSTEM_ACCOUNTS }),
    /** A currency and its decimals, such as `USD/2`; all amounts are in its smallest unit. */
    asset: text().notNull(),
    tier: text(),
    status: text({ enum: ['active', 'frozen', 'closed'] })
      .notNull()
      .default('active'),
    /** The user's money, including held amounts. */
    balance: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The part of the balance that open holds set aside. */
    held: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /**
     * The part of `held` that belonged to expired holds when the account was last written; it does
     * not count against the floor. Only the holds have the current sum.
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
    /** How far balance minus held may go below zero. */
    creditLimit: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** A balance below it is reported once, until the balance has been above it again. */
    lowBalanceAt: bigint({ mode: 'bigint' }),
    isLow: boolean().notNull().default(false),
    /**
     * A balance below it leaves an intent to top up; null where none is to be left now: it is not enabled,
     * is paused, or has an intent open.
     */
    autoTopUpBelow: bigint({ mode: 'bigint' }),
    /** Stripe has taken money back; only then may the balance be below its floor. */
    chargedBack: boolean().notNull().default(false),
    /** The number of this account's transfers, and the `seq` of the newest. */
    seq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /**
     * Hides the personal data of the account's transfers in the audit log; null once it is erased.
     */
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
 * The ledger: money that moves from one account to another, so the sum over all accounts is zero by
 * construction. Rows are never deleted. They never change, except that an erasure of a closed account
 * removes reason, reference, metadata, address, key and fingerprint. The primary key begins with the
 * user's account: a user's transfers lie together, and their `seq` has no gap.
 */
export const transfers = pgTable(
  'transfers',
  {
    /**
     * The user's account. It is one of the two sides, except for a capture, which goes from holds to
     * revenue.
     */
    accountId: bigint({ mode: 'bigint' }).notNull(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    debitAccountId: bigint({ mode: 'bigint' }).notNull(),
    creditAccountId: bigint({ mode: 'bigint' }).notNull(),
    asset: text().notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    kind: text({
      enum: TRANSFER_KINDS,
    }).notNull(),
    /** The `seq` of the charge or top-up that this returns, or of the hold that this ends. */
    targetSeq: bigint({ mode: 'bigint' }),
    /**
     * The account right after this transfer: its balance, its held amount, and what can be deducted.
     */
    balanceAfter: bigint({ mode: 'bigint' }).notNull(),
    heldAfter: bigint({ mode: 'bigint' }).notNull(),
    availableAfter: bigint({ mode: 'bigint' }).notNull(),
    /** The caller's key; one of our own if the caller gave none. */
    idempotencyKey: text().notNull(),
    /**
     * SHA-256 of the meaning of the request: a key may be repeated only with the same fingerprint.
     */
    fingerprint: bytea().notNull(),
    reason: text(),
    reference: text(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    /** The actor and its address: a transfer is the audit record of its own movement. */
    actor: text().notNull(),
    ip: text(),
    createdAt: timestamp({ precision: 3, withTimezone: true }).notNull(),
    /** The row of `audit_records` for the batch in which it was written. */
    auditRecordId: bigint({ mode: 'bigint' }),
    /** The commitments to the address and to the other details, once those are erased. */
    ipCommitment: text(),
    detailsCommitment: text(),
    /** What it took from grants, or gave to them: their numbers and amounts, in that order. */
    grants: jsonb().$type<Pieces>(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.seq] }),
    // One expression, because the planner would find an index on both columns no better than the
    // primary key, and then read all transfers of an account.
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
    // An erasure searches this before the keys of transfers are deleted.
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
 * Money set aside for a later charge. Its number is that of the transfer that made it. There is no
 * foreign key, because it could not lock rows of a table that nobody may change.
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
    /** It does not count from then on, even while its release has yet to be written. */
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
    // Includes the amount, so that a sum over an account's holds reads only the index.
    index('holds_lapsing')
      .on(table.accountId, table.expiresAt, table.amount)
      .where(sql`${table.status} = 'open'`),
    // The job reads along this index, page by page.
    index('holds_expiring')
      .on(table.expiresAt, table.accountId, table.seq)
      .where(sql`${table.status} = 'open'`),
  ],
)
