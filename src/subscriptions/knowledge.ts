import { type Bill, billOf } from './bills.ts'
import {
  ENDED,
  FIELDS,
  OWED,
  type Status,
  type SubscriptionState,
  type ToldOfInvoice,
  isSame,
  isSameIn,
} from './state.ts'

/**
 * Stripe's events come in any order and its API may answer with old data, so each report about a
 * subscription is weighed before it is accepted.
 */
export type Knowledge = FetchKnowledge | EventKnowledge

export interface FetchKnowledge extends Partial<ToldOfInvoice> {
  source: 'fetch'
  state: SubscriptionState
  /** Unix seconds, by Stripe's clock: when it answered. */
  at: number
  /** Since when the state holds, in Unix seconds, if an event has told that. */
  since?: number
}

export interface EventKnowledge {
  source: 'event'
  state: SubscriptionState
  /** Unix seconds, by Stripe's clock. */
  at: number
  /** The order among events of one second. */
  rank: number
  /** The state that the event replaced; null if it does not say, or if there was none. */
  before: SubscriptionState | null
  /** Whether the event has only the first of the items before it. */
  isBeforePart: boolean
  /** Whether there was nothing before the event. */
  isFirst: boolean
}

/** What is known so far. */
export interface Known {
  state: SubscriptionState
  eventAt: number | null
  eventRank: number
  /** States that were replaced lately. */
  superseded: readonly SubscriptionState[]
  /** When Stripe gave the answer that was last taken in; null if none was. */
  fetchedAt: number | null
  /** Since when the state holds; null if no event has told that. */
  since: number | null
}

export type Verdict = 'take' | 'keep' | 'old'

/**
 * For so long after a change, an answer without the change is attributed to a lagging copy at Stripe.
 */
const OLD_ANSWER_S_MAX = 10

/** Between the clocks of Stripe's machines, and ours where an answer has no time. */
export const CLOCK_SKEW_S_MAX = 5

/**
 * - A cancelled subscription never revives, and an end is always believed.
 * - A fetch is newer than any event that has arrived, unless it still shows what was replaced lately:
 *   then it is `old` and must be asked for again.
 * - An event from before the last fetch is no news. Of two events the later is newer; within a second the one that comes later in a life.
 */
export function weigh(known: Known | null, heard: Knowledge): Verdict {
  if (known === null) return 'take'
  if (ENDED.includes(known.state.status)) return 'keep'
  if (ENDED.includes(heard.state.status)) return 'take'
  if (heard.source === 'fetch') return isOld(known, heard) ? 'old' : 'take'
  if (isKnownSince(known, heard)) return 'keep'
  if (known.eventAt === null || heard.at > known.eventAt) return 'take'
  return heard.at === known.eventAt && heard.rank > known.eventRank ? 'take' : 'keep'
}

function isOld(known: Known, { state, at }: FetchKnowledge): boolean {
  if (!isRecent(known, at) || isSame(state, known.state)) return false
  return known.superseded.some((one) => isSame(state, one))
}

/** Whether what is known already includes all that the event tells. */
function isKnownSince(known: Known, event: EventKnowledge): boolean {
  const { state, fetchedAt, since } = known
  if (since !== null && since > event.at) return true
  if (fetchedAt === null || event.at >= fetchedAt - CLOCK_SKEW_S_MAX) return false
  return fetchedAt - event.at > OLD_ANSWER_S_MAX || !isBefore(state, event)
}

/** Whether all fields that an event has changed still are as they were before it. */
function isBefore(known: SubscriptionState, { before, state }: EventKnowledge): boolean {
  if (before === null) return false
  const changed = FIELDS.filter((field) => !isSameIn(field, before, state))
  return changed.length > 0 && changed.every((field) => isSameIn(field, known, before))
}

/** Whether what is known may be so young that some of Stripe's machines do not have it. */
function isRecent({ eventAt, fetchedAt }: Known, now: number): boolean {
  return now - Math.max(eventAt ?? 0, fetchedAt ?? 0) <= OLD_ANSWER_S_MAX
}

/**
 * Whether a fetch may be from before the event that caused it, because it shows nothing of the
 * change. If the event does not say what it has changed, the fetch must be the same as the event's
 * own state.
 */
export function showsWhatWas(
  fetched: Pick<FetchKnowledge, 'state' | 'at'>,
  event: EventKnowledge,
  known: Known | null,
): boolean {
  const { state, before } = event
  if (fetched.at - event.at > OLD_ANSWER_S_MAX || ENDED.includes(fetched.state.status)) return false
  if (known !== null && isLater(known, event) && isSame(fetched.state, known.state)) return false
  if (before === null) return !event.isFirst && !isSame(fetched.state, state)
  const changed = FIELDS.filter((field) => !isSameIn(field, before, state))
  return changed.length > 0 && !changed.some((field) => isSameIn(field, fetched.state, state))
}

/**
 * Whether the known state is later than an event: a later event told it, or the event's state was
 * replaced.
 */
function isLater(known: Known, { at, state }: EventKnowledge): boolean {
  if (known.since !== null && known.since > at) return true
  const isNewer = Math.max(known.eventAt ?? 0, known.fetchedAt ?? 0) >= at
  return isNewer && known.superseded.some((one) => isSame(one, state))
}

function withFirstItems(state: SubscriptionState, count: number): SubscriptionState {
  return { ...state, items: state.items.slice(0, count) }
}

/**
 * Whether a fetch still shows an invoice as due although an event implies that it is not. A
 * subscription that owed it becomes active again when it is paid, voided or written off.
 */
export function showsDebtThatWas(
  fetched: FetchKnowledge,
  event: EventKnowledge,
  known: Pick<Known, 'state'> | null,
): boolean {
  const before = event.before ?? known?.state ?? null
  if (before === null || fetched.at - event.at > OLD_ANSWER_S_MAX) return false
  return (
    fetched.outcome === 'due' &&
    OWED.includes(before.status) &&
    !OWED.includes(event.state.status) &&
    before.latestInvoice === fetched.state.latestInvoice
  )
}

/**
 * The same for an event with only some of the items, which does not show changes of the other
 * items.
 */
export function mayShowWhatWas({ state, at }: FetchKnowledge, event: EventKnowledge): boolean {
  if (event.isFirst || at - event.at > OLD_ANSWER_S_MAX || ENDED.includes(state.status))
    return false
  const shown = withFirstItems(state, event.state.items.length)
  const isChange = event.before !== null && !isSame(event.before, event.state)
  return !isChange || !isSame(shown, event.state)
}

const SUPERSEDED_MAX = 8

/** What is replaced by what was heard, besides what was replaced lately. */
export function supersededBy(known: Known | null, heard: Knowledge): SubscriptionState[] {
  const lately = known !== null && isRecent(known, heard.at) ? known.superseded : []
  const before = heard.source === 'event' && !heard.isBeforePart ? heard.before : null
  return [...lately, known?.state, before]
    .filter((state) => state != null && !isSame(state, heard.state))
    .filter((state) => state != null)
    .slice(-SUPERSEDED_MAX)
}

/** What is heard of the newest invoice, and by an event of the one before too. */
export function billsIn(heard: Knowledge): Bill[] {
  const { state, at } = heard
  if (heard.source === 'fetch') return billOf(state, at, heard)
  // What an event has replaced was so until then.
  const before = heard.isBeforePart ? null : heard.before
  return [...(before === null ? [] : billOf(before, at - 1)), ...billOf(state, at)]
}

const STAGES: readonly Status[] = [
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'incomplete_expired',
  'canceled',
]

/** Stripe's clock has whole seconds: the later stage in a subscription's life breaks a tie. */
export function rankOf(eventType: string, status: Status): number {
  const kind = { created: 0, deleted: 2 }[eventType.split('.').at(-1) ?? ''] ?? 1
  return kind * STAGES.length + STAGES.indexOf(status)
}
