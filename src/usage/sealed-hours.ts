import { type SQL, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../database/index.ts'
import { array, column } from '../database/arrays.ts'
import { payerOf, subscriptionAt } from './billing-subscription.ts'

const BATCH_MAX = 500

const THIS_HOUR = sql`date_trunc('hour', now(), 'UTC')`
const IS_DUE = sql`(h.value >= 1 or h.at < ${THIS_HOUR})`

interface LockedHour extends Record<string, unknown> {
  customerId: string
  eventName: string
  at: string
}

/**
 * Makes events of usage that has not been reported to Stripe. Handles 500 hours at most, because reports
 * wait for them. The whole part of each hour is sent; the fraction stays in the hour until it is over,
 * and is then added to others. Rows are locked in the order in which reports lock them, and read by a
 * later statement: a statement that waits for a lock may compute with a row's old content.
 * @param payable customers with usage under no subscription for which somebody pays now
 * @returns whether any hour was handled, so that there may be more
 */
export async function sealMeterEvents(db: Database, payable: readonly string[]): Promise<boolean> {
  const hours = await db.transaction(async (tx) => {
    const locked = await tx.execute<LockedHour>(dueHours(payable))
    if (locked.length === 0) return false
    await lockSums(tx, locked)
    await seal(tx, locked)
    return true
  })
  return (await sealSums(db)) || hours
}

/**
 * Locks the hours that are due, in order. It reads none that waits for a payer: those may be many hours of
 * many customers.
 */
export function dueHours(payable: readonly string[]): SQL {
  return sql`
    with due as materialized (
      (
        select h.customer_id, h.event_name, h.at from usage_meter_hours h
        where h.stripe_customer_id is not null and ${IS_DUE}
        order by h.customer_id, h.event_name, h.at limit ${BATCH_MAX}
      )
      union all
      (
        select due.* from unnest(${array(payable)}::text[]) as payable (customer_id)
        cross join lateral (
          select h.customer_id, h.event_name, h.at from usage_meter_hours h
          where h.customer_id = payable.customer_id and h.stripe_customer_id is null and ${IS_DUE}
          order by h.event_name, h.at limit ${BATCH_MAX}
        ) due
      )
      limit ${BATCH_MAX}
    )
    select locked.* from (select * from due order by customer_id, event_name, at) due
    cross join lateral (
      select h.customer_id as "customerId", h.event_name as "eventName", h.at::text
      from usage_meter_hours h
      where h.customer_id = due.customer_id and h.event_name = due.event_name and h.at = due.at
      for update
    ) locked`
}

function hoursOf(locked: readonly LockedHour[]) {
  return sql`unnest(
    ${column(locked, (row) => row.customerId)}::text[],
    ${column(locked, (row) => row.eventName)}::text[],
    ${column(locked, (row) => row.at)}::timestamptz[]
  ) as locked (customer_id, event_name, at)`
}

/** Locks what earlier fractions have left, or creates it, where these hours leave any. */
async function lockSums(tx: Transaction, locked: readonly LockedHour[]): Promise<void> {
  await tx.execute(sql`
    insert into usage_meter_sums as sums (customer_id, event_name, value)
    select distinct h.customer_id, h.event_name, 0
    from usage_meter_hours h join ${hoursOf(locked)} using (customer_id, event_name, at)
    where h.at < ${THIS_HOUR} and h.value > floor(h.value)
    order by h.customer_id, h.event_name
    on conflict (customer_id, event_name) do update set value = sums.value`)
}

/**
 * Fractions are added hour by hour, after those that earlier hours have left, and a unit is billed in
 * the hour in which it becomes whole. An hour to which the rest of such a unit was put back stands for
 * the earlier hours too. Fractions of one subscription are not added to those of another, nor to those
 * of before it began: only the latest are left.
 */
async function seal(tx: Transaction, locked: readonly LockedHour[]): Promise<void> {
  await tx.execute(sql`
    with due as materialized (
      select h.customer_id, h.event_name, h.at, coalesce(h.since, h.at) as since,
        h.stripe_customer_id, floor(h.value) as whole, h.value - floor(h.value) as rest,
        h.at < ${THIS_HOUR} as is_over
      from usage_meter_hours h join ${hoursOf(locked)} using (customer_id, event_name, at)
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
    left_over as materialized (
      select customer_id, event_name, at, since, stripe_customer_id, rest as value,
        true as is_hour
      from due where is_over and rest > 0
    ),
    fraction as materialized (
      select * from left_over
      union all
      select s.customer_id, s.event_name, coalesce(s.at, latest.at), coalesce(s.since, s.at, latest.at),
        s.stripe_customer_id, s.value, false
      from usage_meter_sums s
      join (
        select customer_id, event_name, max(at) as at from left_over group by customer_id, event_name
      ) latest using (customer_id, event_name)
      where s.value > 0
    ),
    added as materialized (
      select f.*, used.subscription_id, sum(f.value) over earlier as total,
        least(lag(f.at) over earlier, f.since) as begun
      from fraction f
      left join lateral (${sql.raw(subscriptionAt('f', payerOf('f')))}) used on true
      window earlier as (
        partition by f.customer_id, f.event_name, used.subscription_id
        order by f.at, f.is_hour rows unbounded preceding
      )
    ),
    unit as materialized (
      select added.*, floor(total) - floor(total - value) as whole,
        min(begun) over (
          partition by customer_id, event_name, subscription_id, floor(total - value)
        ) as first,
        row_number() over (
          partition by customer_id, event_name order by at desc, is_hour desc
        ) = 1 as is_latest
      from added
    ),
    carried as (
      update usage_meter_sums s set value = unit.total - floor(unit.total), at = unit.at,
        since = case when unit.whole > 0 then unit.at else unit.first end,
        stripe_customer_id = unit.stripe_customer_id
      from unit
      where s.customer_id = unit.customer_id and s.event_name = unit.event_name and unit.is_latest
    )
    insert into usage_meter_events (customer_id, event_name, value, at, since, stripe_customer_id)
    select customer_id, event_name, whole, at, nullif(since, at), stripe_customer_id
    from due where whole >= 1
    union all
    select customer_id, event_name, whole, at, first, stripe_customer_id from unit where whole >= 1`)
}

/** Makes events of sums from the previous version. */
function sealSums(db: Database): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await tx.execute<{ customerId: string; eventName: string }>(sql`
      select s.customer_id as "customerId", s.event_name as "eventName" from usage_meter_sums s
      where s.value >= 1 and ${sql.raw(payerOf('s'))} is not null
      order by s.customer_id, s.event_name limit ${BATCH_MAX}
      for update of s`)
    if (locked.length === 0) return false
    await tx.execute(sql`
      with due as materialized (
        select s.*, floor(s.value) as whole
        from usage_meter_sums s
        join unnest(
          ${column(locked, (row) => row.customerId)}::text[],
          ${column(locked, (row) => row.eventName)}::text[]
        ) as locked (customer_id, event_name) using (customer_id, event_name)
        where s.value >= 1
      ),
      taken as (
        update usage_meter_sums s set value = s.value - due.whole, since = s.at
        from due where s.customer_id = due.customer_id and s.event_name = due.event_name
      )
      insert into usage_meter_events (customer_id, event_name, value, at, since, stripe_customer_id)
      select customer_id, event_name, whole, at, since, stripe_customer_id from due`)
    return true
  })
}
