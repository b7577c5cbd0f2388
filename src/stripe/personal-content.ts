/**
 * The fields that handlers read of Stripe's objects: ids, amounts, states and times. Everything else
 * may be personal, also under names that Stripe has yet to invent, so this list says what stays.
 */
const KEPT = new Set(
  [
    'id object type created livemode api_version data previous_attributes',
    'mode status payment_status currency customer client_reference_id',
    'balance_transactions amount amount_total amount_refunded amount_received payment_intent charge',
    'last_payment_error code decline_code advice_code invoice has_more',
    'subscription parent subscription_details items price plan quantity',
    'current_period_start current_period_end cancel_at cancel_at_period_end canceled_at ended_at',
    'latest_invoice pause_collection behavior',
    'metadata purpose customer_id user_id account intent save_payment_method',
  ].flatMap((names) => names.split(' ')),
)

/**
 * An event's content without personal data. It can still be applied, except for what it says of
 * erased persons.
 * @param forgotten texts that must be removed wherever they stand, such as a Stripe customer's id
 */
export function withoutPersonalData<T>(payload: T, forgotten: ReadonlySet<string>): T {
  return kept(payload, forgotten) as T
}

function kept(value: unknown, forgotten: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => kept(item, forgotten))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(
    ([key, inner]) => KEPT.has(key) && !(typeof inner === 'string' && forgotten.has(inner)),
  )
  return Object.fromEntries(entries.map(([key, inner]) => [key, kept(inner, forgotten)]))
}
