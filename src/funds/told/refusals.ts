import { createHmac } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { tellOnce } from '../../events/record.ts'
import { Refusal } from '../../refusals/index.ts'
import { rolled } from '../budgets/budget.ts'
import { budgets } from '../budgets/tables.ts'
import { accounts } from '../tables.ts'

/**
 * The most refusals that are remembered between two rounds. Later ones are left to the next charge.
 */
const USERS_MAX = 1_000
const INTERVAL_MS = 500

/**
 * Makes an event for a hard budget that has refused, once in each window. A refusal is not an act
 * and has no transaction, so the event is written after the answer. If that is lost, the next
 * refused charge writes it.
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
      await db.transaction(async (tx) => {
        const [row] = await tx
          .select({ budget: budgets, salt: accounts.salt })
          .from(budgets)
          .innerJoin(accounts, eq(accounts.id, budgets.accountId))
          .where(and(eq(accounts.userId, userId), eq(budgets.id, budgetId)))
        if (row === undefined || row.salt === null) return
        const budget = rolled({ ...row.budget, lapsed: 0n }, new Date(), 0n)
        const { accountId, windowStart, resetsAt, amount, used, mode, window } = budget
        // The key is kept for long, and the user's name for the budget must not outlast the
        // account.
        const named = createHmac('sha256', row.salt).update(budgetId).digest('base64url')
        const key = `budget.exceeded ${accountId} ${windowStart.getTime()} ${named}`
        const data = {
          budget_id: budgetId,
          amount: Number(amount),
          used: Number(used),
          mode,
          window,
          window_start: windowStart.toISOString(),
          resets_at: resetsAt?.toISOString() ?? null,
        }
        const entry = { type: 'budget.exceeded', subject: `acct_${accountId}`, data }
        await tellOnce(tx, new Map([[key, entry]]))
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
