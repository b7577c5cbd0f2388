import type Stripe from 'stripe'
import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { OldAnswer } from '../stripe/handler.ts'
import type { Bill } from './bills.ts'
import {
  CLOCK_SKEW_S_MAX,
  type EventKnowledge,
  type FetchKnowledge,
  type Known,
  billsIn,
  mayShowWhatWas,
  showsDebtThatWas,
  showsWhatWas,
} from './knowledge.ts'
import { type Means, type Outcome, rowOf, takeIn } from './service.ts'
import { ENDED, type StripeSubscription, isSame, readSubscription } from './state.ts'
import { knownOf } from './write.ts'

const TRIES_MAX = 5

/** The content of an event about a subscription. */
export interface News {
  subscription: StripeSubscription
  knowledge: EventKnowledge
}

/** What else is known before Stripe is asked. */
export interface Beforehand {
  /** Taken in instead of an answer if Stripe does not answer, knows nothing or shows old data. */
  news?: News
  /** An event with only some of the items: an answer that may be older than it is not accepted. */
  part?: EventKnowledge
  /** What an event says about one of its invoices. */
  bill?: Bill
  /** Our customer's id as the checkout has it, for a subscription that does not name one. */
  owner?: string | null
}

/**
 * Fetches a subscription from Stripe and takes it in, unless it is known to have ended. If another
 * process writes it meanwhile, fetches again, so that a slow answer never overwrites a newer one.
 * @throws OldAnswer, or Stripe's error; what the news said is taken in then
 */
export async function refresh(
  means: Means,
  stripe: StripeCalls,
  id: string,
  { news, part, bill, owner = null }: Beforehand = {},
): Promise<Outcome | 'missing'> {
  const takeNews = () => (news ? takeIn(means, news.subscription, news.knowledge) : 'missing')
  // An end is final, so there is nothing to ask. It does not say what was before, so an old answer
  // could not be recognised either.
  if (news !== undefined && ENDED.includes(news.knowledge.state.status)) return takeNews()
  // What an event says is history by now, and may still tell what was paid for.
  const bills = [...(bill ? [bill] : []), ...(news ? billsIn(news.knowledge) : [])]
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const row = await rowOf(means.db, id)
    const fetched = await fetchSubscription(stripe, id).catch(async (error: unknown) => {
      await takeNews()
      throw error
    })
    if (fetched === null) return takeNews()
    const { subscription, knowledge } = fetched
    if (part !== undefined && mayShowWhatWas(knowledge, part)) throw new OldAnswer()
    const before = row === null ? null : knownOf(row)
    // Only a later answer says whether the invoice was paid or given up.
    if (news !== undefined && showsDebtThatWas(knowledge, news.knowledge, before)) {
      throw new OldAnswer()
    }
    if (news !== undefined && showsWhatWas(knowledge, news.knowledge, before)) {
      const taken = await takeNews()
      const isPassed = taken === 'keep' && isAsToldLater(before, knowledge, news.knowledge)
      if (taken !== 'unknown' && !isPassed) throw new OldAnswer()
    }
    const heard = { ...subscription, customerId: subscription.customerId ?? owner }
    const isAsTold = news !== undefined && isSame(news.knowledge.state, knowledge.state)
    const known = isAsTold ? { ...knowledge, since: news.knowledge.at } : knowledge
    const outcome = await takeIn(means, heard, known, row?.version ?? null, bills)
    if (outcome === 'old') {
      await takeNews()
      throw new OldAnswer()
    }
    if (outcome !== 'raced') return outcome
  }
  throw new OldAnswer()
}

/**
 * Whether a fetch shows what another event has told, one that is later or of the same second. Any
 * other state may be older than both.
 */
function isAsToldLater(known: Known | null, { state }: FetchKnowledge, { at }: EventKnowledge) {
  if (known === null || known.since === null) return false
  return known.since >= at && isSame(known.state, state)
}

/** What Stripe shows with a subscription, so that it says whether the newest invoice is paid. */
export const SHOWN = ['latest_invoice']

interface Fetched {
  subscription: StripeSubscription
  knowledge: FetchKnowledge
}

async function fetchSubscription(stripe: StripeCalls, id: string): Promise<Fetched | null> {
  try {
    const params = { expand: SHOWN }
    const found = await stripe.ask((sdk, options) =>
      sdk.subscriptions.retrieve(id, params, options),
    )
    const at = answeredAt(found.lastResponse.headers)
    return fetchedFrom(await withAllItems(stripe, found), at)
  } catch (error) {
    if (isMissingAtStripe(error)) return null
    throw error
  }
}

const ITEMS_PAGE = 100

/** Adds the items that are missing: Stripe shows only ten with a subscription. */
export async function withAllItems(
  stripe: StripeCalls,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const { id, items } = subscription
  const data = [...items.data]
  for (let hasMore = items.has_more; hasMore;) {
    const after = data.at(-1)?.id
    const params = {
      subscription: id,
      limit: ITEMS_PAGE,
      ...(after !== undefined && { starting_after: after }),
    }
    const page = await stripe.ask((sdk, options) => sdk.subscriptionItems.list(params, options))
    data.push(...page.data)
    hasMore = page.has_more && page.data.length > 0
  }
  return { ...subscription, items: { ...items, data, has_more: false } }
}

/** @param at as `answeredAt` has it */
export function fetchedFrom(object: Stripe.Subscription, at: number): Fetched {
  const subscription = readSubscription(object)
  const { state, outcome, isFirstSent } = subscription
  return { subscription, knowledge: { source: 'fetch', state, at, outcome, isFirstSent } }
}

/**
 * When Stripe answered, in Unix seconds: by its own clock, as its events are, so that the two compare.
 * @param headers of the answer
 */
export function answeredAt(headers: Record<string, string>): number {
  const ms = Date.parse(headers['date'] ?? '')
  return Math.floor(Number.isNaN(ms) ? Date.now() / 1_000 - CLOCK_SKEW_S_MAX : ms / 1_000)
}
