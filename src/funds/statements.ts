import type postgres from 'postgres'
import { array, column, jsonColumn } from '../database/arrays.ts'
import type { Charge, Writes } from './batch.ts'
import type { Budget } from './budgets/budget.ts'
import { type LoggedBudget, budgetOf, budgetsOf, writeBudgets } from './budgets/statements.ts'
import type { Sum } from './caps.ts'
import type { Grant } from './grants/grant.ts'
import {
  type LoggedGrant,
  grantOf,
  grantsOfCharge,
  openGrantsOf,
  readGrants,
  writeGrants,
} from './grants/statements.ts'
import type { Place, Transfer } from './operations.ts'
import type { Account, Hold } from './posting.ts'
import { TURN_CLASS } from './turns.ts'

/** An idempotency key and its account: by user, or by id where that is known. */
export interface SoughtKey {
  userId: string | null
  accountId: bigint | null
  key: string
}

export interface BatchInput {
  userIds: readonly string[]
  accountIds: readonly bigint[]
  keys: readonly SoughtKey[]
  charges: readonly Place[]
  holds: readonly Place[]
  grants: readonly Place[]
  /** Lineages of tokens with a daily cap, each once and in order. */
  lineages: readonly string[]
}

export interface BatchState {
  accounts: Account[]
  earlier: Transfer[]
  charges: Charge[]
  holds: Hold[]
  endings: Transfer[]
  /** With something left, of the accounts that were chosen; and those that are named. */
  grants: Grant[]
  /** Of the accounts, without what of their holds is over. */
  budgets: Budget[]
  sums: Sum[]
  /** The transaction that holds the locks. */
  xid: string
  /** The database's clock, read under the locks. */
  now: Date
}

const NO_TRANSACTION = { xid: '', now: new Date(0), open: null, budgets: null }

/** For a capped token's sum, which another batch keeps locked until its commit. */
const SUM_WAIT_MS = 250

/**
 * Begins a transaction and locks the accounts, in the order of their ids. All statements go in one
 * round trip, and each takes its snapshot when the one before has ended. So what is read under the
 * locks is the newest state of these accounts.
 *
 * A transaction that waits for its accounts takes their turns first. One that does not wait leaves
 * out accounts whose turn is taken.
 * @param waitMs how long to wait for locks before the transaction fails with 55P03; with null,
 * accounts that others have locked are left out
 */
export async function beginBatch(
  sql: postgres.Sql,
  input: BatchInput,
  waitMs: number | null,
): Promise<BatchState> {
  const { keys, charges, holds, grants, lineages } = input
  const users = sql`${array(input.userIds)}::text[]`
  const ids = sql`${array(input.accountIds)}::bigint[]`
  const chosen = sql`(accounts.user_id = any(${users}) or (accounts.user_id is not null and accounts.id = any(${ids})))`
  const turn = sql`${TURN_CLASS}::int, hashint8(id)`
  const [, , , accounts, , sums, transaction, ...found] = await Promise.all([
    sql`begin`,
    waitMs !== null && sql`select set_config('lock_timeout', ${String(waitMs)}, true)`,
    // In one order where there are several. Accounts may share a turn, which is then asked for once.
    waitMs !== null &&
      sql`
        select pg_advisory_xact_lock(${TURN_CLASS}::int, one.turn) from (
          select distinct hashint8(id) as turn from accounts where ${chosen} order by turn offset 0
        ) one`,
    sql<Account[]>`
      select id, user_id as "userId", asset, status, balance, held,
        0::bigint as lapsed, granted, grant_count as "grantCount",
        budget_count as "budgetCount", credit_limit as "creditLimit", low_balance_at as "lowBalanceAt",
        auto_top_up_below as "autoTopUpBelow",
        charged_back as "chargedBack", is_low as "isLow", seq,
        updated_at as "updatedAt", salt
      from accounts
      where ${chosen} ${waitMs === null ? sql`and ${gives(sql, chosen, turn)}` : sql``}
      order by id
      for update ${waitMs === null ? sql`skip locked` : sql``}`,
    // After the accounts, and last of all locks: the transaction that holds it only writes and
    // commits.
    lineages.length > 0 &&
      waitMs === null &&
      sql`select set_config('lock_timeout', ${String(SUM_WAIT_MS)}, true)`,
    lineages.length === 0
      ? []
      : sql<Sum[]>`
          select lineage, day::text as day, amount from token_sums
          where lineage = any(${array(lineages)}::text[]) order by lineage for update`,
    // With what there is of grants and budgets: statements of their own would be for nothing in most batches.
    sql<{ xid: string; now: Date; open: LoggedGrant[] | null; budgets: LoggedBudget[] | null }[]>`
      select pg_current_xact_id()::text as xid, clock_timestamp() as now,
        ${openGrantsOf(sql, chosen)} as open, ${budgetsOf(sql, chosen)} as budgets`,
    keys.length === 0
      ? []
      : sql<Transfer[]>`
          select ${transferColumns(sql)}
          from unnest(
            ${array(keys.map((one) => one.userId))}::text[],
            ${array(keys.map((one) => one.accountId))}::bigint[],
            ${array(keys.map((one) => one.key))}::text[]
          ) as sought (user_id, account_id, key)
          left join accounts a on a.user_id = sought.user_id
          join transfers t on (t.account_id::text || ' ' || t.idempotency_key)
            = (coalesce(a.id, sought.account_id)::text || ' ' || sought.key)`,
    charges.length === 0
      ? []
      : sql<(Charge & { taken: LoggedGrant[] | null })[]>`
          select ${transferColumns(sql)}, ${grantsOfCharge(sql)} as taken,
            case t.kind when 'capture' then (${notesOf(sql, sql`t.account_id`, sql`t.target_seq`)}) end as "holdNotes", (
            select coalesce(sum(case r.kind when 'stripe_reinstatement' then -r.amount else r.amount end), 0)::bigint
            from transfers r
            where r.account_id = t.account_id and r.target_seq = t.seq
              and r.kind in ('refund', 'stripe_reversal', 'stripe_reinstatement')
          ) as refunded
          from ${places(sql, charges)} join transfers t using (account_id, seq)`,
    holds.length === 0
      ? []
      : sql<Hold[]>`
          select ${holdColumns(sql)} from ${places(sql, holds)} join holds h using (account_id, seq)`,
    holds.length === 0
      ? []
      : sql<Transfer[]>`
          select ${transferColumns(sql)}
          from ${places(sql, holds)}
          join holds h using (account_id, seq)
          join transfers t on t.account_id = h.account_id and t.target_seq = h.seq
            and t.kind = case h.status when 'captured' then 'capture' else 'release' end`,
    grants.length === 0 ? [] : readGrants(sql, grants),
  ])
  const [earlier, chargeRows, holdRows, endings, named] = found
  const [{ xid, now, open, budgets } = NO_TRANSACTION] = transaction
  const taken = chargeRows.flatMap((charge) => charge.taken ?? [])
  return {
    accounts,
    earlier,
    charges: chargeRows,
    holds: holdRows,
    endings,
    grants: [...[...(open ?? []), ...taken].map(grantOf), ...named],
    budgets: (budgets ?? []).map(budgetOf),
    sums,
    xid,
    now,
  }
}

/** Holds that earlier transfers made or ended. */
export function readHolds(sql: postgres.Sql, replayed: readonly Place[]): Promise<Hold[]> {
  return sql<Hold[]>`
    select ${holdColumns(sql)} from ${places(sql, replayed)} join holds h using (account_id, seq)`
}

/**
 * Whether no transaction waits for an account. The `case` limits this to the requested accounts,
 * whatever the plan.
 */
function gives(
  sql: postgres.Sql,
  chosen: postgres.PendingQuery<postgres.Row[]>,
  turn: postgres.PendingQuery<postgres.Row[]>,
) {
  return sql`case when ${chosen} then pg_try_advisory_xact_lock_shared(${turn}) end`
}

/**
 * Writes what was decided and commits, in one round trip. If the write fails, the transaction is
 * aborted, and the commit that follows has no effect. Each write checks the guard, so that on a new
 * connection, outside the transaction that has read, nothing is written.
 * @returns the id of the transfers' row in `audit_records`; null without transfers
 */
export async function writeBatch(
  sql: postgres.Sql,
  xid: string,
  writes: Writes,
): Promise<bigint | null> {
  const { accounts, transfers, holds, fellLow, toTopUp, grants, grantEvents, budgets, sums } =
    writes
  const guard = guardOf(sql, xid)

  const accountIds = column(transfers, (transfer) => transfer.accountId)
  const seqs = column(transfers, (transfer) => transfer.seq)
  const moved = sql<{ id: bigint }[]>`
    with recorded as (
      insert into audit_records (account_ids, transfer_seqs)
      select ${accountIds}::bigint[], ${seqs}::bigint[] from ${guard}
      where cardinality(${accountIds}::bigint[]) > 0
      returning id
    ),
    moved as (
      update accounts set balance = new.balance, held = new.held, lapsed = new.lapsed,
        granted = new.granted, grant_count = new.grant_count, charged_back = new.charged_back, is_low = new.is_low,
        seq = new.seq, updated_at = new.updated_at
      from ${guard}, unnest(
        ${column(accounts, (account) => account.id)}::bigint[],
        ${column(accounts, (account) => account.balance)}::bigint[],
        ${column(accounts, (account) => account.held)}::bigint[],
        ${column(accounts, (account) => account.lapsed)}::bigint[],
        ${column(accounts, (account) => account.granted)}::bigint[],
        ${column(accounts, (account) => account.grantCount)}::bigint[],
        ${column(accounts, (account) => account.chargedBack)}::boolean[],
        ${column(accounts, (account) => account.isLow)}::boolean[],
        ${column(accounts, (account) => account.seq)}::bigint[],
        ${column(accounts, (account) => account.updatedAt)}::timestamptz[]
      ) as new (id, balance, held, lapsed, granted, grant_count, charged_back, is_low, seq, updated_at)
      where accounts.id = new.id
    ),
    transferred as (
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, target_seq,
        balance_after, held_after, available_after, idempotency_key, fingerprint, reason, reference,
        metadata, actor, ip, created_at, grants, audit_record_id
      )
      select new.*, recorded.id from recorded, unnest(
        ${accountIds}::bigint[],
        ${seqs}::bigint[],
        ${column(transfers, (transfer) => transfer.debitAccountId)}::bigint[],
        ${column(transfers, (transfer) => transfer.creditAccountId)}::bigint[],
        ${column(transfers, (transfer) => transfer.asset)}::text[],
        ${column(transfers, (transfer) => transfer.amount)}::bigint[],
        ${column(transfers, (transfer) => transfer.kind)}::text[],
        ${column(transfers, (transfer) => transfer.targetSeq)}::bigint[],
        ${column(transfers, (transfer) => transfer.balanceAfter)}::bigint[],
        ${column(transfers, (transfer) => transfer.heldAfter)}::bigint[],
        ${column(transfers, (transfer) => transfer.availableAfter)}::bigint[],
        ${column(transfers, (transfer) => transfer.idempotencyKey)}::text[],
        ${column(transfers, (transfer) => transfer.fingerprint)}::bytea[],
        ${column(transfers, (transfer) => transfer.reason)}::text[],
        ${column(transfers, (transfer) => transfer.reference)}::text[],
        ${jsonColumn(transfers, (transfer) => transfer.metadata)}::jsonb[],
        ${column(transfers, (transfer) => transfer.actor)}::text[],
        ${column(transfers, (transfer) => transfer.ip)}::text[],
        ${column(transfers, (transfer) => transfer.createdAt)}::timestamptz[],
        ${jsonColumn(transfers, (transfer) => transfer.grants)}::jsonb[]
      ) as new
    )
    select id from recorded`

  const held = sql`
    insert into holds (account_id, seq, amount, captured, status, expires_at, closed_at)
    select new.* from ${guard}, unnest(
      ${column(holds, (hold) => hold.accountId)}::bigint[],
      ${column(holds, (hold) => hold.seq)}::bigint[],
      ${column(holds, (hold) => hold.amount)}::bigint[],
      ${column(holds, (hold) => hold.captured)}::bigint[],
      ${column(holds, (hold) => hold.status)}::text[],
      ${column(holds, (hold) => hold.expiresAt)}::timestamptz[],
      ${column(holds, (hold) => hold.closedAt)}::timestamptz[]
    ) as new
    on conflict (account_id, seq) do update
      set captured = excluded.captured, status = excluded.status, closed_at = excluded.closed_at`

  // The record of the causing transfer has the address.
  const reported = sql`
    insert into audit_records (event, actor, subject, metadata)
    select 'account.updated', new.actor, 'acct_' || new.id,
      jsonb_build_object('low_balance', true, 'balance', new.balance)
    from ${guard}, unnest(
      ${column(fellLow, ({ account }) => account.id)}::bigint[],
      ${column(fellLow, ({ account }) => account.balance)}::bigint[],
      ${column(fellLow, ({ actor }) => actor)}::text[]
    ) as new (id, balance, actor)`

  const told = sql`
    insert into audit_records (event, actor, subject, metadata)
    select new.event, new.actor, 'acct_' || new.account_id, jsonb_build_object(
      'grant_id', 'grant_' || new.account_id || '_' || new.seq, 'amount', new.amount)
    from ${guard}, unnest(
      ${column(grantEvents, ({ event }) => event)}::text[],
      ${column(grantEvents, ({ actor }) => actor)}::text[],
      ${column(grantEvents, ({ place }) => place.accountId)}::bigint[],
      ${column(grantEvents, ({ place }) => place.seq)}::bigint[],
      ${column(grantEvents, ({ amount }) => amount)}::bigint[]
    ) as new (event, actor, account_id, seq, amount)`

  const summed = sql`
    update token_sums set day = new.day, amount = new.amount
    from ${guard}, unnest(
      ${column(sums, ({ lineage }) => lineage)}::text[],
      ${column(sums, ({ day }) => day)}::date[],
      ${column(sums, ({ amount }) => amount)}::bigint[]
    ) as new (lineage, day, amount)
    where token_sums.lineage = new.lineage`

  const [recorded] = await Promise.all([
    transfers.length > 0 || accounts.length > 0 ? moved : [],
    // Before the budgets, whose events leave out what is of holds whose time is over.
    holds.length > 0 && held,
    grants.length > 0 && writeGrants(sql, guard, grants),
    grantEvents.length > 0 && told,
    budgets.length > 0 && writeBudgets(sql, guard, budgets),
    sums.length > 0 && summed,
    fellLow.length > 0 && reported,
    toTopUp.length > 0 && intended(sql, guard, toTopUp),
    sql`commit`,
  ])
  return recorded[0]?.id ?? null
}

/** Leaves intents to top up accounts, and commits nothing else. */
export async function leaveIntents(
  sql: postgres.Sql,
  xid: string,
  accountIds: readonly bigint[],
): Promise<void> {
  await Promise.all([intended(sql, guardOf(sql, xid), accountIds), sql`commit`])
}

function intended(
  sql: postgres.Sql,
  guard: postgres.PendingQuery<postgres.Row[]>,
  accountIds: readonly bigint[],
) {
  return sql`select leave_auto_top_up_intents(${array(accountIds)}::bigint[]) from ${guard}`
}

function guardOf(sql: postgres.Sql, xid: string) {
  return sql`(select require_transaction(${xid}::xid8)) as guard`
}

/** The ids of the system accounts, which never change, by name and asset. */
export async function readSystemAccounts(sql: postgres.Sql): Promise<Map<string, bigint>> {
  const rows = await sql<{ id: bigint; system: string; asset: string }[]>`
    select id, system, asset from accounts where system is not null`
  return new Map(rows.map((row) => [`${row.system} ${row.asset}`, row.id]))
}

function places(sql: postgres.Sql, sought: readonly Place[]) {
  return sql`(
    select distinct * from unnest(
      ${array(sought.map((place) => place.accountId))}::bigint[],
      ${array(sought.map((place) => place.seq))}::bigint[]
    ) as place (account_id, seq)
  ) as place`
}

export function transferColumns(sql: postgres.Sql) {
  return sql`
    t.account_id as "accountId", t.seq, t.debit_account_id as "debitAccountId",
    t.credit_account_id as "creditAccountId", t.asset, t.amount, t.kind,
    t.target_seq as "targetSeq", t.balance_after as "balanceAfter", t.held_after as "heldAfter",
    t.available_after as "availableAfter", t.idempotency_key as "idempotencyKey", t.fingerprint,
    t.reason, t.reference, t.metadata, t.actor, t.ip, t.created_at as "createdAt", t.grants`
}

export function holdColumns(sql: postgres.Sql) {
  return sql`
    h.account_id as "accountId", h.seq, h.amount, h.captured, h.status,
    h.expires_at as "expiresAt", h.closed_at as "closedAt",
    (${notesOf(sql, sql`h.account_id`, sql`h.seq`)}) as notes`
}

/** What was said of a transfer, by which budgets count it. */
function notesOf(
  sql: postgres.Sql,
  accountId: postgres.PendingQuery<postgres.Row[]>,
  seq: postgres.PendingQuery<postgres.Row[]>,
) {
  return sql`
    select json_build_object('reason', m.reason, 'reference', m.reference) from transfers m
    where m.account_id = ${accountId} and m.seq = ${seq}`
}
