import { type TestDatabase, asAdmin } from './database.ts'

/** Gives an account expired holds of 1 each, as a service would find them after downtime. */
export function addLapsedHolds(
  database: TestDatabase,
  userId: string,
  count: number,
): Promise<void> {
  return asAdmin(database.adminUrl, (sql) =>
    sql.begin(async (tx) => {
      const [account] = await tx<{ id: string; seq: string }[]>`
        select id::text, seq::text from accounts where user_id = ${userId} for update`
      if (account === undefined) throw new Error('There is no such account')
      await tx`
        insert into transfers (
          account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
          held_after, available_after, idempotency_key, fingerprint, reason, actor, created_at
        )
        select a.id, a.seq + n, a.id, h.id, a.asset, 1, 'hold', a.balance, a.held + n,
          a.balance - a.held - n + a.credit_limit, ' lapsed ' || n, '', 'canary-reason', 'system',
          greatest(now(), a.updated_at)
        from accounts a join accounts h on h.system = 'holds' and h.asset = a.asset
        cross join generate_series(1, ${count}::int) n
        where a.id = ${account.id}`
      await tx`
        insert into holds (account_id, seq, amount, status, expires_at)
        select account_id, seq, amount, 'open', now() - interval '1 hour'
        from transfers where account_id = ${account.id} and seq > ${account.seq}`
      await tx`
        update accounts set seq = seq + ${count}::int, held = held + ${count}::int,
          updated_at = greatest(now(), updated_at)
        where id = ${account.id}`
    }),
  ).then(() => undefined)
}
