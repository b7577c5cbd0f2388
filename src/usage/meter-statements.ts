import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { column } from '../database/arrays.ts'
import {
  isFoundLate,
  lateness,
  lateSubject,
  payerOf,
  subscriptionAt,
} from './billing-subscription.ts'

const BATCH_MAX = 500
/**
 * The delay after a refusal, which may end when an operator has corrected the meter or the customer.
 */
const REFUSED_RETRY_MINUTES = 60
/** The same while the invoice of the event's period is a draft, which is for an hour. */
const CLOSING_RETRY_MINUTES = 5
/** Stripe remembers identifiers for 24 hours; after that, the same event would count again. */
const RESENDABLE_HOURS = 23
/** Stripe accepts events of the last 35 days. */
const PAST_DAYS_MAX = 34

/** An event being sent: from now on Stripe may have it. */
export interface MeterEvent {
  id: string
  eventName: string
  stripeCustomerId: string
  /** A whole number. */
  value: string
  /** The time it is billed for. */
  at: Date
  /** An earlier attempt may have reached Stripe. */
  wasSent: boolean
  /** Its period is over, and the invoice of it a draft. */
  isClosing: boolean
  /** That invoice is final now, and was not at any attempt before. */
  isNewlyLate: boolean
}

export interface Settled extends Pick<MeterEvent, 'id' | 'wasSent' | 'isClosing' | 'isNewlyLate'> {
  /** Of this attempt: `unknown`: Stripe may have it; `away`: Stripe does not have it. */
  outcome: 'accepted' | 'known' | 'refused' | 'unknown' | 'away'
  /** Stripe's code of a refusal. */
  reason: string | null
}

type Flags = Pick<MeterEvent, 'wasSent' | 'isClosing' | 'isNewlyLate'>

/**
 * Takes the events that are due, and marks them as sent before they are: after a kill, no event that
 * Stripe may have is unmarked. An event that is only sent when the invoice of its period is final is
 * sent as of the start of the open period, because Stripe bills nothing else; where its subscription
 * has ended, there is none. An event whose outcome has been unknown for too long is given up; an
 * operator must look it up at Stripe.
 */
export async function takeMeterEvents(
  db: Database,
): Promise<{ due: MeterEvent[]; lost: string[] }> {
  const lost = await db.execute<{ id: string }>(sql`
    update usage_meter_events set retry_at = 'infinity', reason = 'outcome_unknown'
    where retry_at <= now() and sent_at <= now() - make_interval(hours => ${RESENDABLE_HOURS})
    returning id`)
  const due = await db.execute<Record<Exclude<keyof MeterEvent, keyof Flags>, string> & Flags>(sql`
    update usage_meter_events e set sent_at = coalesce(e.sent_at, now()), late_in = due.late_in,
      late_subscription_id = due.late_subscription_id
    from (
      select e.id, payer.id as stripe_customer_id, e.sent_at is not null as was_sent,
        late.at is not null and e.late_in is null as is_newly_late,
        late.at is null and coalesce(
          used.ended_at is not null or coalesce(e.late_in, e.at) < used.period_start, false
        ) as is_closing,
        coalesce(late.at, e.late_in) as late_in,
        case when late.at is null then e.late_subscription_id else used.subscription_id end
          as late_subscription_id,
        case when coalesce(late.at, e.late_in) < coalesce(used.ended_at, 'infinity')
          then coalesce(late.at, e.late_in) else e.at end as at
      from usage_meter_events e
      cross join lateral (select ${sql.raw(payerOf('e'))} as id) payer
      left join lateral (${sql.raw(subscriptionAt('e', 'payer.id'))}) used
        on not ${sql.raw(isFoundLate('e.at'))}
      cross join lateral (
        select ${sql.raw(lateness('used', 'coalesce(e.late_in, e.at)'))} as at
      ) late
      where e.retry_at <= now() and payer.id is not null
        and (e.taken_back is null or e.sent_at is not null)
      order by e.retry_at limit ${BATCH_MAX}
      for update of e
    ) as due
    where e.id = due.id
    returning e.id, e.event_name as "eventName", due.stripe_customer_id as "stripeCustomerId",
      e.value::text, due.was_sent as "wasSent", due.is_closing as "isClosing",
      due.is_newly_late as "isNewlyLate",
      greatest(coalesce(due.at, e.sent_at), e.sent_at - make_interval(days => ${PAST_DAYS_MAX})) as at`)
  return {
    due: due.map((row) => ({ ...row, at: new Date(row.at) })),
    lost: lost.map((row) => row.id),
  }
}

/**
 * What Stripe has is kept for as long as it can be cancelled there: the totals keep what was used. An event
 * that an earlier attempt may have brought to Stripe stays marked as sent, whatever this one has come to.
 */
export async function settleMeterEvents(db: Database, settled: readonly Settled[]): Promise<void> {
  const isThere = ({ outcome }: Settled) => outcome === 'accepted' || outcome === 'known'
  await settleAccepted(db, settled.filter(isThere))
  const others = settled.filter((one) => !isThere(one))
  await db.execute(sql`
    update usage_meter_events e set
      sent_at = case when settled.outcome = 'unknown' or settled.was_sent then e.sent_at end,
      retry_at = now() + make_interval(mins => case
        when settled.outcome <> 'refused' then 0
        when settled.is_closing then ${CLOSING_RETRY_MINUTES}::int
        else ${REFUSED_RETRY_MINUTES}::int
      end),
      reason = settled.reason
    from unnest(
      ${column(others, ({ id }) => id)}::uuid[],
      ${column(others, ({ outcome }) => outcome)}::text[],
      ${column(others, ({ reason }) => reason)}::text[],
      ${column(others, ({ wasSent }) => wasSent)}::boolean[],
      ${column(others, ({ isClosing }) => isClosing)}::boolean[]
    ) as settled (id, outcome, reason, was_sent, is_closing)
    where e.id = settled.id and e.accepted_at is null`)
}

/** Late ones are findings, unless it was an attempt before they were late that brought them to Stripe. */
async function settleAccepted(db: Database, accepted: readonly Settled[]): Promise<void> {
  const wasInTime = ({ outcome, wasSent, isNewlyLate }: Settled) =>
    outcome === 'known' && wasSent && isNewlyLate
  await db.execute(sql`
    with accepted as (
      update usage_meter_events e set accepted_at = now(), retry_at = 'infinity', reason = null,
        late_in = case when not settled.was_in_time then e.late_in end,
        late_subscription_id = case when not settled.was_in_time then e.late_subscription_id end
      from unnest(
        ${column(accepted, ({ id }) => id)}::uuid[],
        ${column(accepted, wasInTime)}::boolean[]
      ) as settled (id, was_in_time)
      where e.id = settled.id and e.accepted_at is null
      returning e.customer_id, e.event_name, e.value, e.at, e.late_in, e.late_subscription_id
    )
    insert into usage_billing_findings as known
      (kind, customer_id, subscription_id, event_name, subject, value, used_at)
    select 'late_usage', customer_id, late_subscription_id, event_name,
      ${sql.raw(lateSubject('late_in', 'late_subscription_id'))}, sum(value), min(at)
    from accepted where late_in is not null
    group by customer_id, event_name, late_in, late_subscription_id
    order by customer_id, event_name, late_in, late_subscription_id
    on conflict (customer_id, kind, event_name, subject) do update set
      value = known.value + excluded.value, used_at = least(known.used_at, excluded.used_at),
      found_at = now()`)
}
