import { type Span, type Window, spanOf } from './window.ts'

/** What a charge says of itself. */
export interface Notes {
  reason: string | null
  reference: string | null
}

export const NO_NOTES: Notes = { reason: null, reference: null }

/** What a budget counts, and how. */
export interface Terms {
  amount: bigint
  window: Window
  timeZone: string
  /** Null for any; literal. */
  referencePrefix: string | null
  /** Null for any; the whole of it. */
  reason: string | null
  mode: 'hard' | 'soft'
  alertAt: number[]
}

/** How much may be charged to an account within a time, and how much was. */
export interface Budget extends Terms {
  accountId: bigint
  id: string
  /** In the window: charges and holds, without refunds; with holds whose time is over and that have not ended. */
  used: bigint
  /** The part of `used` that is of those holds: it counts no longer. */
  lapsed: bigint
  windowStart: Date
  resetsAt: Date | null
  /** What is of this window is numbered higher than this, among the transfers of the account. */
  sinceSeq: bigint
  /** The highest percentage that was told of in this window. */
  alerted: number
}

/** So many an account may have: all are read with each charge to it. */
export const BUDGETS_MAX = 50

export function isMatch(
  { referencePrefix, reason }: Pick<Budget, 'referencePrefix' | 'reason'>,
  notes: Notes,
): boolean {
  if (reason !== null && notes.reason !== reason) return false
  return referencePrefix === null || (notes.reference?.startsWith(referencePrefix) ?? false)
}

/** Below zero where a soft budget was passed, or the amount has been lowered. */
export function remainingOf({ amount, used, lapsed }: Budget): bigint {
  return amount - used + lapsed
}

/**
 * The budget as it is at a time: in a new window nothing is used. A clock that is set back leaves the
 * window as it is, so that what was counted in it counts on.
 * @param seq the number of the account's last transfer
 */
export function rolled(budget: Budget, now: Date, seq: bigint): Budget {
  if (budget.resetsAt === null || now < budget.resetsAt) return budget
  return { ...budget, ...begun(budget, now, seq, budget.resetsAt) }
}

/** A window in which nothing is counted yet. */
export function begun(
  { window, timeZone }: Pick<Terms, 'window' | 'timeZone'>,
  now: Date,
  seq: bigint,
  notBefore: Date | null = null,
): Pick<Budget, 'used' | 'lapsed' | 'windowStart' | 'resetsAt' | 'sinceSeq' | 'alerted'> {
  const { start, end }: Span =
    window === 'total' ? { start: now, end: null } : spanOf(window, timeZone, now)
  // Where a clock goes back by less than an hour, an hour that it shows in part again is no second window.
  const windowStart = notBefore !== null && notBefore > start ? notBefore : start
  return { used: 0n, lapsed: 0n, windowStart, resetsAt: end, sinceSeq: seq, alerted: 0 }
}

/** Of several, the one with the least remaining, as far as it remains less than an amount. */
export function tightest(budgets: readonly Budget[], amount: bigint): Budget | null {
  let least: Budget | null = null
  for (const budget of budgets) {
    const remaining = remainingOf(budget)
    if (budget.mode === 'soft' || remaining >= amount) continue
    if (least === null || remaining < remainingOf(least)) least = budget
  }
  return least
}
