import { and, eq, isNotNull, sql } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { type Ledger, type Writes, openBatch } from '../funds/batch.ts'
import { type Movement, newOperation } from '../funds/operations.ts'
import { type Account, isLapsed } from '../funds/posting.ts'
import { accounts, holds } from '../funds/tables.ts'
import type { Transaction } from '../plugins/database/index.ts'
import { Refusal } from '../refusals.ts'

/** What it takes to decide how an account is emptied, read under its lock. */
export async function readForEmptying(tx: Transaction, account: Account): Promise<Ledger> {
  const open = await tx
    .select()
    .from(holds)
    .where(and(eq(holds.accountId, account.id), eq(holds.status, 'open')))
    .orderBy(holds.seq)
  const system = await tx
    .select({ id: accounts.id, name: accounts.system })
    .from(accounts)
    .where(and(eq(accounts.asset, account.asset), isNotNull(accounts.system)))
  const [clock] = await tx.execute<{ now: string }>(
    sql`select date_trunc('milliseconds', clock_timestamp()) as now`,
  )
  const ids = new Map(system.map(({ id, name }) => [name, id]))
  return {
    // What is below its mark for low balances on the way out is no news.
    accounts: [{ ...account, lowBalanceAt: null }],
    earlier: [],
    holds: open,
    charges: [],
    endings: [],
    systemAccount: (name) => {
      const id = ids.get(name as (typeof system)[number]['name'])
      if (id === undefined) throw new Error(`There is no system account ${name}`)
      return id
    },
    now: new Date(clock?.now ?? 0),
  }
}

/**
 * The movements after which the account has neither a hold nor a balance.
 * @throws Refusal `ACCOUNT_NOT_EMPTY` where there is any to make and `force` is not given
 */
export function emptied(ledger: Ledger, account: Account, actor: Actor, force: boolean): Writes {
  const { id, userId, balance } = account
  const held = ledger.holds.filter((hold) => !isLapsed(hold, ledger.now))
  if ((held.length > 0 || balance !== 0n) && !force) throw new Refusal('ACCOUNT_NOT_EMPTY')
  const notes = {
    reason: 'erased',
    reference: null,
    metadata: null,
    idempotencyKey: null,
    fingerprint: Buffer.alloc(0),
    actor,
  }
  const movements: Movement[] = held.map(({ seq }) => ({
    ...notes,
    kind: 'release',
    hold: { accountId: id, seq },
  }))
  if (balance > 0n) movements.push({ ...notes, kind: 'forfeit', userId, amount: balance })
  if (balance < 0n) movements.push({ ...notes, kind: 'write_off', userId, amount: -balance })

  const batch = openBatch(ledger)
  batch.expireHolds()
  for (const movement of movements) batch.decide(newOperation(movement))
  return batch.writes()
}
