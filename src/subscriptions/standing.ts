import { type Bill, billFor, firstSent, isUnasked, paidBy } from './bills.ts'
import { type Item, type SubscriptionState, WITH_ACCESS, isPausedUnpaid } from './state.ts'

/** Which items count, and whether they are paid for. */
export interface Standing {
  items: readonly Item[]
  /**
   * - `paid`: until the end of each item's period.
   * - `earlier`: these are the last items that were paid for, until the end of that period.
   * - `nothing`: these are the first items, and not even their invoice has been paid.
   * - `unknown`: something is owed, and what was paid before is unknown.
   */
  paid: 'paid' | 'earlier' | 'nothing' | 'unknown'
}

/**
 * What a subscription is worth: its items, unless its newest invoice is owed (`past_due`) or will never
 * be asked for (of a period that began in a pause of collection). Then it is what was paid for before.
 */
export function standingOf(state: SubscriptionState, bills: readonly Bill[]): Standing {
  const { items } = state
  if (!WITH_ACCESS.includes(state.status)) return { items, paid: 'paid' }
  const bill = billFor(bills, state)
  const isOwed = state.status === 'past_due' || (bill !== undefined && isUnasked(bill))
  if (!isOwed && !isPausedUnpaid(state)) return { items, paid: 'paid' }
  const last = bills.map(paidBy).findLast((paid) => paid !== null)
  if (last != null) return { items: last, paid: 'earlier' }
  const first = firstSent(bills)
  return first === null ? { items, paid: 'unknown' } : { items: first, paid: 'nothing' }
}
