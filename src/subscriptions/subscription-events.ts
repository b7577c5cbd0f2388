import { Type } from '@sinclair/typebox'
import { toldOf } from './bills.ts'
import type { EventKnowledge } from './knowledge.ts'
import { rankOf } from './knowledge.ts'
import { type Beforehand, refresh } from './refresh.ts'
import { ENDED, OUTCOMES, type StripeSubscription, readSubscription } from './state.ts'
import type { Handler, IncomingEvent, Services } from '../stripe/handler.ts'
import { Maybe, Reference, Text, UnreadableEvent, idOrNull, read } from '../stripe/read.ts'

/** `customer.subscription.*` */
export const subscriptionChanged: Handler = async (services, event) => {
  const subscription = subscriptionIn(event.object)
  if (subscription === null) throw new UnreadableEvent('unreadable subscription')
  const before = subscriptionBefore(event)
  const knowledge: EventKnowledge = {
    source: 'event',
    state: subscription.state,
    at: Math.floor(event.createdAt.getTime() / 1_000),
    rank: rankOf(event.type, subscription.state.status),
    before: before?.state ?? null,
    isBeforePart: before?.isPart === true,
    isFirst: event.type === 'customer.subscription.created',
  }
  // With only some of the items, the event's state can't be taken in.
  if (subscription.isPart && !ENDED.includes(subscription.state.status)) {
    return refreshed(services, subscription.id, { part: knowledge })
  }
  return refreshed(services, subscription.id, { news: { subscription, knowledge } })
}

const Invoice = Type.Object({
  id: Text,
  status: Maybe(Text),
  subscription: Maybe(Reference),
  // Since basil.
  parent: Maybe(
    Type.Object({ subscription_details: Maybe(Type.Object({ subscription: Maybe(Reference) })) }),
  ),
})

/**
 * `invoice.*`: Stripe is asked what they mean for the subscription. It shows the newest invoice alone,
 * so what became of an earlier one is heard only here.
 */
export const invoiceChanged: Handler = async (services, event) => {
  const invoice = read(Invoice, event.object, 'invoice')
  const id = idOrNull(invoice.subscription ?? invoice.parent?.subscription_details?.subscription)
  if (id === null) return 'no subscription'
  const outcome = OUTCOMES.get(invoice.status ?? '')
  if (outcome === undefined) return refreshed(services, id)
  const at = Math.floor(event.createdAt.getTime() / 1_000)
  return refreshed(services, id, { bill: { invoice: invoice.id, told: toldOf(outcome, at) } })
}

export async function refreshed(
  services: Services,
  id: string,
  beforehand?: Beforehand,
): Promise<string | null> {
  const outcome = await refresh(services, services.stripe(), id, beforehand)
  if (outcome === 'missing') return 'missing at Stripe'
  return outcome === 'unknown' ? 'no customer of ours' : null
}

/** The subscription before the change that the event reports. */
function subscriptionBefore(event: IncomingEvent): StripeSubscription | null {
  if (event.previous === null || typeof event.previous !== 'object') return null
  return subscriptionIn(merged(event.object, event.previous))
}

/**
 * For a nested object, Stripe names only the fields that were different; it repeats lists as a
 * whole.
 */
function merged(object: unknown, previous: unknown): unknown {
  if (!isPlain(object) || !isPlain(previous)) return previous
  const inner = Object.entries(previous).map(([key, value]) => [key, merged(object[key], value)])
  return { ...object, ...Object.fromEntries(inner) }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function subscriptionIn(object: unknown): StripeSubscription | null {
  try {
    return readSubscription(object)
  } catch {
    return null
  }
}
