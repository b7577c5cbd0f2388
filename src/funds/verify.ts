import type postgres from 'postgres'

import { grantRules } from './grants/verify.ts'

const FINDINGS_MAX = 20

export interface Finding {
  /** The rule that these rows break. */
  rule: string
  rows: Record<string, unknown>[]
}

export interface Verification {
  transfers: bigint
  accounts: bigint
  assets: bigint
  findings: Finding[]
}

/**
 * Checks the whole ledger against itself in one snapshot. PostgreSQL reads the tables in the order of
 * their keys, so memory does not grow with them.
 * @param report is told how many of the rules have been checked
 */
export async function verifyLedger(
  sql: postgres.Sql,
  report: (done: number, total: number) => void = () => undefined,
): Promise<Verification> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    await tx`set local statement_timeout = 0`
    // A plan that sorts the ledger would spill to disk; the primary key already has the order.
    await tx`set local enable_sort = off`
    const [counts] = await tx<Omit<Verification, 'findings'>[]>`
      select (select count(*) from transfers) as transfers,
        (select count(*) from accounts where user_id is not null) as accounts,
        (select count(distinct asset) from accounts) as assets`
    const findings: Finding[] = []
    const checks = rules(tx)
    for (const [index, [rule, query]] of checks.entries()) {
      report(index, checks.length)
      const rows = await query
      if (rows.length > 0) findings.push({ rule, rows: [...rows] })
    }
    return { transfers: 0n, accounts: 0n, assets: 0n, ...counts, findings }
  }) as Promise<Verification>
}

function rules(tx: postgres.TransactionSql): [string, postgres.PendingQuery<postgres.Row[]>][] {
  return [
    [
      'in each asset, all balances sum to zero',
      tx`
        with positions as (
          select asset, balance - held as position from accounts where system is null
          union all
          select t.asset, t.amount from transfers t
          join accounts a on a.id = t.credit_account_id and a.system is not null
          union all
          select t.asset, -t.amount from transfers t
          join accounts a on a.id = t.debit_account_id and a.system is not null
        )
        select asset, sum(position) as sum from positions group by asset having sum(position) <> 0
        limit ${FINDINGS_MAX}`,
    ],
    [
      "an account's transfers are numbered without a gap, each following from the one before",
      tx`
        with chain as (
          select t.*,
            lag(seq, 1, 0::bigint) over account as seq_before,
            lag(balance_after, 1, 0::bigint) over account as balance_before,
            lag(held_after, 1, 0::bigint) over account as held_before,
            lag(created_at) over account as created_before
          from transfers t
          window account as (partition by account_id order by seq)
        )
        select account_id, seq, kind, amount, balance_before, balance_after, held_before, held_after
        from chain
        where seq <> seq_before + 1
          or created_at < created_before
          or balance_after <> balance_before + amount * case
            when kind in ('top_up', 'stripe_top_up', 'stripe_reinstatement', 'refund', 'write_off', 'grant') then 1
            when kind in ('deduct', 'stripe_reversal', 'capture', 'forfeit', 'void', 'expire') then -1
            when kind = 'adjustment' then case account_id when credit_account_id then 1 else -1 end
            else 0 end
          or held_after <> held_before + amount * case
            when kind = 'hold' then 1 when kind in ('capture', 'release') then -1 else 0 end
        limit ${FINDINGS_MAX}`,
    ],
    [
      'an account stands as its last transfer left it',
      tx`
        select a.id as account_id, a.seq, a.balance, a.held, t.balance_after, t.held_after
        from accounts a
        left join transfers t on t.account_id = a.id and t.seq = a.seq
        where a.system is null
          and (a.balance, a.held) is distinct from
            (coalesce(t.balance_after, 0), coalesce(t.held_after, 0))
          or exists (select from transfers later where later.account_id = a.id and later.seq > a.seq)
        limit ${FINDINGS_MAX}`,
    ],
    [
      'money moves between the accounts of its kind, all in one asset',
      tx`
        select t.account_id, t.seq, t.kind, t.asset from transfers t
        left join accounts d on d.id = t.debit_account_id
        left join accounts c on c.id = t.credit_account_id
        cross join lateral (
          select t.kind = 'adjustment' and t.debit_account_id = t.account_id as taken
        ) this
        where (t.asset, t.asset) is distinct from (d.asset, c.asset)
          or (coalesce(d.system, 'user'), coalesce(c.system, 'user')) is distinct from (
            case t.kind when 'adjustment' then case when this.taken then 'user' else 'adjustments' end
              when 'top_up' then 'adjustments' when 'grant' then 'adjustments' when 'write_off' then 'adjustments' when 'stripe_top_up' then 'stripe' when 'stripe_reinstatement' then 'stripe' when 'refund' then 'revenue'
              when 'capture' then 'holds' when 'release' then 'holds' else 'user' end,
            case t.kind when 'adjustment' then case when this.taken then 'adjustments' else 'user' end
              when 'deduct' then 'revenue' when 'forfeit' then 'adjustments' when 'stripe_reversal' then 'stripe' when 'capture' then 'revenue'
              when 'hold' then 'holds' when 'void' then 'breakage' when 'expire' then 'breakage' else 'user' end)
        limit ${FINDINGS_MAX}`,
    ],
    [
      'what is held is the sum of the open holds',
      tx`
        select a.id as account_id, a.held, coalesce(sum(h.amount), 0) as open_holds
        from accounts a left join holds h on h.account_id = a.id and h.status = 'open'
        where a.system is null
        group by a.id having a.held <> coalesce(sum(h.amount), 0)
        limit ${FINDINGS_MAX}`,
    ],
    [
      'every hold has its transfer, and ends by transfers of the same amount',
      tx`
        select h.account_id, h.seq, h.amount, h.captured, h.status from holds h
        left join transfers t on t.account_id = h.account_id and t.seq = h.seq and t.kind = 'hold'
        where t.amount is distinct from h.amount
          or case when h.status = 'open' then 0 else h.amount end <> (
            select coalesce(sum(e.amount), 0) from transfers e
            where e.account_id = h.account_id and e.target_seq = h.seq
              and e.kind in ('capture', 'release'))
          or h.captured <> (
            select coalesce(sum(e.amount), 0) from transfers e
            where e.account_id = h.account_id and e.target_seq = h.seq and e.kind = 'capture')
        limit ${FINDINGS_MAX}`,
    ],
    [
      'a charge is refunded, and a top-up taken back, at most in full',
      tx`
        select r.account_id, r.target_seq as seq, sum(r.amount) as given_back
        from (
          select account_id, target_seq, kind <> 'refund' as is_stripe,
            case kind when 'stripe_reinstatement' then -amount else amount end as amount
          from transfers where kind in ('refund', 'stripe_reversal', 'stripe_reinstatement')
        ) r
        group by r.account_id, r.target_seq, r.is_stripe
        having sum(r.amount) < 0 or sum(r.amount) > coalesce((
          select c.amount from transfers c
          where c.account_id = r.account_id and c.seq = r.target_seq
            and (c.kind = 'stripe_top_up') = r.is_stripe
            and c.kind in ('deduct', 'capture', 'stripe_top_up')), 0)
        limit ${FINDINGS_MAX}`,
    ],
    ...grantRules(tx, FINDINGS_MAX),
  ]
}

/** One line when all is well; otherwise each broken rule, with the rows that break it. */
export function describeVerification(result: Verification): string {
  const count = (n: bigint, noun: string) =>
    `${n.toLocaleString('en-US')} ${noun}${n === 1n ? '' : 's'}`
  const { transfers, accounts, assets, findings } = result
  if (findings.length === 0) {
    return `The ledger is sound: ${count(transfers, 'transfer')}, ${count(accounts, 'account')}, ${count(assets, 'asset')}, every sum zero.\n`
  }
  return findings
    .map(({ rule, rows }) => {
      const lines = rows.map((row) =>
        Object.entries(row)
          .map(([name, value]) => `${name}=${String(value)}`)
          .join(' '),
      )
      return `Broken: ${rule}\n${lines.map((line) => `  ${line}\n`).join('')}`
    })
    .join('')
}
