import { and, asc, eq, gt, isNotNull, sql } from 'drizzle-orm'
import { type Actor, type AuditEntry, recordAudit } from '../audit/record.ts'
import { type Ledger, type Writes, openBatch } from './batch.ts'
import { array } from '../database/arrays.ts'
import { type Movement, NO_SIGNATURE, newOperation } from './operations.ts'
import { type Account, type Hold, isLapsed } from './posting.ts'
import { lapsedOf, openGrantsOf } from './standing.ts'
import { accounts, holds } from './tables.ts'
import type { Transaction } from '../database/index.ts'
import { writeMovements } from './write-movements.ts'

interface Settled<Row> {
  /** The account after that. */
  account: Row
  /** The time by which it was decided what is over; null if the account has no grants. */
  at: Date | null
  falls: Pick<Writes, 'fellLow' | 'toTopUp'>
}

/** Writes the parts of grants that are over. The account must be locked. */
export async function settleAccount<Row extends LockedRow>(
  tx: Transaction,
  row: Row,
): Promise<Settled<Row>> {
  if (row.granted === 0n) return { account: row, at: null, falls: { fellLow: [], toTopUp: [] } }
  const account = { ...row, userId: row.userId ?? '' }
  const ledger = await ledgerOf(tx, account, [])
  const writes = decided(ledger)
  await write(tx, writes)
  const { fellLow, toTopUp } = writes
  const falls = { fellLow, toTopUp: row.status === 'active' ? toTopUp : [] }
  const [after] = writes.accounts
  if (after === undefined) return { account: row, at: ledger.now, falls }
  const { balance, lapsed, granted, seq, isLow, updatedAt } = after
  const settled = { ...row, balance, lapsed, granted, seq, isLow, updatedAt }
  return { account: settled, at: ledger.now, falls }
}

/** Records that an account has fallen low, and leaves the intent to top it up, as a batch does. */
export async function tellOfFalls(
  tx: Transaction,
  { fellLow, toTopUp }: Settled<unknown>['falls'],
): Promise<void> {
  const entries = fellLow.map(({ account: { id, balance } }): AuditEntry => {
    const metadata = { low_balance: true, balance: Number(balance) }
    return { event: 'account.updated', subject: `acct_${id}`, metadata }
  })
  if (entries.length > 0) await recordAudit(tx, NO_SIGNATURE.actor, ...entries)
  if (toTopUp.length === 0) return
  await tx.execute(sql`select leave_auto_top_up_intents(${array(toTopUp)}::bigint[])`)
}

type LockedRow = Omit<Account, 'userId'> & { userId: string | null }

/** Whether nothing would be given up: no balance, and no hold that still counts. */
export async function isEmpty(tx: Transaction, account: Account): Promise<boolean> {
  if (account.balance !== 0n) return false
  if (account.held === 0n) return true
  const counting = await tx
    .select({ seq: holds.seq })
    .from(holds)
    .where(
      and(
        eq(holds.accountId, account.id),
        eq(holds.status, 'open'),
        gt(holds.expiresAt, sql`clock_timestamp()`),
      ),
    )
    .limit(1)
  return counting.length === 0
}

/**
 * Ends a page of the open holds of a closed account. The caller must have locked it.
 * @returns how many
 */
export async function releaseHolds(
  tx: Transaction,
  account: Account,
  actor: Actor,
  limit: number,
): Promise<number> {
  if (account.held === 0n) return 0
  const open = await tx
    .select()
    .from(holds)
    .where(and(eq(holds.accountId, account.id), eq(holds.status, 'open')))
    .orderBy(asc(holds.seq))
    .limit(limit)
  const ledger = await ledgerOf(tx, account, open)
  const movements = open
    .filter((hold) => !isLapsed(hold, ledger.now))
    .map(({ accountId, seq }): Movement => {
      return { ...notes(actor), kind: 'release', hold: { accountId, seq }, isAny: true }
    })
  await write(
    tx,
    decided(ledger, () => movements),
  )
  return open.length
}

/**
 * Moves the remaining balance or debt of a closed account. The caller must have locked it, and it
 * must have no open holds.
 * @returns the balance that was moved, which has nothing of grants that are over
 */
export async function giveUpBalance(
  tx: Transaction,
  account: Account,
  actor: Actor,
): Promise<bigint> {
  const given = { ...notes(actor), userId: account.userId }
  let moved = 0n
  const writes = decided(await ledgerOf(tx, account, []), ({ balance }): Movement[] => {
    moved = balance
    if (balance === 0n) return []
    if (balance > 0n) return [{ ...given, kind: 'forfeit', amount: balance }]
    return [{ ...given, kind: 'write_off', amount: -balance }]
  })
  await write(tx, writes)
  return moved
}

function notes(actor: Actor) {
  return {
    reason: 'erased',
    reference: null,
    metadata: null,
    idempotencyKey: null,
    fingerprint: Buffer.alloc(0),
    actor,
  }
}

/** What decisions about the account depend on, as read under its lock. */
async function ledgerOf(tx: Transaction, account: Account, open: readonly Hold[]): Promise<Ledger> {
  const system = await tx
    .select({ id: accounts.id, name: accounts.system })
    .from(accounts)
    .where(and(eq(accounts.asset, account.asset), isNotNull(accounts.system)))
  const [clock] = await tx.execute<{ now: string }>(
    sql`select date_trunc('milliseconds', clock_timestamp()) as now`,
  )
  const now = new Date(clock?.now ?? 0)
  const ids = new Map(system.map(({ id, name }) => [name, id]))
  return {
    accounts: [{ ...account, lapsed: await lapsedOf(tx, account, now) }],
    earlier: [],
    holds: open,
    charges: [],
    grants: await openGrantsOf(tx, account, now),
    // No budget counts what ends here: those of a closed account are gone.
    budgets: [],
    endings: [],
    sums: [],
    systemAccount: (name) => {
      const id = ids.get(name as (typeof system)[number]['name'])
      if (id === undefined) throw new Error(`There is no system account ${name}`)
      return id
    },
    now,
  }
}

/** @param movementsOf gets the account after what is over has ended */
function decided(
  ledger: Ledger,
  movementsOf: (account: Account) => readonly Movement[] = () => [],
): Writes {
  // Operations can't name a closed account, so the account being emptied counts as active here.
  const open = ledger.accounts.map((account) => ({ ...account, status: 'active' as const }))
  const batch = openBatch({ ...ledger, accounts: open })
  batch.endOver()
  const ended = batch.writes().accounts
  for (const account of ended.length > 0 ? ended : open) {
    for (const movement of movementsOf(account)) batch.decide(newOperation(movement))
  }
  return batch.writes()
}

async function write(tx: Transaction, writes: Writes): Promise<void> {
  await writeMovements(tx, writes)
  for (const { id, balance, held, lapsed, granted, seq, isLow, updatedAt } of writes.accounts) {
    await tx
      .update(accounts)
      .set({ balance, held, lapsed, granted, seq, isLow, updatedAt })
      .where(eq(accounts.id, id))
  }
}
