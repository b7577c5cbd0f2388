import { type Item, type SubscriptionState, isPausedUnpaid, sameItems } from './state.ts'

/** A state in which nothing was owed: what had been paid for by then. */
export interface Settled {
  items: Item[]
  /** The newest invoice at that time, `in_…`; null if Stripe did not say. */
  invoice: string | null
  /** Unix seconds. */
  at: number
}

/** Which items count, and whether they are paid for. */
export interface Standing {
  items: readonly Item[]
  /**
   * - `paid`: until the end of each item's period.
   * - `earlier`: these are the last items that were paid for, until the end of that period.
   * - `unknown`: something is owed, and what was paid before is unknown.
   */
  paid: 'paid' | 'earlier' | 'unknown'
}

const SETTLED_MAX = 4

/**
 * The items that a subscription gives access to: its own, unless its newest invoice is owed
 * (`past_due`) or will never be collected (a pause of collection). In these cases, what was paid for
 * before.
 * @param settled the newest last
 */
export function standingOf(state: SubscriptionState, settled: readonly Settled[]): Standing {
  if (isSettled(state)) return { items: state.items, paid: 'paid' }
  const isPaused = isPausedUnpaid(state)
  const last = settled.findLast((one) => isPaused || !isSameInvoice(one, state))
  if (last !== undefined) return { items: last.items, paid: 'earlier' }
  return { items: state.items, paid: isGone(state) ? 'paid' : 'unknown' }
}

/**
 * Adds a newly known state to the states in good standing, in whatever order they become known. A
 * state that turns out to be owed was not paid for, although it looked so while Stripe was
 * collecting.
 */
export function settledAfter(
  settled: readonly Settled[],
  state: SubscriptionState,
  at: number,
): Settled[] {
  if (state.status === 'past_due') return settled.filter((one) => !isSameInvoice(one, state))
  if (!isSettled(state) || isGone(state)) return [...settled]
  const others = settled.filter((one) => !isSameInvoice(one, state))
  const known = settled.find((one) => isSameInvoice(one, state))
  const newest = known !== undefined && known.at > at ? known : settledState(state, at)
  return [...others, newest].toSorted((a, b) => a.at - b.at).slice(-SETTLED_MAX)
}

function settledState(state: SubscriptionState, at: number): Settled {
  return { items: [...state.items], invoice: state.latestInvoice, at }
}

function isSettled(state: SubscriptionState): boolean {
  return state.status !== 'past_due' && !isPausedUnpaid(state)
}

function isGone({ status }: SubscriptionState): boolean {
  return status !== 'active' && status !== 'trialing' && status !== 'past_due'
}

/** Compares the invoices or, without them, the items and their periods. */
function isSameInvoice(one: Settled, state: SubscriptionState): boolean {
  if (one.invoice !== null && state.latestInvoice !== null) {
    return one.invoice === state.latestInvoice
  }
  return sameItems(one.items, state.items)
}
