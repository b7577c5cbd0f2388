import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { array, column } from '../database/arrays.ts'

const BATCH_MAX = 500
/**
 * The delay after a refusal, which may end when an operator has corrected the meter or the customer.
 */
const REFUSED_RETRY_MINUTES = 60
/** Stripe remembers identifiers for 24 hours; after that, the same event would count again. */
const RESENDABLE_HOURS = 23

/** An event being sent: from now on Stripe may have it. */
export interface MeterEvent {
  id: string
  eventName: string
  stripeCustomerId: string
  /** A whole number. */
  value: string
  /** The time of the usage. */
  at: Date
  /** An earlier attempt may have reached Stripe. */
  wasSent: boolean
}

export interface Settled extends Pick<MeterEvent, 'id' | 'wasSent'> {
  /** Of this attempt: `unknown`: Stripe may have it; `away`: Stripe does not have it. */
  outcome: 'accepted' | 'refused' | 'unknown' | 'away'
  /** Stripe's code of a refusal. */
  reason: string | null
}

/**
 * The Stripe customer that pays for usage: that of the subscription under which it happened.
 * Without one, that of the subscription that gives access now, or else the one that was linked
 * first.
 * @param row a row of usage, with the columns `customer_id` and `stripe_customer_id`
 */
function payerOf(row: SQL): SQL {
  const customerId = sql`${row}.customer_id`
  return sql`coalesce(
    ${row}.stripe_customer_id,
    (select p.stripe_customer_id from subscription_plans p
      where p.customer_id = ${customerId} and p.gives_access
      order by p.rank desc, p.created_at desc, p.subscription_id desc limit 1),
    (select c.stripe_customer_id from customers c where c.id = ${customerId})
  )`
}

type Was = Pick<MeterEvent, 'wasSent'>

/** Stripe accepts events of the last 35 days. */
const PAST_DAYS_MAX = 34

/**
 * Makes events of usage that has not been reported to Stripe, for customers with a Stripe customer.
 * Handles 500 hours at most, because reports wait for them. The whole part of each hour is sent; the
 * fraction stays in the hour until it is over, and is then added to others. Rows are locked in the
 * order in which reports lock them, and read by a later statement: a statement that waits for a lock
 * may compute with a row's old content.
 * @returns whether any hour was handled, so that there may be more
 */
export async function sealMeterEvents(db: Database): Promise<boolean> {
  const hours = await db.transaction(async (tx) => {
    const locked = await tx.execute<{ customerId: string; eventName: string; at: string }>(sql`
      select h.customer_id as "customerId", h.event_name as "eventName", h.at::text
      from usage_meter_hours h
      where (h.value >= 1 or h.at < date_trunc('hour', now(), 'UTC'))
        and ${payerOf(sql`h`)} is not null
      order by h.customer_id, h.event_name, h.at limit ${BATCH_MAX}
      for update of h`)
    if (locked.length === 0) return false
    await tx.execute(sql`
      with due as materialized (
        select h.customer_id, h.event_name, h.at, h.stripe_customer_id, floor(h.value) as whole,
          h.value - floor(h.value) as rest, h.at < date_trunc('hour', now(), 'UTC') as is_over
        from usage_meter_hours h
        join unnest(
          ${column(locked, (row) => row.customerId)}::text[],
          ${column(locked, (row) => row.eventName)}::text[],
          ${column(locked, (row) => row.at)}::timestamptz[]
        ) as locked (customer_id, event_name, at) using (customer_id, event_name, at)
      ),
      gone as (
        delete from usage_meter_hours h using due
        where h.customer_id = due.customer_id and h.event_name = due.event_name and h.at = due.at
          and (due.is_over or due.rest = 0)
      ),
      kept as (
        update usage_meter_hours h set value = due.rest from due
        where h.customer_id = due.customer_id and h.event_name = due.event_name and h.at = due.at
          and not due.is_over and due.rest > 0
      ),
      carried as (
        insert into usage_meter_sums as sums (customer_id, event_name, value, stripe_customer_id)
        select customer_id, event_name, sum(rest),
          (array_agg(stripe_customer_id order by at desc) filter (where stripe_customer_id is not null))[1]
        from due where is_over and rest > 0
        group by customer_id, event_name
        order by customer_id, event_name
        on conflict (customer_id, event_name) do update set value = sums.value + excluded.value,
          stripe_customer_id = coalesce(excluded.stripe_customer_id, sums.stripe_customer_id)
      )
      insert into usage_meter_events (customer_id, event_name, value, at, stripe_customer_id)
      select customer_id, event_name, whole, greatest(at, now() - make_interval(days => ${PAST_DAYS_MAX})),
        stripe_customer_id
      from due where whole >= 1`)
    return true
  })
  return (await sealSums(db)) || hours
}

/** Makes events of what fractions have added up to, and of sums from the previous version. */
function sealSums(db: Database): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await tx.execute<{ customerId: string; eventName: string }>(sql`
      select s.customer_id as "customerId", s.event_name as "eventName" from usage_meter_sums s
      where s.value >= 1 and ${payerOf(sql`s`)} is not null
      order by s.customer_id, s.event_name limit ${BATCH_MAX}
      for update of s`)
    if (locked.length === 0) return false
    await tx.execute(sql`
      with due as materialized (
        select s.customer_id, s.event_name, s.stripe_customer_id, floor(s.value) as value
        from usage_meter_sums s
        join unnest(
          ${column(locked, (row) => row.customerId)}::text[],
          ${column(locked, (row) => row.eventName)}::text[]
        ) as locked (customer_id, event_name) using (customer_id, event_name)
        where s.value >= 1
      ),
      taken as (
        update usage_meter_sums s set value = s.value - due.value
        from due where s.customer_id = due.customer_id and s.event_name = due.event_name
      )
      insert into usage_meter_events (customer_id, event_name, value, stripe_customer_id)
      select customer_id, event_name, value, stripe_customer_id from due`)
    return true
  })
}

/**
 * Takes the events that are due, and marks them as sent before they are: after a kill, no event that
 * Stripe may have is unmarked. An event whose outcome has been unknown for too long is given up; an
 * operator must look it up at Stripe.
 */
export async function takeMeterEvents(
  db: Database,
): Promise<{ due: MeterEvent[]; lost: string[] }> {
  const lost = await db.execute<{ id: string }>(sql`
    update usage_meter_events set retry_at = 'infinity', reason = 'outcome_unknown'
    where retry_at <= now() and sent_at <= now() - make_interval(hours => ${RESENDABLE_HOURS})
    returning id`)
  const due = await db.execute<Record<Exclude<keyof MeterEvent, 'wasSent'>, string> & Was>(sql`
    update usage_meter_events e set sent_at = coalesce(e.sent_at, now())
    from (
      select e.id, payer.id as stripe_customer_id, e.sent_at is not null as was_sent
      from usage_meter_events e
      cross join lateral (select ${payerOf(sql`e`)} as id) payer
      where e.retry_at <= now() and payer.id is not null
        and (e.taken_back is null or e.sent_at is not null)
      order by e.retry_at limit ${BATCH_MAX}
      for update of e
    ) as due
    where e.id = due.id
    returning e.id, e.event_name as "eventName", due.stripe_customer_id as "stripeCustomerId",
      e.value::text, coalesce(e.at, e.sent_at) as at, due.was_sent as "wasSent"`)
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
  const accepted = settled.filter(({ outcome }) => outcome === 'accepted').map(({ id }) => id)
  const others = settled.filter(({ outcome }) => outcome !== 'accepted')
  await db.execute(sql`
    update usage_meter_events set accepted_at = now(), retry_at = 'infinity', reason = null
    where id = any(${array(accepted)}::uuid[])`)
  await db.execute(sql`
    update usage_meter_events e set
      sent_at = case when settled.outcome = 'unknown' or settled.was_sent then e.sent_at end,
      retry_at = now() + make_interval(
        mins => case settled.outcome when 'refused' then ${REFUSED_RETRY_MINUTES}::int else 0 end
      ),
      reason = settled.reason
    from unnest(
      ${column(others, ({ id }) => id)}::uuid[],
      ${column(others, ({ outcome }) => outcome)}::text[],
      ${column(others, ({ reason }) => reason)}::text[],
      ${column(others, ({ wasSent }) => wasSent)}::boolean[]
    ) as settled (id, outcome, reason, was_sent)
    where e.id = settled.id and e.accepted_at is null`)
}
