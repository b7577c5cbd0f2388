const OURS = /^cust_[0-9A-Za-z]{16}$/

/** Text from elsewhere if it is an id of our form; null otherwise. Other systems write ids of theirs. */
export function ourId(text: unknown): string | null {
  return typeof text === 'string' && OURS.test(text) ? text : null
}

/** Our customer's id in the metadata of an object at Stripe. */
export function ourIdIn(metadata: Readonly<Record<string, unknown>> | null | undefined) {
  return ourId(metadata?.['customer_id'])
}
