import type postgres from 'postgres'

/** What holds of grants, each with the rows of which it does not. */
export function grantRules(
  tx: postgres.TransactionSql,
  limit: number,
): [string, postgres.PendingQuery<postgres.Row[]>][] {
  return [
    [
      'what an account has in grants is what remains of them, and part of its balance',
      tx`
        select a.id as account_id, a.balance, a.granted, coalesce(sum(g.remaining), 0) as remaining
        from accounts a left join grants g on g.account_id = a.id
        where a.system is null
        group by a.id
        having a.granted <> coalesce(sum(g.remaining), 0) or a.granted > greatest(a.balance, 0)
          or a.grant_count <> count(g.seq)
        limit ${limit}`,
    ],
    [
      'what remains of a grant is what transfers gave to it, without what they took',
      tx`
        select a.id as account_id, s.seq, s.remaining, s.moved
        from accounts a cross join lateral (
          select coalesce(g.seq, m.seq) as seq, g.remaining, coalesce(m.moved, 0) as moved
          from (select seq, remaining from grants where account_id = a.id) g
          full join (
            select (taken.piece->>0)::bigint as seq, sum((taken.piece->>1)::bigint
              * case when t.kind in ('grant', 'refund') then 1 else -1 end) as moved
            from transfers t cross join lateral jsonb_array_elements(t.grants) as taken (piece)
            where t.account_id = a.id and t.grants is not null
            group by 1
          ) m on m.seq = g.seq
        ) s
        where a.system is null and (a.grant_count > 0 or a.granted <> 0)
          and s.remaining is distinct from s.moved
        limit ${limit}`,
    ],
    [
      'a transfer moves at most its amount in grants, and one that ends a grant all of it',
      tx`
        select t.account_id, t.seq, t.kind, t.amount, s.moved
        from transfers t cross join lateral (
          select sum((taken.piece->>1)::bigint) as moved
          from jsonb_array_elements(t.grants) as taken (piece)
        ) s
        where t.grants is not null and (s.moved > t.amount
          or t.kind in ('void', 'expire') and s.moved <> t.amount)
        limit ${limit}`,
    ],
  ]
}
