import type postgres from 'postgres'
import { column, jsonColumn } from '../../database/arrays.ts'
import { committing } from '../../database/outcomes.ts'
import type { Transfer } from '../operations.ts'
import type { Account } from '../posting.ts'
import { TURN_CLASS } from '../turns.ts'

/** An account as it is remembered, and as the charges leave it. */
export interface Change {
  before: Account
  after: Account
}

export interface Written {
  /** The row of `audit_records` for the transfers; null if none was written. */
  recordId: bigint | null
  /** The time of the transfers, by the id of each account that was as remembered. */
  times: Map<bigint, Date>
}

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
export const CHARGE = `
  with given as (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      as one (id, seq, balance, credit_limit, seq_after, balance_after)
  ),
  locked as materialized (
    select given.id, given.seq_after, given.balance_after
    from given join accounts a on a.id = given.id
    where a.seq = given.seq and a.balance = given.balance and a.credit_limit = given.credit_limit
      and a.status = 'active'
      and a.user_id is not null and a.held = 0 and a.granted = 0 and a.budget_count = 0
      and not a.charged_back and not a.is_low
      and (greatest(a.low_balance_at, a.auto_top_up_below) <= given.balance_after) is not false
      and pg_try_advisory_xact_lock_shared(${TURN_CLASS}, hashint8(a.id))
    for update of a skip locked
  ),
  moved as (
    update accounts a set balance = locked.balance_after, seq = locked.seq_after,
      updated_at = greatest(date_trunc('milliseconds', clock_timestamp()), a.updated_at)
    from locked where a.id = locked.id
    returning a.id, a.asset, a.credit_limit, a.updated_at
  ),
  made as materialized (
    select one.*, moved.asset, moved.credit_limit, moved.updated_at
    from unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
        $13::bytea[], $14::text[], $15::text[], $16::jsonb[], $17::text[], $18::text[])
      with ordinality as one (account_id, seq, credit_account_id, amount, balance_after, key,
        fingerprint, reason, reference, metadata, actor, ip, place)
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
      created_at, audit_record_id
    )
    select account_id, seq, account_id, credit_account_id, asset, amount, 'deduct', balance_after, 0,
      balance_after + credit_limit, key, fingerprint, reason, reference, metadata, actor, ip, updated_at,
      recorded.id
    from made, recorded
  )
  select moved.id, moved.updated_at as "at", recorded.id as "recordId" from moved, recorded`

/**
 * @param transfers the transfers of these accounts, in order
 * @throws OutcomeUnknown if the charges may have been made; any other error means that they were not
 */
export async function writeCharges(
  sql: postgres.Sql,
  changes: readonly Change[],
  transfers: readonly Transfer[],
): Promise<Written> {
  const rows = await committing(() =>
    sql.unsafe<{ id: bigint; at: Date; recordId: bigint }[]>(
      CHARGE,
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
      ],
      { prepare: true },
    ),
  )
  return {
    recordId: rows[0]?.recordId ?? null,
    times: new Map(rows.map(({ id, at }) => [id, at])),
  }
}
