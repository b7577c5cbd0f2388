import type postgres from 'postgres'
import { array, column } from '../../database/arrays.ts'
import type { Budget } from './budget.ts'

/** A budget as JSON without names: it comes with the rows of others, in no round trip of its own. */
export type LoggedBudget = [
  accountId: number,
  id: string,
  amount: number,
  window: Budget['window'],
  timeZone: string,
  referencePrefix: string | null,
  reason: string | null,
  mode: Budget['mode'],
  alertAt: number[],
  used: string,
  windowStart: string,
  resetsAt: string | null,
  sinceSeq: number,
  alerted: number,
  lapsed: string,
]

/** @param lapsed what of `used` is of holds whose time is over */
export function budgetJson(
  sql: postgres.Sql,
  lapsed: postgres.PendingQuery<postgres.Row[]> = sql`0`,
) {
  return sql`json_build_array(b.account_id, b.id, b.amount, b.window, b.time_zone, b.reference_prefix,
    b.reason, b.mode, b.alert_at, b.used::text, b.window_start, b.resets_at, b.since_seq, b.alerted,
    (${lapsed})::text)`
}

export function budgetOf(row: LoggedBudget): Budget {
  const [accountId, id, amount, window, timeZone, referencePrefix, reason, mode, alertAt] = row
  const [, , , , , , , , , used, windowStart, resetsAt, sinceSeq, alerted, lapsed] = row
  return {
    accountId: BigInt(accountId),
    id,
    amount: BigInt(amount),
    window,
    timeZone,
    referencePrefix,
    reason,
    mode,
    alertAt,
    // A sum, which may be more than a number holds exactly.
    used: BigInt(used),
    lapsed: BigInt(lapsed),
    windowStart: new Date(windowStart),
    resetsAt: resetsAt === null ? null : new Date(resetsAt),
    sinceSeq: BigInt(sinceSeq),
    alerted,
  }
}

/** Of accounts that have budgets, all of them, as one value. */
export function budgetsOf(sql: postgres.Sql, chosen: postgres.PendingQuery<postgres.Row[]>) {
  return sql`(
    select json_agg(${budgetJson(sql)}) from accounts
    join budgets b on b.account_id = accounts.id
    where ${chosen} and accounts.budget_count > 0
  )`
}

/**
 * What a budget has counted of holds whose time is over.
 * @param limit so many of the account's are looked at
 */
export function lapsedOfBudget(
  sql: postgres.Sql,
  at: postgres.PendingQuery<postgres.Row[]>,
  limit: number | null,
) {
  return sql`
    select coalesce(sum(l.amount), 0) from (
      select h.seq, h.amount from holds h
      where h.account_id = b.account_id and h.status = 'open' and h.expires_at <= ${at}
      order by h.expires_at limit ${limit}::bigint
    ) l
    join transfers m on m.account_id = b.account_id and m.seq = l.seq
    where l.seq > b.since_seq
      and (b.reference_prefix is null or starts_with(m.reference, b.reference_prefix))
      and (b.reason is null or m.reason = b.reason)`
}

/** The same for the budgets of accounts that are locked. */
export function readLapsedOfBudgets(
  sql: postgres.Sql,
  accountIds: readonly bigint[],
  now: Date,
  countedMax: number | null,
): Promise<{ accountId: bigint; id: string; lapsed: bigint }[]> {
  const at = sql`${now.toISOString()}::timestamptz`
  const limit = countedMax === null ? null : countedMax + 1
  return sql`
    select b.account_id as "accountId", b.id, (${lapsedOfBudget(sql, at, limit)})::bigint as lapsed
    from budgets b where b.account_id = any(${array(accountIds)}::bigint[])`
}

/** Writes what was counted. */
export function writeBudgets(
  sql: postgres.Sql,
  guard: postgres.PendingQuery<postgres.Row[]>,
  budgets: readonly Budget[],
) {
  return sql`
    update budgets set used = new.used, window_start = new.window_start, resets_at = new.resets_at,
      since_seq = new.since_seq, alerted = new.alerted
    from ${guard}, unnest(
      ${column(budgets, (budget) => budget.accountId)}::bigint[],
      ${column(budgets, (budget) => budget.id)}::text[],
      ${column(budgets, (budget) => budget.used)}::bigint[],
      ${column(budgets, (budget) => budget.windowStart)}::timestamptz[],
      ${column(budgets, (budget) => budget.resetsAt)}::timestamptz[],
      ${column(budgets, (budget) => budget.sinceSeq)}::bigint[],
      ${column(budgets, (budget) => BigInt(budget.alerted))}::smallint[]
    ) as new (account_id, id, used, window_start, resets_at, since_seq, alerted)
    where budgets.account_id = new.account_id and budgets.id = new.id`
}
