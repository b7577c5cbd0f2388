import type postgres from 'postgres'
import { array, jsonArray } from '../plugins/database/arrays.ts'
import type { Account, TransferKind } from './posting.ts'

export interface Transfer {
  accountId: bigint
  seq: bigint
  debitAccountId: bigint
  creditAccountId: bigint
  asset: string
  amount: bigint
  kind: TransferKind
  balanceAfter: bigint
  availableAfter: bigint
  idempotencyKey: string
  fingerprint: Buffer
  reason: string | null
  reference: string | null
  metadata: Record<string, unknown> | null
  actor: string
  ip: string | null
  createdAt: Date
}

export interface Batch {
  /** The batch's accounts by user, as they stand under lock. */
  accounts: Map<string, Account>
  /** Transfers already made under the batch's keys. */
  earlier: Transfer[]
  /** The transaction that holds the locks. */
  xid: string
  /** The database's clock, read under the locks. */
  now: Date
}

/**
 * Begins a transaction and locks the accounts in the order of their ids, so that no two batches wait
 * for each other. Each statement takes its snapshot when the one before has ended: the look-up of
 * keys, made under the locks, sees every transfer of these accounts.
 */
export async function beginBatch(
  sql: postgres.Sql,
  operations: readonly { userId: string; key: string }[],
): Promise<Batch> {
  const userIds = operations.map((operation) => operation.userId)
  const [, accounts, earlier, [transaction]] = await Promise.all([
    sql`begin`,
    sql<Account[]>`
      select id, user_id as "userId", asset, status, balance, held,
        credit_limit as "creditLimit", seq, updated_at as "updatedAt"
      from accounts
      where user_id = any(${array([...new Set(userIds)])}::text[])
      order by id
      for update`,
    sql<Transfer[]>`
      select t.account_id as "accountId", t.seq, t.debit_account_id as "debitAccountId",
        t.credit_account_id as "creditAccountId", t.asset, t.amount, t.kind,
        t.balance_after as "balanceAfter", t.available_after as "availableAfter",
        t.idempotency_key as "idempotencyKey", t.fingerprint, t.reason, t.reference, t.metadata,
        t.actor, t.ip, t.created_at as "createdAt"
      from unnest(
        ${array(userIds)}::text[],
        ${array(operations.map((operation) => operation.key))}::text[]
      ) as sought (user_id, key)
      join accounts a on a.user_id = sought.user_id
      join transfers t on t.account_id = a.id and t.idempotency_key = sought.key`,
    sql<{ xid: string; now: Date }[]>`
      select pg_current_xact_id()::text as xid, clock_timestamp() as now`,
  ])
  if (transaction === undefined) throw new Error('The transaction has no id')
  return {
    accounts: new Map(accounts.map((account) => [account.userId, account])),
    earlier,
    ...transaction,
  }
}

/**
 * Writes what was decided and commits, in one round trip. If the write fails, the transaction is
 * aborted and the commit that follows it ends it without effect.
 */
export async function writeBatch(
  sql: postgres.Sql,
  xid: string,
  accounts: readonly Account[],
  transfers: readonly Transfer[],
): Promise<void> {
  const column = <K extends keyof Transfer>(name: K) => transfers.map((transfer) => transfer[name])
  const write = sql`
    with guard as (select require_transaction(${xid}::xid8)),
    moved as (
      update accounts set balance = new.balance, held = new.held, seq = new.seq,
        updated_at = new.updated_at
      from guard, unnest(
        ${array(accounts.map((account) => account.id))}::bigint[],
        ${array(accounts.map((account) => account.balance))}::bigint[],
        ${array(accounts.map((account) => account.held))}::bigint[],
        ${array(accounts.map((account) => account.seq))}::bigint[],
        ${array(accounts.map((account) => account.updatedAt.toISOString()))}::timestamptz[]
      ) as new (id, balance, held, seq, updated_at)
      where accounts.id = new.id
    )
    insert into transfers (
      account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
      available_after, idempotency_key, fingerprint, reason, reference, metadata, actor, ip,
      created_at
    )
    select new.* from guard, unnest(
      ${array(column('accountId'))}::bigint[],
      ${array(column('seq'))}::bigint[],
      ${array(column('debitAccountId'))}::bigint[],
      ${array(column('creditAccountId'))}::bigint[],
      ${array(column('asset'))}::text[],
      ${array(column('amount'))}::bigint[],
      ${array(column('kind'))}::text[],
      ${array(column('balanceAfter'))}::bigint[],
      ${array(column('availableAfter'))}::bigint[],
      ${array(column('idempotencyKey'))}::text[],
      ${array(column('fingerprint').map((bytes) => `\\x${bytes.toString('hex')}`))}::bytea[],
      ${array(column('reason'))}::text[],
      ${array(column('reference'))}::text[],
      ${jsonArray(column('metadata'))}::jsonb[],
      ${array(column('actor'))}::text[],
      ${array(column('ip'))}::text[],
      ${array(column('createdAt').map((time) => time.toISOString()))}::timestamptz[]
    ) as new`
  await Promise.all([transfers.length === 0 ? undefined : write, sql`commit`])
}

/** The ids of the system accounts, which never change, by name and asset. */
export async function readSystemAccounts(sql: postgres.Sql): Promise<Map<string, bigint>> {
  const rows = await sql<{ id: bigint; system: string; asset: string }[]>`
    select id, system, asset from accounts where system is not null`
  return new Map(rows.map((row) => [`${row.system} ${row.asset}`, row.id]))
}
