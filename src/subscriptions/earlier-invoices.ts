import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { type Bill, isFinal, toldOf } from './bills.ts'
import { answeredAt } from './refresh.ts'
import { standingOf } from './standing.ts'
import { OUTCOMES, type SubscriptionState } from './state.ts'

/**
 * Asks what became of a subscription's earlier invoices, where they decide what counts and an event may
 * have been lost. Stripe shows only the newest with a subscription.
 * @param bills what is known of all of them, by which there are at most a dozen questions
 * @returns what was heard of invoices that nobody collects any more
 */
export async function askOfEarlier(
  stripe: StripeCalls,
  state: SubscriptionState,
  bills: readonly Bill[],
): Promise<Bill[]> {
  if (standingOf(state, bills).paid === 'paid') return []
  const heard: Bill[] = []
  for (const known of bills) {
    const { invoice } = known
    if (invoice === null || invoice === state.latestInvoice || isFinal(known)) continue
    const bill = await askOf(stripe, invoice)
    if (bill !== null) heard.push(bill)
  }
  return heard
}

async function askOf(stripe: StripeCalls, invoice: string): Promise<Bill | null> {
  try {
    const found = await stripe.ask((sdk, options) => sdk.invoices.retrieve(invoice, {}, options))
    const outcome = OUTCOMES.get(found.status ?? '')
    if (outcome === undefined) return null
    return { invoice, told: toldOf(outcome, answeredAt(found.lastResponse.headers)) }
  } catch (error) {
    if (isMissingAtStripe(error)) return null
    throw error
  }
}
