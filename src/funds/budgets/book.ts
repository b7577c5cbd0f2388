import { Refusal } from '../../refusals/index.ts'
import { type Budget, type Notes, isMatch, remainingOf, rolled, tightest } from './budget.ts'

/** A percentage of a budget that was reached, for the first time in its window. */
export interface Threshold {
  budget: Budget
  percent: number
}

/** A hold or a charge, by its number among the transfers of its account, with what it said of itself. */
export interface Counted {
  accountId: bigint
  seq: bigint
  notes: Notes
}

/**
 * The budgets of a batch's accounts, in memory. They are counted under the accounts' locks, so that no
 * number of calls at once passes a hard one.
 * @param budgets as they were read under the locks
 * @param seqOf the number of an account's last transfer, when it was locked
 */
export function openBudgets(
  budgets: readonly Budget[],
  now: Date,
  seqOf: (accountId: bigint) => bigint,
) {
  const accounts = new Map<bigint, Budget[]>()
  for (const budget of budgets) {
    const own = accounts.get(budget.accountId)
    const current = { ...rolled(budget, now, seqOf(budget.accountId)) }
    if (own === undefined) accounts.set(budget.accountId, [current])
    else own.push(current)
  }
  const changed = new Set<Budget>()
  const thresholds: Threshold[] = []

  function matching(accountId: bigint, notes: Notes): Budget[] {
    const own = accounts.get(accountId)
    return own === undefined ? NONE : own.filter((budget) => isMatch(budget, notes))
  }

  /**
   * Counts what is charged or held now.
   * @throws Refusal `BUDGET_EXCEEDED`, and changes nothing then
   */
  function count(accountId: bigint, notes: Notes, amount: bigint): void {
    if (accounts.size === 0) return
    const own = matching(accountId, notes)
    const passed = tightest(own, amount)
    if (passed !== null) {
      const details = { budget_id: passed.id, remaining: Number(remainingOf(passed)) }
      throw new Refusal('BUDGET_EXCEEDED', { details })
    }
    for (const budget of own) {
      budget.used = atMost(COUNTED_MAX, budget.used + amount)
      changed.add(budget)
      for (const percent of reached(budget)) {
        budget.alerted = percent
        thresholds.push({ budget, percent })
      }
    }
  }

  /** What a hold did not take in the end, or a refund gives back, in the window of the hold or charge. */
  function giveBack({ accountId, seq, notes }: Counted, amount: bigint, isLapsed = false): void {
    if (accounts.size === 0) return
    for (const budget of matching(accountId, notes)) {
      if (seq <= budget.sinceSeq) continue
      budget.used -= amount
      if (isLapsed) budget.lapsed -= amount
      changed.add(budget)
    }
  }

  return { count, giveBack, changed: () => [...changed], thresholds }
}

export type BudgetBook = ReturnType<typeof openBudgets>

const NONE: Budget[] = []

/** The largest `bigint` of PostgreSQL. A soft budget refuses nothing, so its count may reach it. */
const COUNTED_MAX = 2n ** 63n - 1n

function atMost(most: bigint, amount: bigint): bigint {
  return amount > most ? most : amount
}

/** The percentages that the budget reaches for the first time in its window, lowest first. */
function reached({ alertAt, alerted, amount, used, lapsed }: Budget): number[] {
  if (alertAt.length === 0) return alertAt
  return alertAt
    .filter((percent) => percent > alerted && (used - lapsed) * 100n >= amount * BigInt(percent))
    .toSorted((a, b) => a - b)
}
