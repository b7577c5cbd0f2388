import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { array } from '../../src/database/arrays.ts'
import { connect } from '../../src/database/connect.ts'
import { counts } from './counts.ts'
import { configOf } from './database.ts'

const BETWEEN_MS = 100

/** A user's account as it stands, and what has been added to it since the last look. */
interface Row {
  id: bigint
  asset: string
  seq: bigint
  balance: bigint
  held: bigint
  is_above_floor: boolean
  /** As the newest of its transfers left them. */
  balance_after: bigint
  held_after: bigint
  added: bigint
  /** What the added transfers gave to it, and to system accounts. */
  to_user: bigint
  to_system: bigint
}

interface Known {
  seq: bigint
  /** What it has without what is held. */
  position: bigint
}

/** What one look after the other has found. */
interface Memory {
  accounts: Map<bigint, Known>
  /** What the system accounts of each asset have together. */
  systems: Map<string, bigint>
}

/**
 * Looks at the ledger every 100 ms, for as long as a test goes on: each look is one statement, so of one moment.
 * Every balance must be the sum of its transfers and above its floor, and all of an asset must be zero in sum. A look
 * reads what has been added since the one before, so a long test is not slowed by its own watcher;
 * `verifyLedger` reads everything, at the end.
 * @returns a function that ends the watch with a last look, and fails if any look has found the ledger broken
 */
export function watchLedger(
  t: TestContext,
  databaseUrl: string,
  { mayBeAway = false } = {},
): () => Promise<void> {
  const tried = counts(t, {
    promise: '5',
    what: 'Looks at the whole ledger meanwhile, one every 100 ms',
    trials: 0,
  })
  const sql = connect(configOf(databaseUrl), { name: 'ledger watch', connectionsMax: 1 })
  const memory: Memory = { accounts: new Map(), systems: new Map() }
  const findings: string[] = []
  const ended = new AbortController()
  t.after(() => ended.abort())

  const watch = async () => {
    try {
      for (let isLast = false; !isLast;) {
        isLast = ended.signal.aborted
        const found = await look(sql, memory).catch((error: unknown) => {
          if (mayBeAway) return null
          throw error
        })
        if (found !== null) tried.trials++
        findings.push(...(found ?? []))
        if (!isLast) await delay(BETWEEN_MS, undefined, ended).catch(() => undefined)
      }
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  const watching = watch()
  // Whoever ends the watch hears of it.
  watching.catch(() => undefined)
  return async () => {
    ended.abort()
    await watching
    assert.deepEqual(findings, [])
    assert.ok(tried.trials > 0, 'the ledger was looked at')
  }
}

/** @returns what is wrong; what is right is remembered */
async function look(sql: postgres.Sql, { accounts, systems }: Memory): Promise<string[]> {
  const known = [...accounts]
  const rows = await sql<Row[]>`
    with known as (
      select * from unnest(
        ${array(known.map(([id]) => id))}::bigint[],
        ${array(known.map(([, { seq }]) => seq))}::bigint[]
      ) as known (id, seq)
    )
    select a.id, a.asset, a.seq, a.balance, a.held,
      a.charged_back or a.balance - a.held + a.lapsed >= -a.credit_limit as is_above_floor,
      coalesce(last.balance_after, 0) as balance_after, coalesce(last.held_after, 0) as held_after,
      new.added, new.to_user::bigint, new.to_system::bigint
    from accounts a
    left join known on known.id = a.id
    left join transfers last on last.account_id = a.id and last.seq = a.seq
    cross join lateral (
      select count(*) as added,
        coalesce(sum(t.amount) filter (where c.id = a.id), 0)
          - coalesce(sum(t.amount) filter (where d.id = a.id), 0) as to_user,
        coalesce(sum(t.amount) filter (where c.system is not null and c.asset = a.asset), 0)
          - coalesce(sum(t.amount) filter (where d.system is not null and d.asset = a.asset), 0) as to_system
      from transfers t
      join accounts d on d.id = t.debit_account_id
      join accounts c on c.id = t.credit_account_id
      where t.account_id = a.id and t.seq > coalesce(known.seq, 0)
    ) new
    where a.system is null`
  const findings: string[] = []
  const sums = new Map<string, bigint>()
  for (const row of rows) {
    const before = accounts.get(row.id) ?? { seq: 0n, position: 0n }
    const position = row.balance - row.held
    if (row.seq !== before.seq + row.added) findings.push(told('its transfers have a gap', row))
    if (position !== before.position + row.to_user) {
      findings.push(told('its balance is not the sum of its transfers', row))
    }
    if (row.balance !== row.balance_after || row.held !== row.held_after) {
      findings.push(told('it is not as its last transfer left it', row))
    }
    if (!row.is_above_floor) findings.push(told('it is below its floor', row))
    accounts.set(row.id, { seq: row.seq, position })
    systems.set(row.asset, (systems.get(row.asset) ?? 0n) + row.to_system)
    sums.set(row.asset, (sums.get(row.asset) ?? 0n) + position)
  }
  for (const [asset, sum] of sums) {
    const rest = sum + (systems.get(asset) ?? 0n)
    if (rest !== 0n) findings.push(`${asset}: all of it is ${rest} in sum, and not zero`)
  }
  return findings
}

function told(what: string, { id, seq, balance, held }: Row): string {
  return `account ${id}: ${what} (seq ${seq}, balance ${balance}, held ${held})`
}
