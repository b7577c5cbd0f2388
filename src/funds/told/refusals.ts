import { createHmac } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { tellOnce } from '../../events/record.ts'
import { Refusal } from '../../refusals/index.ts'
import { rolled } from '../budgets/budget.ts'
import { budgets } from '../budgets/tables.ts'
import { accounts } from '../tables.ts'

/** So many users' refusals are remembered between two rounds; the next ones are told of later. */
const USERS_MAX = 1_000
const INTERVAL_MS = 500

/**
 * Tells of hard budgets that have refused, once in each window. A refusal is no act and has no
 * transaction, so it is told behind the answer; a charge that is refused later tells it too.
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
        // The owner's name for it must not outlast the account.
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
