import { and, eq, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../../audit/record.ts'
import type { Database, Transaction } from '../../database/index.ts'
import { Refusal } from '../../refusals/index.ts'
import { type AccountRow, accountSubject } from '../accounts.ts'
import { accounts } from '../tables.ts'
import { takeTurn } from '../turns.ts'
import { BUDGETS_MAX, type Terms, begun, rolled } from './budget.ts'
import { budgets } from './tables.ts'

/** A portal's user changes only what was made in the portal. */
export interface Changer extends Actor {
  isInPortal: boolean
}

/**
 * Makes a budget or changes its terms. Another amount keeps what is used; another window or match starts
 * anew.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, `TOO_MANY_BUDGETS` or `PERMISSION_DENIED`
 */
export function putBudget(
  db: Database,
  { isInPortal, ...actor }: Changer,
  userId: string,
  id: string,
  terms: Terms,
): Promise<void> {
  return db.transaction(async (tx) => {
    const { account, now } = await locked(tx, userId)
    const [before] = await tx.select().from(budgets).where(named(account, id)).for('update')
    if (isInPortal && before !== undefined) requireMadeInPortal(before)
    if (before === undefined && account.budgetCount >= BUDGETS_MAX) {
      throw new Refusal('TOO_MANY_BUDGETS')
    }
    const isSame =
      before?.window === terms.window &&
      before.timeZone === terms.timeZone &&
      before.referencePrefix === terms.referencePrefix &&
      before.reason === terms.reason
    const counted = isSame
      ? rolled({ ...before, lapsed: 0n }, now, account.seq)
      : begun(terms, now, account.seq)
    const { used, windowStart, resetsAt, sinceSeq, alerted } = counted
    // One that has refused is not passed, and one that is passed has not refused.
    const passedIn = isSame && before.mode === terms.mode ? before.passedIn : null
    const row = { ...terms, used, windowStart, resetsAt, sinceSeq, alerted, passedIn }
    await tx
      .insert(budgets)
      .values({ accountId: account.id, id, madeInPortal: isInPortal, createdAt: now, ...row })
      .onConflictDoUpdate({ target: [budgets.accountId, budgets.id], set: row })
    if (before === undefined) await count(tx, account, 1)
    const { amount, window, mode } = terms
    await recordAudit(tx, actor, {
      event: 'budget.updated',
      subject: accountSubject(account),
      metadata: { amount: Number(amount), window, mode },
      personal: { budget_id: id },
    })
  })
}

/** @throws Refusal `ACCOUNT_NOT_FOUND`, `BUDGET_NOT_FOUND` or `PERMISSION_DENIED` */
export function deleteBudget(
  db: Database,
  { isInPortal, ...actor }: Changer,
  userId: string,
  id: string,
): Promise<void> {
  return db.transaction(async (tx) => {
    const { account } = await locked(tx, userId)
    const [gone] = await tx.delete(budgets).where(named(account, id)).returning()
    if (gone === undefined) throw new Refusal('BUDGET_NOT_FOUND')
    if (isInPortal) requireMadeInPortal(gone)
    await count(tx, account, -1)
    await recordAudit(tx, actor, {
      event: 'budget.deleted',
      subject: accountSubject(account),
      personal: { budget_id: id },
    })
  })
}

function requireMadeInPortal(budget: { madeInPortal: boolean | null }): void {
  if (budget.madeInPortal === true) return
  throw new Refusal('PERMISSION_DENIED', { message: 'The budget was not made in the portal.' })
}

/** How a budget came to be, which its counters do not need. */
export interface Making {
  /** Whether its user made it in the portal. */
  isInPortal: boolean
  /** In milliseconds; 0 of one that was made before this was noted. */
  at: number
}

/** Of the budgets of an account, by their ids. */
export async function makingsOf(
  db: Pick<Database, 'select'>,
  some: readonly { accountId: bigint }[],
): Promise<Map<string, Making>> {
  const accountId = some[0]?.accountId
  if (accountId === undefined) return new Map()
  const { id, madeInPortal, createdAt } = budgets
  const rows = await db
    .select({ id, madeInPortal, createdAt })
    .from(budgets)
    .where(eq(budgets.accountId, accountId))
  return new Map(
    rows.map((row) => {
      return [row.id, { isInPortal: row.madeInPortal === true, at: row.createdAt?.getTime() ?? 0 }]
    }),
  )
}

/** Of an account that is closed and locked. */
export async function deleteBudgets(tx: Transaction, account: { id: bigint }): Promise<void> {
  await tx.delete(budgets).where(eq(budgets.accountId, account.id))
  await tx.update(accounts).set({ budgetCount: 0 }).where(eq(accounts.id, account.id))
}

/** As the ledger's batches lock it: whatever is counted waits, or is waited for. */
async function locked(
  tx: Transaction,
  userId: string,
): Promise<{ account: AccountRow; now: Date }> {
  await takeTurn(tx, userId)
  const [account] = await tx
    .select()
    .from(accounts)
    .where(eq(accounts.userId, userId))
    .for('update')
  if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
  const [clock] = await tx.execute<{ now: string }>(
    sql`select date_trunc('milliseconds', clock_timestamp()) as now`,
  )
  return { account, now: new Date(clock?.now ?? 0) }
}

async function count(tx: Transaction, { id }: AccountRow, difference: number): Promise<void> {
  await tx
    .update(accounts)
    .set({ budgetCount: sql`${accounts.budgetCount} + ${difference}` })
    .where(eq(accounts.id, id))
}

function named({ id }: AccountRow, budgetId: string) {
  return and(eq(budgets.accountId, id), eq(budgets.id, budgetId))
}
