import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { type EventKnowledge, showsWhatWas } from './knowledge.ts'
import { type Means, type Outcome, takeIn, versionOf } from './service.ts'
import { type StripeSubscription, readSubscription } from './state.ts'
import { OldAnswer } from '../stripe/handler.ts'

const TRIES_MAX = 5

/** The content of an event about a subscription. */
export interface News {
  subscription: StripeSubscription
  knowledge: EventKnowledge
}

/**
 * Fetches a subscription from Stripe and takes it in. If another process writes it meanwhile, fetches
 * again, so that a slow answer never overwrites a newer one.
 * @param owner our customer's id from the checkout, for a subscription that does not name one
 * @param news is taken in instead, if Stripe does not answer, does not know the subscription, or
 * shows old data
 * @throws OldAnswer, or Stripe's error; the news has been taken in then
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
    const outcome = await takeIn(means, heard, { source: 'fetch', state: fetched.state }, version)
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
