import type { FastifyInstance } from 'fastify'
import { cancelMeterEvents, identifierOf } from './cancelled-events.ts'
import { type StripeCalls, isStripeAway } from '../stripe/client.ts'
import {
  type MeterEvent,
  type Settled,
  settleMeterEvents,
  takeMeterEvents,
} from './meter-statements.ts'
import { sealMeterEvents } from './sealed-hours.ts'
import { dropUnbilledHours } from './unbilled-hours.ts'
import { nextWaiting } from './waiting-customers.ts'

/** Stripe accepts 1,000 calls a second, and one at a time for a customer and a meter. */
const CONCURRENCY = 8

/**
 * Reports new usage to Stripe once a minute: one event for each customer's meter and hour, however
 * many reports it sums up. An event that Stripe does not accept now is sent again unchanged, with the
 * same identifier, so that it counts once.
 */
export async function sendMeterEvents(app: FastifyInstance): Promise<void> {
  if (!app.hasStripe) return
  const stripe = app.stripe()
  await cancelMeterEvents(app, stripe)
  await dropUnbilledHours(app.db)
  const { payable, finish } = await nextWaiting(app.db)
  for (;;) {
    const isMore = await sealMeterEvents(app.db, payable)
    const { due, lost } = await takeMeterEvents(app.db)
    for (const event of lost) {
      app.log.error({ event }, 'Whether Stripe has a meter event is not known: see to it')
    }
    // If no event is due, there may still be more hours: 500 of them may have had only fractions.
    if (due.length === 0 && !isMore) {
      finish()
      return
    }
    const settled = await sendAll(stripe, due)
    await settleMeterEvents(app.db, settled)
    for (const { id, outcome, reason } of settled) {
      app.usage.meterEventSettled(outcome === 'known' ? 'accepted' : outcome)
      if (outcome === 'refused')
        app.log.error({ event: id, reason }, 'Stripe refused a meter event')
    }
    // If Stripe is unavailable, the next minute is soon enough.
    if (settled.some(({ outcome }) => outcome === 'unknown' || outcome === 'away')) return
  }
}

async function sendAll(stripe: StripeCalls, due: readonly MeterEvent[]): Promise<Settled[]> {
  const settled: Settled[] = []
  const meters = new Map<string, MeterEvent[]>()
  for (const event of due) {
    const meter = `${event.stripeCustomerId} ${event.eventName}`
    meters.set(meter, [...(meters.get(meter) ?? []), event])
  }
  const waiting = [...meters.values()]
  const sender = async () => {
    for (let events = waiting.pop(); events !== undefined; events = waiting.pop()) {
      for (const event of events) settled.push(await send(stripe, event))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, sender))
  return settled
}

async function send(stripe: StripeCalls, event: MeterEvent): Promise<Settled> {
  const { id, wasSent, isClosing, isNewlyLate } = event
  const attempt = { id, wasSent, isClosing, isNewlyLate }
  const params = {
    event_name: event.eventName,
    identifier: identifierOf(id),
    timestamp: Math.floor(event.at.getTime() / 1_000),
    payload: { stripe_customer_id: event.stripeCustomerId, value: event.value },
  }
  try {
    await stripe.ask((sdk, options) => sdk.billing.meterEvents.create(params, options))
    return { ...attempt, outcome: 'accepted', reason: null }
  } catch (error) {
    return { ...attempt, ...outcomeOf(error) }
  }
}

function outcomeOf(error: unknown): Pick<Settled, 'outcome' | 'reason'> {
  if (!(error instanceof Error)) throw error
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  // This error has no code of its own.
  if (statusCode === 400 && /already exists with identifier/i.test(error.message)) {
    return { outcome: 'known', reason: null }
  }
  if (!isStripeAway(error)) {
    if (statusCode === undefined) throw error
    return { outcome: 'refused', reason: code ?? `status ${statusCode}` }
  }
  // Not begun: refused by our circuit breaker, or for too many calls. After any other error it may be
  // done.
  const isRefusedForNow = code === 'EOPENBREAKER' || statusCode === 429
  return { outcome: isRefusedForNow ? 'away' : 'unknown', reason: null }
}
