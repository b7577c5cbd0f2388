const OURS = /^cust_[0-9A-Za-z]{16}$/

/**
 * The text if it has the form of our ids; null otherwise, because other systems use ids of their
 * own.
 */
export function ourId(text: unknown): string | null {
  return typeof text === 'string' && OURS.test(text) ? text : null
}

/** The id of our customer in the metadata of a Stripe object; null if there is none. */
export function ourIdIn(metadata: Readonly<Record<string, unknown>> | null | undefined) {
  return ourId(metadata?.['customer_id'])
}
