import type { BalanceRow } from '../balances.ts'
import { availableOf } from '../present.ts'
import { type Budget, type Notes, isMatch, remainingOf, tightest } from './budget.ts'

/** @param isInPortal whether the user made it in the portal */
export function presentBudget(budget: Budget, userId: string, isInPortal: boolean) {
  const { id, amount, window, timeZone, referencePrefix, reason, mode, alertAt } = budget
  const { used, lapsed, windowStart, resetsAt } = budget
  return {
    budget_id: id,
    user_id: userId,
    amount: Number(amount),
    window,
    time_zone: timeZone,
    match: { reference_prefix: referencePrefix, reason },
    mode,
    alert_at: alertAt,
    used: Number(used - lapsed),
    remaining: Number(remainingOf(budget)),
    window_start: windowStart.toISOString(),
    resets_at: resetsAt?.toISOString() ?? null,
    made_in_portal: isInPortal,
  }
}

/** Whether a charge would be let through now, and what the first reason is if not. */
export function presentCheck(row: BalanceRow, notes: Notes, amount: bigint) {
  const available = availableOf(row)
  const counting = row.budgets.filter((budget) => isMatch(budget, notes))
  const code = reasonOf(row, counting, amount)
  return {
    allowed: code === null,
    code,
    available,
    budgets: counting
      .map((budget) => ({ budget_id: budget.id, remaining: Number(remainingOf(budget)) }))
      .toSorted((a, b) => a.remaining - b.remaining),
  }
}

function reasonOf(row: BalanceRow, counting: readonly Budget[], amount: bigint) {
  const { status, balance, held, creditLimit } = row
  if (status !== 'active') return 'ACCOUNT_FROZEN' as const
  if (amount > balance - held + creditLimit) return 'INSUFFICIENT_FUNDS' as const
  return tightest(counting, amount) === null ? null : ('BUDGET_EXCEEDED' as const)
}
