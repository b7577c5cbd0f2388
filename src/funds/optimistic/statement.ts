import type postgres from 'postgres'
import { column, jsonColumn } from '../../database/arrays.ts'
import { committing } from '../../database/outcomes.ts'
import type { Writes } from '../batch.ts'
import type { Budget } from '../budgets/budget.ts'
import type { Account } from '../posting.ts'
import { TURN_CLASS } from '../turns.ts'

/** An account as it is remembered, and as the charges leave it. */
export interface Change {
  before: Account
  after: Account
  /** All of its budgets. */
  budgets: readonly CountedBudget[]
  /** The first moment at which the charges would be decided otherwise; null if there is none. */
  until: Date | null
}

/** A budget as it is remembered, and after the charges; the same object if they do not count. */
export interface CountedBudget {
  before: Budget
  after: Budget
}

export interface Written {
  /** The row of `audit_records` for the transfers; null if none was written. */
  recordId: bigint | null
  /** The time of the transfers, by the id of each account that was as remembered. */
  times: Map<bigint, Date>
}

/** What a statement has besides what all have. */
interface Parts {
  given: { values: string; names: string }
  granted: string
  budgetCount: string
  /** What is kept of the locked accounts, and looked at before they are charged. */
  locked: string
  checks: string
  /** The accounts to charge, as `locked`. */
  charged: string
  setGranted: string
  time: string
  pieces: { value: string; name: string }
  writes: string
}

const statementOf = (parts: Parts) => `
  with given as (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]${parts.given.values})
      as one (id, seq, balance, credit_limit, seq_after, balance_after${parts.given.names})
  ),
  locked as materialized (
    select given.id, given.seq_after, given.balance_after${parts.locked}
    from given join accounts a on a.id = given.id
    where a.seq = given.seq and a.balance = given.balance and a.credit_limit = given.credit_limit and a.status = 'active'
      and a.user_id is not null and a.held = 0 and a.granted = ${parts.granted} and a.budget_count = ${parts.budgetCount}
      and not a.charged_back and not a.is_low
      and (greatest(a.low_balance_at, a.auto_top_up_below) <= given.balance_after) is not false
      and pg_try_advisory_xact_lock_shared(${TURN_CLASS}, hashint8(a.id))
    for update of a skip locked
  ),${parts.checks}
  moved as (
    update accounts a set balance = locked.balance_after, seq = locked.seq_after,${parts.setGranted}
      updated_at = ${parts.time}
    from ${parts.charged} where a.id = locked.id
    returning a.id, a.asset, a.credit_limit, a.updated_at
  ),
  made as materialized (
    select one.*, moved.asset, moved.credit_limit, moved.updated_at
    from unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
        $13::bytea[], $14::text[], $15::text[], $16::jsonb[], $17::text[], $18::text[]${parts.pieces.value})
      with ordinality as one (account_id, seq, credit_account_id, amount, balance_after, key,
        fingerprint, reason, reference, metadata, actor, ip${parts.pieces.name}, place)
    join moved on moved.id = one.account_id
  ),
  recorded as (
    insert into audit_records (account_ids, transfer_seqs)
    select array_agg(account_id order by place), array_agg(seq order by place) from made
    having count(*) > 0
    returning id
  ),
  transferred as (
    insert into transfers (
      account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
      held_after, available_after, idempotency_key, fingerprint, reason, reference, metadata, actor, ip,
      created_at, audit_record_id${parts.pieces.name}
    )
    select account_id, seq, account_id, credit_account_id, asset, amount, 'deduct', balance_after, 0,
      balance_after + credit_limit, key, fingerprint, reason, reference, metadata, actor, ip, updated_at,
      recorded.id${parts.pieces.name}
    from made, recorded
  )${parts.writes}
  select moved.id, moved.updated_at as "at", recorded.id as "recordId" from moved, recorded`

/**
 * Charges the accounts that are as remembered, and no others, in one statement that commits by
 * itself. `seq` changes with every movement, so an account with the same `seq` has the same
 * balance, holds and grants. What can change without a movement is compared field by field, and so is
 * the balance: a primary that has lost movements in a failover counts again from an earlier `seq`.
 *
 * The statement waits for no lock: a row that another transaction has locked, or waits for, counts
 * as changed. So it can't be part of a deadlock. The time is read while the row is locked;
 * `balanceAt` relies on that.
 */
const CHARGE = statementOf({
  given: { values: '', names: '' },
  granted: '0',
  budgetCount: '0',
  locked: '',
  checks: '',
  charged: 'locked',
  setGranted: '',
  time: "greatest(date_trunc('milliseconds', clock_timestamp()), a.updated_at)",
  pieces: { value: '', name: '' },
  writes: '',
})

/**
 * The same where some of the accounts have grants or budgets. Budgets are changed without a movement
 * too, so all of an account's are compared. They are locked for that, because the statement would
 * otherwise see them as they were when it began, when the account was not locked yet. Whoever changes
 * a budget or a grant has locked its account, so these locks are free.
 *
 * The charges were decided for a time before `until`, so the time under the lock must be before it.
 *
 * The two `in` are no joins, because the planner expects single rows there and would choose nested
 * loops. Beside `or` and `is true` it looks them up in a hash table.
 */
const CONTROLLED_CHARGE = statementOf({
  given: {
    values: ', $19::bigint[], $20::bigint[], $21::smallint[], $22::timestamptz[]',
    names: ', granted, granted_after, budget_count, until',
  },
  granted: 'given.granted',
  budgetCount: 'given.budget_count',
  locked: ', given.granted_after, given.budget_count, given.until, a.updated_at',
  checks: `
  timed as materialized (
    select locked.*, greatest(date_trunc('milliseconds', clock_timestamp()), updated_at) as at from locked
  ),
  same as materialized (
    select one.account_id, one.id, one.used_after, one.alerted_after, timed.budget_count,
      (one.used_after, one.alerted_after) <> (one.used, one.alerted) as is_counted
    from unnest($24::bigint[], $25::text[], $26::bigint[], $27::text[], $28::text[], $29::text[],
        $30::text[], $31::bigint[], $32::smallint[], $33::timestamptz[], $34::bigint[], $35::smallint[])
      as one (account_id, id, amount, mode, reference_prefix, reason, alert_at, used, alerted, resets_at,
        used_after, alerted_after)
    join timed on timed.id = one.account_id
    join budgets b on b.account_id = one.account_id and b.id = one.id
    where b.amount = one.amount and b.mode = one.mode and b.used = one.used and b.alerted = one.alerted
      and b.alert_at = one.alert_at::smallint[] and b.resets_at is not distinct from one.resets_at
      and b.reference_prefix is not distinct from one.reference_prefix
      and b.reason is not distinct from one.reason
    for update of b skip locked
  ),
  ready as materialized (
    select timed.* from timed
    where (at < until) is not false and (budget_count = 0 or id in (
      select account_id from same group by account_id, budget_count having count(*) = budget_count))
  ),`,
  charged: 'ready as locked',
  setGranted: ' granted = locked.granted_after,',
  time: 'locked.at',
  pieces: { value: ', $23::jsonb[]', name: ', grants' },
  writes: `,
  counted as (
    update budgets b set used = same.used_after, alerted = same.alerted_after
    from same
    where b.account_id = same.account_id and b.id = same.id and same.is_counted
      and (same.account_id in (select id from moved)) is true
  ),
  paid as (
    update grants g set remaining = one.remaining, is_open = one.remaining > 0,
      status = case when one.remaining > 0 then 'active' else 'spent' end
    from unnest($36::bigint[], $37::bigint[], $38::bigint[]) as one (account_id, seq, remaining)
    join moved on moved.id = one.account_id
    where g.account_id = one.account_id and g.seq = one.seq
  )`,
})

/**
 * @param writes what the charges of these accounts write, their transfers in order
 * @throws OutcomeUnknown if the charges may have been made; any other error means that they were not
 */
export async function writeCharges(
  sql: postgres.Sql,
  changes: readonly Change[],
  { transfers, grants }: Pick<Writes, 'transfers' | 'grants'>,
): Promise<Written> {
  const isControlled = changes.some(({ before }) => before.granted > 0n || before.budgetCount > 0)
  const rows = await committing(() =>
    sql.unsafe<{ id: bigint; at: Date; recordId: bigint }[]>(
      isControlled ? CONTROLLED_CHARGE : CHARGE,
      [
        column(changes, ({ before }) => before.id),
        column(changes, ({ before }) => before.seq),
        column(changes, ({ before }) => before.balance),
        column(changes, ({ before }) => before.creditLimit),
        column(changes, ({ after }) => after.seq),
        column(changes, ({ after }) => after.balance),
        column(transfers, (transfer) => transfer.accountId),
        column(transfers, (transfer) => transfer.seq),
        column(transfers, (transfer) => transfer.creditAccountId),
        column(transfers, (transfer) => transfer.amount),
        column(transfers, (transfer) => transfer.balanceAfter),
        column(transfers, (transfer) => transfer.idempotencyKey),
        column(transfers, (transfer) => transfer.fingerprint),
        column(transfers, (transfer) => transfer.reason),
        column(transfers, (transfer) => transfer.reference),
        jsonColumn(transfers, (transfer) => transfer.metadata),
        column(transfers, (transfer) => transfer.actor),
        column(transfers, (transfer) => transfer.ip),
        ...(isControlled ? controlsIn(changes, { transfers, grants }) : []),
      ],
      { prepare: true },
    ),
  )
  return {
    recordId: rows[0]?.recordId ?? null,
    times: new Map(rows.map(({ id, at }) => [id, at])),
  }
}

function controlsIn(
  changes: readonly Change[],
  { transfers, grants }: Pick<Writes, 'transfers' | 'grants'>,
): string[] {
  const budgets = changes.flatMap((change) => change.budgets)
  return [
    column(changes, ({ before }) => before.granted),
    column(changes, ({ after }) => after.granted),
    column(changes, ({ before }) => BigInt(before.budgetCount)),
    column(changes, ({ until }) => until),
    jsonColumn(transfers, (transfer) => transfer.grants),
    column(budgets, ({ before }) => before.accountId),
    column(budgets, ({ before }) => before.id),
    column(budgets, ({ before }) => before.amount),
    column(budgets, ({ before }) => before.mode),
    column(budgets, ({ before }) => before.referencePrefix),
    column(budgets, ({ before }) => before.reason),
    column(budgets, ({ before }) => `{${before.alertAt.join(',')}}`),
    column(budgets, ({ before }) => before.used),
    column(budgets, ({ before }) => BigInt(before.alerted)),
    column(budgets, ({ before }) => before.resetsAt),
    column(budgets, ({ after }) => after.used),
    column(budgets, ({ after }) => BigInt(after.alerted)),
    column(grants, (grant) => grant.accountId),
    column(grants, (grant) => grant.seq),
    column(grants, (grant) => grant.remaining),
  ]
}
