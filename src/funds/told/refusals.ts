import { and, eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../../database/index.ts'
import { tellEvent } from '../../events/record.ts'
import { Refusal } from '../../refusals/index.ts'
import { type Budget, rolled } from '../budgets/budget.ts'
import { budgets } from '../budgets/tables.ts'
import { lockAccount } from '../erase-account.ts'
import { accounts } from '../tables.ts'

/**
 * The most refusals that are remembered between two rounds. Later ones are left to the next charge.
 */
const USERS_MAX = 1_000
const INTERVAL_MS = 500

/**
 * Makes an event for a hard budget that has refused, once in each window of its terms. A refusal is
 * not an act and has no transaction, so the event is written after the answer. If that is lost, the
 * next refused charge writes it.
 */
export function refusalTeller(db: Database, onFault: (error: unknown) => void) {
  const refused = new Map<string, { userId: string; budgetId: string }>()
  let timer: NodeJS.Timeout | undefined
  let telling: Promise<void> = Promise.resolve()

  function add(userId: string, reason: unknown): void {
    if (!(reason instanceof Refusal) || reason.code !== 'BUDGET_EXCEEDED') return
    const { details } = reason
    if (details === undefined || !('budget_id' in details) || refused.size >= USERS_MAX) return
    const { budget_id: budgetId } = details
    refused.set(`${userId} ${budgetId}`, { userId, budgetId })
    timer ??= setTimeout(() => {
      timer = undefined
      telling = tell().catch(onFault)
    }, INTERVAL_MS).unref()
  }

  async function tell(): Promise<void> {
    const taken = [...refused.values()]
    refused.clear()
    for (const { userId, budgetId } of taken) {
      // Most have been told of, and lock nothing.
      if ((await untold(db, userId, budgetId)) === null) continue
      await db.transaction(async (tx) => {
        if ((await lockAccount(tx, userId)) === null) return
        const budget = await untold(tx, userId, budgetId)
        if (budget !== null) await tellOf(tx, budget)
      })
    }
  }

  return {
    add,
    close: async () => {
      clearTimeout(timer)
      await telling
    },
  }
}

/** A budget as it is now; null if its window is told of, or if there is none. */
async function untold(
  db: Pick<Database, 'select'>,
  userId: string,
  budgetId: string,
): Promise<Budget | null> {
  const [row] = await db
    .select({ budget: budgets })
    .from(budgets)
    .innerJoin(accounts, eq(accounts.id, budgets.accountId))
    .where(and(eq(accounts.userId, userId), eq(budgets.id, budgetId)))
  if (row === undefined) return null
  const budget = rolled({ ...row.budget, lapsed: 0n }, new Date(), 0n)
  return row.budget.passedIn?.getTime() === budget.windowStart.getTime() ? null : budget
}

/** Its account is locked, because what counts in a budget waits for no lock of the budget's own. */
async function tellOf(tx: Transaction, budget: Budget): Promise<void> {
  const { accountId, id, windowStart, resetsAt, amount, used, mode, window } = budget
  const lapsed = used === 0n ? 0n : await lapsedOf(tx, budget)
  const data = {
    budget_id: id,
    amount: Number(amount),
    used: Number(used - lapsed),
    mode,
    window,
    window_start: windowStart.toISOString(),
    resets_at: resetsAt?.toISOString() ?? null,
  }
  await tx
    .update(budgets)
    .set({ passedIn: windowStart })
    .where(and(eq(budgets.accountId, accountId), eq(budgets.id, id)))
  await tellEvent(tx, { type: 'budget.exceeded', subject: `acct_${accountId}`, data })
}

/** What it has counted in this window of holds whose time is over. */
async function lapsedOf(tx: Transaction, { accountId, id }: Budget): Promise<bigint> {
  const [row] = await tx.execute<{ lapsed: string }>(sql`
    select lapsed_of_budget(b, now())::text as lapsed from budgets b
    where b.account_id = ${String(accountId)}::bigint and b.id = ${id}`)
  return BigInt(row?.lapsed ?? 0)
}
