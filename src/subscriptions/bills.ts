import {
  ENDED,
  type Item,
  OWED,
  type Outcome,
  type SubscriptionState,
  type ToldOfInvoice,
  isPausedUnpaid,
  itemsText,
} from './state.ts'

/** The newest that was seen of the items, and since when there was anything of the kind to be seen. */
interface Seen {
  items: readonly Item[]
  /** Unix seconds, by Stripe's clock. */
  at: number
  since: number
  /** The subscription was `past_due` or `unpaid`. */
  isOwed: boolean
}

/** What is known of an invoice, by what was seen of the subscription while it was the newest. */
export interface Bill {
  /** `in_…`; null where Stripe does not say, and the items tell. */
  invoice: string | null
  /** While Stripe was collecting. */
  collecting?: Seen
  /** While collection was paused. */
  paused?: Seen
  /** Since when it was seen in a pause that writes invoices off while the customer goes on. */
  freeSince?: number
  /** What Stripe has said of the invoice itself. */
  told?: Told
  /** As a subscription's `isFirstSent`. */
  isFirstSent?: true
}

/** A void invoice is told as `unasked`, and is final. */
interface Told {
  outcome: Exclude<Outcome, 'void'>
  at: number
  isVoid?: true
}

/** How many of the newest are remembered: more than there are while Stripe repeats its events. */
const BILLS_MAX = 12

/** What a state tells of its newest invoice; nothing where the subscription has not begun or is over. */
export function billOf(
  state: SubscriptionState,
  at: number,
  { outcome = null, isFirstSent = false }: Partial<ToldOfInvoice> = {},
): Bill[] {
  const { status, items, latestInvoice: invoice } = state
  if (ENDED.includes(status) || status === 'incomplete' || status === 'paused') return []
  const isOwed = OWED.includes(status)
  const seen: Seen = { items: [...items], at, since: at, isOwed }
  return [
    {
      invoice,
      ...(isPausedUnpaid(state) ? { paused: seen } : { collecting: seen }),
      ...(state.pause === 'mark_uncollectible' && { freeSince: at }),
      ...(outcome !== null && { told: toldOf(outcome, at) }),
      ...(isFirstSent && { isFirstSent }),
    },
  ]
}

/**
 * What is known after more has been heard. It is the same in any order, and however often it is heard.
 * @returns oldest first
 */
export function billsAfter(known: readonly Bill[], heard: readonly Bill[]): Bill[] {
  const bills = new Map<string, Bill>()
  for (const bill of [...known, ...heard]) {
    const key = keyOf(bill)
    const other = bills.get(key)
    bills.set(key, other === undefined ? bill : merged(other, bill))
  }
  return withoutOldest([...bills.values()].toSorted(byTime))
}

/**
 * Those that are known by their outcome alone go first: they say of nothing that it was paid for. What
 * counts while no newer one is paid stays, however many follow it.
 */
function withoutOldest(bills: readonly Bill[]): Bill[] {
  const isBare = ({ collecting, paused }: Bill) => collecting === undefined && paused === undefined
  const over = Math.max(0, bills.length - BILLS_MAX)
  const bare = new Set(bills.filter(isBare).slice(0, over))
  const seen = bills.filter((bill) => !bare.has(bill))
  const newest = new Set(seen.slice(-BILLS_MAX))
  const counting = [seen.findLast((bill) => paidBy(bill) !== null), seen.find(wasSentFirst)]
  return seen.filter((bill) => newest.has(bill) || counting.includes(bill))
}

/** Whether both tell of the same invoices the same outcomes, whenever those were last heard. */
export function sameOutcomes(a: readonly Bill[], b: readonly Bill[]): boolean {
  return outcomesText(a) === outcomesText(b)
}

function outcomesText(bills: readonly Bill[]): string {
  return bills
    .map((bill) =>
      JSON.stringify([keyOf(bill), bill.told?.outcome, bill.told?.isVoid, bill.isFirstSent]),
    )
    .toSorted()
    .join()
}

/** @param at Unix seconds, by Stripe's clock */
export function toldOf(outcome: Outcome, at: number): Told {
  return outcome === 'void' ? { outcome: 'unasked', at, isVoid: true } : { outcome, at }
}

/**
 * Merges two bills of an invoice. Paid stays paid and void stays void, whatever an older answer
 * shows.
 */
function merged(a: Bill, b: Bill): Bill {
  const told = [a.told, b.told]
    .filter((one) => one !== undefined)
    .toSorted((x, y) => finalityOf(x) - finalityOf(y) || x.at - y.at)
  const freeSince = Math.min(a.freeSince ?? Infinity, b.freeSince ?? Infinity)
  const bill: Bill = { invoice: a.invoice }
  const collecting = newer(a.collecting, b.collecting)
  const paused = newer(a.paused, b.paused)
  if (collecting !== undefined) bill.collecting = collecting
  if (paused !== undefined) bill.paused = paused
  if (freeSince < Infinity) bill.freeSince = freeSince
  if (told.length > 0) bill.told = told.at(-1)!
  if (a.isFirstSent === true || b.isFirstSent === true) bill.isFirstSent = true
  return bill
}

/** Whether nothing can change any more what became of the invoice. */
export function isFinal({ told }: Bill): boolean {
  return told !== undefined && finalityOf(told) >= 2
}

/** How final an outcome is: an invoice that was written off may still be paid or voided. */
function finalityOf({ outcome, isVoid }: Told): number {
  if (outcome === 'paid') return 3
  if (isVoid === true) return 2
  return outcome === 'written_off' ? 1 : 0
}

/** Within a second, what is owed was tried before in vain. */
function newer(a: Seen | undefined, b: Seen | undefined): Seen | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const isFirst = a.at > b.at || (a.at === b.at && a.isOwed)
  return { ...(isFirst ? a : b), since: Math.min(a.since, b.since) }
}

/** The items that an invoice has paid for; null where it has not. */
export function paidBy(bill: Bill): readonly Item[] | null {
  const { collecting, paused, told } = bill
  if (told?.outcome === 'paid') return (collecting ?? paused)?.items ?? null
  // It was not due while it was the newest, and nothing says that it was paid since.
  if (bill.isFirstSent === true && told?.outcome === 'due') return null
  if (collecting === undefined || collecting.isOwed || isUnasked(bill)) return null
  return collecting.items
}

/** The items of the subscription's first invoice, if it was sent to be paid later. */
export function firstSent(bills: readonly Bill[]): readonly Item[] | null {
  const first = bills.find(wasSentFirst)
  return (first?.collecting ?? first?.paused)?.items ?? null
}

function wasSentFirst({ isFirstSent }: Bill): boolean {
  return isFirstSent === true
}

/**
 * Whether nobody is asked to pay the invoice: Stripe says so, or it came up in a pause and was not
 * paid since. So is one that was written off, unless it came up in a pause that writes all invoices
 * off.
 */
export function isUnasked({ collecting, paused, freeSince, told }: Bill): boolean {
  if (told?.outcome === 'written_off') {
    return freeSince === undefined || freeSince > (collecting?.since ?? Infinity)
  }
  if (told !== undefined && told.outcome !== 'due') return told.outcome === 'unasked'
  return paused !== undefined && paused.since < (collecting?.since ?? Infinity)
}

/** What is known of a state's newest invoice. */
export function billFor(bills: readonly Bill[], state: SubscriptionState): Bill | undefined {
  const key = state.latestInvoice ?? itemsText(state.items)
  return bills.find((bill) => keyOf(bill) === key)
}

function keyOf({ invoice, collecting, paused }: Bill): string {
  return invoice ?? itemsText((collecting ?? paused)?.items)
}

function byTime(a: Bill, b: Bill): number {
  return newestFrom(a) - newestFrom(b) || lastSeen(a) - lastSeen(b)
}

/**
 * Since when it has been the newest invoice. An old answer shows an earlier one later than that, so
 * when it was last seen does not order them. Where Stripe names none, the same items may come again.
 */
function newestFrom(bill: Bill): number {
  const { invoice, collecting, paused } = bill
  const since = Math.min(collecting?.since ?? Infinity, paused?.since ?? Infinity)
  return invoice === null || since === Infinity ? lastSeen(bill) : since
}

/** When it was last the newest invoice; of one that is known by its outcome alone, when that was told. */
function lastSeen({ collecting, paused, told }: Bill): number {
  return Math.max(collecting?.at ?? 0, paused?.at ?? 0) || (told?.at ?? 0)
}
