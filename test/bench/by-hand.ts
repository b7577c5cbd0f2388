import type postgres from 'postgres'
import { runPgbench } from './pgbench.ts'
import type { Seen } from './report.ts'

/**
 * The ledger that a user would write by hand: two narrow tables, a unique key, and one statement that
 * commits by itself.
 */
const CHARGE = `
  with moved as (
    update by_hand_accounts set balance = balance - 1 where id = :a and balance >= 1
    returning id, balance
  )
  insert into by_hand_ledger (key, account, amount, balance_after)
  select gen_random_uuid()::text, id, 1, balance from moved returning id, balance_after`

export async function openByHand(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    create table by_hand_accounts (
      id int primary key, user_id text unique not null, balance bigint not null check (balance >= 0))`
  await sql`
    create table by_hand_ledger (
      id bigserial primary key, key text unique not null, account int not null, amount bigint not null,
      balance_after bigint not null, at timestamptz not null default now())`
  await sql`
    insert into by_hand_accounts select n, 'user-' || n, 1000000000000
    from generate_series(0, ${count}::int - 1) n`
  await sql`vacuum analyze by_hand_accounts`
}

/** Such charges through pgbench. */
export function chargesByHand(
  url: string,
  { users, durationS, clients = 64 }: { users: number; durationS: number; clients?: number },
): Promise<Seen> {
  const script = `\\set a random(0, ${users - 1})\n${CHARGE.replaceAll('\n', ' ')};\n`
  return runPgbench(url, { script, durationS, clients })
}
