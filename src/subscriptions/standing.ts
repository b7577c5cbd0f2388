import { type Item, type SubscriptionState, isPausedUnpaid, sameItems } from './state.ts'

/** A state in which nothing was owed: what was paid for by then. */
export interface Settled {
  items: Item[]
  /** The invoice that was the newest, `in_…`; null where Stripe did not say. */
  invoice: string | null
  /** Unix seconds. */
  at: number
}

/** Which items count, and whether they are paid for. */
export interface Standing {
  items: readonly Item[]
  /**
   * - `paid`: up to the end of each item's period.
   * - `earlier`: they are the last that were paid for, up to the end of that period.
   * - `unknown`: something is owed, and what was paid before is not known.
   */
  paid: 'paid' | 'earlier' | 'unknown'
}

const SETTLED_MAX = 4

/**
 * What a subscription is worth: its items, unless its newest invoice is owed (`past_due`) or will never
 * be asked for (a pause of collection). Then it is what was paid for before.
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
 * The states in good standing after one more has become known, whatever the order in which they do.
 * What turns out to be owed was not paid for, though it looked so while Stripe was collecting.
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

/** By the invoice; where there is none, by what is subscribed to and its period. */
function isSameInvoice(one: Settled, state: SubscriptionState): boolean {
  if (one.invoice !== null && state.latestInvoice !== null) {
    return one.invoice === state.latestInvoice
  }
  return sameItems(one.items, state.items)
}
