import type postgres from 'postgres'

/**
 * Of each report that is to be stored, what Stripe bills, by the hour in which it was used (`MeteredPart`).
 * Nothing counts from before the subscription began. What comes when the invoice of its period is final
 * goes to the start of the open one; where the subscription has ended, there is none. Stripe finalises an invoice about an hour after the period's end
 * (https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage), and sums of hours that are
 * over are sent within two minutes: the rest of that hour is room for a retry.
 */
export function billedParts(sql: postgres.Sql) {
  return sql`
    select place, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'event_name', event_name, 'at', at, 'value', value,
      'late_in', late_in, 'subscription', case when late_in is not null then subscription_id end
    )) order by event_name, at) as parts
    from (
      select judged.place, priced.metering->>'event_name' as event_name, due.at, told.late_in,
        coalesce(paying.subscription_id, gone.id) as subscription_id, sum((judged.metrics->>priced.metric)::numeric) as value
      from judged
      join priced on priced.id = judged.customer_id and priced.since <= judged.priced_at
        and (priced.until is null or priced.until > judged.priced_at)
      left join lateral (
        select p.subscription_id, p.created_at as began, p.period_start, p.period_end
        from subscription_plans p
        where p.customer_id = priced.id and p.plan_id = priced.plan and p.gives_access
          and p.created_at <= now()
        order by p.created_at limit 1
      ) paying on true
      left join lateral (
        select s.id, s.ended_at from subscriptions s
        join subscription_plans p on p.subscription_id = s.id and p.plan_id = priced.plan
        where paying.subscription_id is null and s.customer_id = priced.id
          and s.ended_at > judged.reported_at and s.ended_at <= now() - interval '55 minutes'
        order by s.ended_at limit 1
      ) gone on true
      cross join lateral (
        select case when judged.reported_at < paying.period_start and (
          now() >= paying.period_start + interval '55 minutes'
          or judged.reported_at < paying.period_start - (paying.period_end - paying.period_start)
        ) then paying.period_start else gone.ended_at end as late_in
      ) told
      cross join lateral (
        select case
          when judged.reported_at < paying.began then null
          when told.late_in is not null and paying.subscription_id is not null then told.late_in
          else greatest(
            date_trunc('hour', judged.reported_at, 'UTC'),
            paying.began,
            case when paying.period_start <= judged.reported_at then paying.period_start end
          )
        end as at
      ) due
      where priced.metering->>'via' = 'stripe' and judged.metrics ? priced.metric
        and (judged.metrics->>priced.metric)::numeric > 0
        and judged.is_timely and judged.is_fitting and due.at is not null
      group by judged.place, event_name, due.at, told.late_in,
        coalesce(paying.subscription_id, gone.id)
    ) part
    group by place`
}

const PARTS = `jsonb_to_recordset(created.metered) as part (
  event_name text, at timestamptz, value numeric, late_in timestamptz, subscription text
)`

/** The parts of the reports just created, added to what Stripe has yet to be told. */
export function addToMeterHours(sql: postgres.Sql) {
  return sql`
    insert into usage_meter_hours as waiting (customer_id, event_name, at, value)
    select created.customer_id, part.event_name, part.at, sum(part.value)
    from created cross join lateral ${sql.unsafe(PARTS)}
    group by created.customer_id, part.event_name, part.at
    order by created.customer_id, part.event_name, part.at
    on conflict (customer_id, event_name, at) do update set value = waiting.value + excluded.value`
}

/** Those of them that are billed in a later period than they were used in: a finding for each period. */
export function noteLateUse(sql: postgres.Sql) {
  return sql`
    insert into usage_billing_findings as known
      (kind, customer_id, subscription_id, event_name, subject, value, used_at)
    select 'late_usage', created.customer_id, part.subscription, part.event_name,
      to_char(part.late_in at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ' ' || part.subscription,
      sum(part.value), min(created.reported_at)
    from created cross join lateral ${sql.unsafe(PARTS)}
    where part.late_in is not null
    group by created.customer_id, part.subscription, part.event_name, part.late_in
    order by created.customer_id, part.event_name, part.late_in, part.subscription
    on conflict (customer_id, kind, event_name, subject) do update set
      value = known.value + excluded.value, used_at = least(known.used_at, excluded.used_at)`
}
