import type postgres from 'postgres'
import { foundLateAt, lateness, lateSubject } from './billing-subscription.ts'

/**
 * The parts of each new report that Stripe bills (`MeteredPart`), by the hour of the usage and by
 * the subscription at that time. Usage from before the subscription began does not count. Usage
 * that is reported after the invoice of its period is final goes to the start of the open period;
 * if the subscription has ended, there is none.
 */
export function billedParts(sql: postgres.Sql) {
  return sql`
    select place, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'event_name', event_name, 'at', at, 'value', value,
      'late_in', late_in, 'subscription', case when late_in is not null then subscription_id end,
      'payer', payer
    )) order by event_name, at) as parts
    from (
      select judged.place, priced.metering->>'event_name' as event_name, due.at, told.late_in,
        used.subscription_id, used.payer, sum((judged.metrics->>priced.metric)::numeric) as value
      from judged
      join priced on priced.id = judged.customer_id and priced.since <= judged.priced_at
        and (priced.until is null or priced.until > judged.priced_at)
      left join lateral (
        select p.subscription_id, p.stripe_customer_id as payer, p.created_at as began,
          p.billed_start as period_start, p.billed_end as period_end, s.ended_at
        from subscription_plans p join subscriptions s on s.id = p.subscription_id
        where p.customer_id = priced.id and p.plan_id = priced.plan
          and (p.gives_access and p.created_at <= now() or s.ended_at > judged.reported_at)
        order by p.created_at <= judged.reported_at desc, p.gives_access desc, p.created_at limit 1
      ) used on true
      cross join lateral (
        select ${sql.unsafe(lateness('used', 'judged.reported_at'))} as late_in
      ) told
      cross join lateral (
        select greatest(
          date_trunc('hour', judged.reported_at, 'UTC'),
          used.began,
          case when used.period_start <= judged.reported_at then used.period_start end,
          -- The next one begins there, though Stripe has yet to tell of it.
          case when used.period_end <= judged.reported_at then used.period_end end
        ) as at
      ) hour
      cross join lateral (
        select case
          when judged.reported_at < used.began then null
          when told.late_in is null then hour.at
          when told.late_in < coalesce(used.ended_at, 'infinity') then told.late_in
          else ${sql.unsafe(foundLateAt('hour.at'))}
        end as at
      ) due
      where priced.metering->>'via' = 'stripe' and judged.metrics ? priced.metric
        and (judged.metrics->>priced.metric)::numeric > 0
        and judged.is_timely and judged.is_fitting and due.at is not null
      group by judged.place, event_name, due.at, told.late_in, used.subscription_id, used.payer
    ) part
    group by place`
}

const PARTS = `jsonb_to_recordset(created.metered) as part (
  event_name text, at timestamptz, value numeric, late_in timestamptz, subscription text, payer text
)`

/** The parts of the reports just created, added to what Stripe has yet to be told. */
export function addToMeterHours(sql: postgres.Sql) {
  return sql`
    insert into usage_meter_hours as waiting (customer_id, event_name, at, value, stripe_customer_id)
    select created.customer_id, part.event_name, part.at, sum(part.value), max(part.payer)
    from created cross join lateral ${sql.unsafe(PARTS)}
    group by created.customer_id, part.event_name, part.at
    order by created.customer_id, part.event_name, part.at
    on conflict (customer_id, event_name, at) do update set
      value = waiting.value + excluded.value,
      stripe_customer_id = coalesce(waiting.stripe_customer_id, excluded.stripe_customer_id)`
}

/** Those of them that are billed in a later period than they were used in: a finding for each period. */
export function noteLateUse(sql: postgres.Sql) {
  return sql`
    insert into usage_billing_findings as known
      (kind, customer_id, subscription_id, event_name, subject, value, used_at)
    select 'late_usage', created.customer_id, part.subscription, part.event_name,
      ${sql.unsafe(lateSubject('part.late_in', 'part.subscription'))},
      sum(part.value), min(created.reported_at)
    from created cross join lateral ${sql.unsafe(PARTS)}
    where part.late_in is not null
    group by created.customer_id, part.subscription, part.event_name, part.late_in
    order by created.customer_id, part.event_name, part.late_in, part.subscription
    on conflict (customer_id, kind, event_name, subject) do update set
      value = known.value + excluded.value, used_at = least(known.used_at, excluded.used_at),
      found_at = now()`
}
