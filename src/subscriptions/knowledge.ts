import { ENDED, FIELDS, type Status, type SubscriptionState, isSame, isSameIn } from './state.ts'

/**
 * Stripe's events come in any order and its API may answer with old data, so each report about a
 * subscription is weighed before it is accepted.
 */
export type Knowledge = { source: 'fetch'; state: SubscriptionState } | EventKnowledge

export interface EventKnowledge {
  source: 'event'
  state: SubscriptionState
  /** Unix seconds. */
  at: number
  /** The order among events of one second. */
  rank: number
  /** The state that the event replaced; null if it does not say. */
  before: SubscriptionState | null
}

/** What is known so far. */
export interface Known {
  state: SubscriptionState
  eventAt: number | null
  eventRank: number
  /** States that events have replaced recently. */
  superseded: readonly SubscriptionState[]
  /** When a fetch was last accepted, in ms; null if none was. */
  fetchedAt: number | null
  /** When this was written, in ms. */
  writtenAt: number
}

export type Verdict = 'take' | 'keep' | 'old'

/**
 * For so long after a change, an answer without the change is attributed to a lagging copy at Stripe.
 */
const OLD_ANSWER_MS_MAX = 10_000

/** Between Stripe's clock and ours. */
const CLOCK_SKEW_MS_MAX = 5_000

/**
 * - A cancelled subscription never revives, and an end is always accepted.
 * - A fetch is newer than any event that has arrived, unless it still shows the state that the newest
 * event has replaced. Then it is `old`, and Stripe must be asked again.
 * - An event from before the last fetch is no news. Of two events the later is newer; within a
 * second, the one that comes later in the subscription's life.
 */
export function weigh(known: Known | null, heard: Knowledge, now: number): Verdict {
  if (known === null) return 'take'
  if (ENDED.includes(known.state.status)) return 'keep'
  if (ENDED.includes(heard.state.status)) return 'take'
  if (heard.source === 'fetch') return isOld(known, heard.state, now) ? 'old' : 'take'
  if (known.fetchedAt !== null && heard.at * 1_000 < known.fetchedAt - CLOCK_SKEW_MS_MAX)
    return 'keep'
  if (known.eventAt === null || heard.at > known.eventAt) return 'take'
  return heard.at === known.eventAt && heard.rank > known.eventRank ? 'take' : 'keep'
}

function isOld(known: Known, fetched: SubscriptionState, now: number): boolean {
  if (now - known.writtenAt > OLD_ANSWER_MS_MAX || isSame(fetched, known.state)) return false
  return known.superseded.some((state) => isSame(fetched, state))
}

/** Whether a fetch shows nothing of the change in the event that caused it. */
export function showsWhatWas(
  fetched: SubscriptionState,
  event: EventKnowledge,
  now: number,
): boolean {
  if (event.before === null || now - event.at * 1_000 > OLD_ANSWER_MS_MAX) return false
  const { before, state } = event
  const changed = FIELDS.filter((field) => !isSameIn(field, before, state))
  return changed.length > 0 && changed.every((field) => isSameIn(field, fetched, before))
}

const SUPERSEDED_MAX = 8

/** The states that an event replaces, added to those replaced recently. */
export function supersededBy(
  known: Known | null,
  event: EventKnowledge,
  now: number,
): SubscriptionState[] {
  const isRecent = known !== null && now - known.writtenAt <= OLD_ANSWER_MS_MAX
  const states = [...(isRecent ? known.superseded : []), known?.state, event.before]
  return states.filter((state) => state != null).slice(-SUPERSEDED_MAX)
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
