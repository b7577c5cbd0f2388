import type { Json, StripeEvent } from '../types.ts'
import { newId } from '../world.ts'

/** The last version before basil. */
const OLD_VERSION = '2025-02-24.acacia'

/**
 * The same event for accounts older than basil: a subscription has `current_period_start` and
 * `current_period_end` itself, and its items do not; an invoice and its lines have `subscription`
 * themselves and no `parent`. Other events differ only in their version.
 */
export function asOldShape(event: StripeEvent): StripeEvent {
  const { object, previous_attributes: previous } = structuredClone(event.data)
  return {
    ...event,
    api_version: OLD_VERSION,
    data: {
      object: oldObject(object),
      ...(previous !== undefined && {
        previous_attributes: 'items' in previous ? oldSubscription(previous) : previous,
      }),
    },
  }
}

/** The same fact in a separate event, which Stripe may also send. */
export function asCopy(event: StripeEvent): StripeEvent {
  return { ...structuredClone(event), id: newId('evt_1', 23) }
}

/** The same event, which does not say what was before. */
export function asBare(event: StripeEvent): StripeEvent {
  const { object } = structuredClone(event.data)
  return { ...event, data: { object } }
}

function oldObject(object: Json): Json {
  if (object['object'] === 'subscription') return oldSubscription(object)
  return object['object'] === 'invoice' ? oldInvoice(object) : object
}

function oldSubscription(subscription: Json): Json {
  const items = subscription['items'] as { data: Json[] }
  const [first] = items.data
  return {
    ...subscription,
    current_period_start: first?.['current_period_start'],
    current_period_end: first?.['current_period_end'],
    items: { ...items, data: items.data.map(withoutPeriod) },
  }
}

function withoutPeriod(item: Json): Json {
  const { current_period_start: _start, current_period_end: _end, ...old } = item
  return old
}

function oldInvoice(invoice: Json): Json {
  const { parent, ...old } = invoice
  const details = (parent as { subscription_details: Json | null } | null)?.subscription_details
  const lines = invoice['lines'] as { data: Json[] }
  return {
    ...old,
    lines: { ...lines, data: lines.data.map(oldLine) },
    paid: invoice['status'] === 'paid',
    subscription: details?.['subscription'] ?? null,
    subscription_details: { metadata: details?.['metadata'] ?? null },
  }
}

function oldLine(line: Json): Json {
  const { parent, pricing: _pricing, ...old } = line
  const details = (parent as { subscription_item_details: Json | null } | null)
    ?.subscription_item_details
  return {
    ...old,
    proration: details?.['proration'] ?? false,
    subscription: details?.['subscription'] ?? null,
    subscription_item: details?.['subscription_item'],
    type: details ? 'subscription' : 'invoiceitem',
  }
}
