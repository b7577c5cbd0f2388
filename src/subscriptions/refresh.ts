import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { type EventKnowledge, type FetchKnowledge, showsWhatWas } from './knowledge.ts'
import { type Means, type Outcome, takeIn, versionOf } from './service.ts'
import { type StripeSubscription, isSame, readSubscription } from './state.ts'
import { OldAnswer } from '../stripe/handler.ts'

const TRIES_MAX = 5

/** What an event says of a subscription. */
export interface News {
  subscription: StripeSubscription
  knowledge: EventKnowledge
}

/**
 * Asks Stripe for a subscription and takes in the answer. Whoever writes in between makes it ask
 * again, so that a slow answer never overwrites a newer one.
 * @param owner our customer's id as the checkout has it, for a subscription that does not name one
 * @param news taken in instead where Stripe does not answer, knows nothing or shows old data
 * @throws OldAnswer, or Stripe's error; what the news said is taken in then
 */
export async function refresh(
  means: Means,
  stripe: StripeCalls,
  id: string,
  news?: News,
  owner: string | null = null,
): Promise<Outcome | 'missing'> {
  const takeNews = () => (news ? takeIn(means, news.subscription, news.knowledge) : 'missing')
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const version = await versionOf(means.db, id)
    const fetched = await fetchSubscription(stripe, id).catch(async (error: unknown) => {
      await takeNews()
      throw error
    })
    if (fetched === null) return takeNews()
    const looksOld = news !== undefined && showsWhatWas(fetched.state, news.knowledge, Date.now())
    if (looksOld && (await takeNews()) === 'take') throw new OldAnswer()
    const heard = { ...fetched, customerId: fetched.customerId ?? owner }
    const isAsTold = news !== undefined && isSame(news.knowledge.state, fetched.state)
    const knowledge: FetchKnowledge = {
      source: 'fetch',
      state: fetched.state,
      ...(isAsTold && { since: news.knowledge.at }),
    }
    const outcome = await takeIn(means, heard, knowledge, version)
    if (outcome === 'old') {
      await takeNews()
      throw new OldAnswer()
    }
    if (outcome !== 'raced') return outcome
  }
  throw new OldAnswer()
}

async function fetchSubscription(
  stripe: StripeCalls,
  id: string,
): Promise<StripeSubscription | null> {
  try {
    const found = await stripe.ask((sdk, options) => sdk.subscriptions.retrieve(id, {}, options))
    return readSubscription(found)
  } catch (error) {
    if (isMissingAtStripe(error)) return null
    throw error
  }
}
