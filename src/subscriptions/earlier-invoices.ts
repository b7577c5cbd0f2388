import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { type Bill, toldOf } from './bills.ts'
import { answeredAt } from './refresh.ts'
import { OUTCOMES, OWED, type SubscriptionState } from './state.ts'

/**
 * Asks what became of a subscription's earlier invoices, where an event may have been lost. Stripe
 * shows only the newest with a subscription. While that one is owed, the items that count are those of
 * an earlier one that was paid.
 * @returns what was heard of invoices that nobody collects any more
 */
export async function askOfEarlier(
  stripe: StripeCalls,
  { status, latestInvoice }: SubscriptionState,
  bills: readonly Bill[],
): Promise<Bill[]> {
  if (!OWED.includes(status)) return []
  const heard: Bill[] = []
  for (const { invoice, told } of bills) {
    const isUndecided = told === undefined || told.outcome === 'due'
    if (invoice === null || invoice === latestInvoice || !isUndecided) continue
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
