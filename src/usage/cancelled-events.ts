import { type SQL, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/index.ts'
import {
  type StripeCalls,
  isCallerRefused,
  isRemembered,
  isStripeAway,
  requestKey,
} from '../stripe/client.ts'
import { lateSubject } from './billing-subscription.ts'

const BATCH_MAX = 100

/** Stripe repeats its answer to a call with the same key for a day. */
const REPEATED_HOURS = 23

/** For how long Stripe can be asked to cancel an event, and then some. */
const KEPT_HOURS = 25

type Due = { id: string; eventName: string }
type Asked = { faults: number; isRepeated: boolean }

/**
 * What Stripe has answered. `faulty`: with a fault of its own, so that it may have cancelled the event,
 * and with which it answers the same key again; `forbidden`: its refusal concerns our API key.
 */
type Answer = 'cancelled' | 'refused' | 'faulty' | 'away' | 'forbidden'

/**
 * What corrections have taken back: events that Stripe has are cancelled there, and those that it never
 * had go as they are. The rest of each goes back to its hour, which is then told again under another id.
 */
export async function cancelMeterEvents(app: FastifyInstance, stripe: StripeCalls): Promise<void> {
  const { db } = app
  const unsent = await db.execute<{ id: string }>(unsentEvents())
  for (const { id } of unsent) await putBack(db, id, false)
  const due = await db.execute<Due>(eventsToCancel())
  for (const event of due) {
    const asked = await noteAsked(db, event.id)
    if (asked === null) continue
    const answer = await cancel(stripe, event, asked)
    await settleCancelled(app, event.id, asked, answer)
    // The next minute is soon enough. A fault may be that of one event alone.
    if (answer === 'away' || answer === 'forbidden') break
  }
  await db.execute(forgetKept())
}

/** Of these three, none reads the events that Stripe has for good: those of a day are many. */
export function unsentEvents(): SQL {
  return sql`
    select id from usage_meter_events
    where taken_back is not null and accepted_at is null and sent_at is null
    limit ${BATCH_MAX}`
}

export function eventsToCancel(): SQL {
  return sql`
    select id, event_name as "eventName" from usage_meter_events
    where taken_back is not null and accepted_at is not null
      and reason is distinct from 'outcome_unknown'
    order by accepted_at limit ${BATCH_MAX}`
}

export function forgetKept(): SQL {
  return sql`
    delete from usage_meter_events
    where taken_back is null and accepted_at < now() - make_interval(hours => ${KEPT_HOURS})`
}

/** Before Stripe is asked, so that it is known after a kill. */
async function noteAsked(db: Database, id: string): Promise<Asked | null> {
  const [asked] = await db.execute<Asked>(sql`
    update usage_meter_events set cancel_asked_at = coalesce(cancel_asked_at, now())
    where id = ${id} and taken_back is not null
    returning cancel_faults as faults,
      cancel_asked_at > now() - make_interval(hours => ${REPEATED_HOURS}) as "isRepeated"`)
  return asked ?? null
}

/**
 * Asks again with the same key, so that Stripe repeats an answer that was lost; and with another one
 * only where that answer would be its own fault: https://docs.stripe.com/api/idempotent_requests
 */
async function cancel(stripe: StripeCalls, { id, eventName }: Due, asked: Asked): Promise<Answer> {
  const params = {
    event_name: eventName,
    type: 'cancel' as const,
    cancel: { identifier: identifierOf(id) },
  }
  const idempotencyKey = requestKey('cancel', id, asked.faults)
  try {
    await stripe.ask((sdk, options) =>
      sdk.billing.meterEventAdjustments.create(params, { ...options, idempotencyKey }),
    )
    return 'cancelled'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { statusCode } = error as { statusCode?: number }
    if (isStripeAway(error)) return statusCode === 500 || isRemembered(error) ? 'faulty' : 'away'
    if (statusCode === undefined) throw error
    return isCallerRefused(error) ? 'forbidden' : 'refused'
  }
}

/** Stripe cancels an event once: after a call that may have done it, a refusal tells nothing. */
async function settleCancelled(
  app: FastifyInstance,
  id: string,
  { faults, isRepeated }: Asked,
  answer: Answer,
): Promise<void> {
  const { db, log } = app
  switch (answer) {
    case 'cancelled':
      return putBack(db, id, true)
    case 'refused':
      if (faults === 0 && isRepeated) return noteUncancelled(app, id)
      log.error({ event: id }, 'Whether Stripe has cancelled a meter event is not known: see to it')
      return noteReason(db, id, 'outcome_unknown')
    case 'forbidden':
      log.error({ event: id }, 'The Stripe key may not cancel meter events: they wait until it may')
      return noteReason(db, id, 'forbidden')
    case 'faulty':
      await db.execute(sql`
        update usage_meter_events set cancel_faults = cancel_faults + 1 where id = ${id}`)
      return
    case 'away':
  }
}

async function noteReason(db: Database, id: string, reason: string): Promise<void> {
  await db.execute(sql`
    update usage_meter_events set reason = ${reason} where id = ${id} and taken_back is not null`)
}

/** By which Stripe knows an event. */
export function identifierOf(id: string): string {
  return `strongroom_${id}`
}

/**
 * The rest of an event of fractions is an event of fractions again, which later corrections find by the
 * hours that it stands for.
 * @param wasAccepted whether Stripe had it; another process may have sent it meanwhile
 */
async function putBack(db: Database, id: string, wasAccepted: boolean): Promise<void> {
  const isSame = wasAccepted
    ? sql`e.accepted_at is not null`
    : sql`e.accepted_at is null and e.sent_at is null`
  const isStill = sql`e.id = ${id} and e.taken_back is not null and ${isSame}`
  const isFound = sql`
    f.customer_id = gone.customer_id and f.kind = 'late_usage' and f.event_name = gone.event_name
    and f.subject = ${sql.raw(lateSubject('gone.late_in', 'gone.late_subscription_id'))}
    and gone.accepted_at is not null`
  await db.transaction(async (tx) => {
    // The hour's row is locked before the event's, as by whoever takes something back.
    await tx.execute(sql`
      insert into usage_meter_hours as waiting
        (customer_id, event_name, at, value, stripe_customer_id)
      select e.customer_id, e.event_name, e.at, 0, e.stripe_customer_id
      from usage_meter_events e where ${isStill}
      on conflict (customer_id, event_name, at) do update set
        stripe_customer_id = coalesce(waiting.stripe_customer_id, excluded.stripe_customer_id)`)
    await tx.execute(sql`
      with gone as (
        delete from usage_meter_events e where ${isStill}
        returning *, e.value - e.taken_back as rest
      ),
      again as (
        insert into usage_meter_events (customer_id, event_name, value, at, since, stripe_customer_id)
        select customer_id, event_name, floor(rest), at, since, stripe_customer_id from gone
        where since is not null and rest >= 1
      ),
      no_longer_late as (
        delete from usage_billing_findings f using gone where ${isFound} and f.value <= gone.value
      ),
      less_late as (
        update usage_billing_findings f set value = f.value - gone.value from gone
        where ${isFound} and f.value > gone.value
      )
      update usage_meter_hours h
      set value = h.value + case when gone.since is null then gone.rest else gone.rest % 1 end,
        since = least(h.since, gone.since)
      from gone
      where h.customer_id = gone.customer_id and h.event_name = gone.event_name and h.at = gone.at`)
  })
}

/** Stripe goes on billing it. */
async function noteUncancelled(app: FastifyInstance, id: string): Promise<void> {
  await app.db.execute(sql`
    with kept as (
      select e.id, e.taken_back from usage_meter_events e
      where e.id = ${id} and e.taken_back is not null
      for update
    ),
    noted as (
      insert into usage_billing_findings as known
        (kind, customer_id, event_name, subject, value, used_at)
      select 'usage_not_correctable', e.customer_id, e.event_name, e.id::text, kept.taken_back, e.at
      from kept join usage_meter_events e using (id)
      on conflict (customer_id, kind, event_name, subject) do update set
        value = known.value + excluded.value, found_at = now()
    )
    update usage_meter_events e set taken_back = null, reason = null, cancel_asked_at = null
    from kept where e.id = kept.id`)
  app.log.error({ event: id }, 'Stripe did not cancel a meter event: what was corrected is billed')
}
