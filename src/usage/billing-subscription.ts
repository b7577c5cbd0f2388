/**
 * SQL about the subscription that bills usage, as text: both kinds of statements contain it. Each
 * argument is an expression, or the alias of a row with the columns `customer_id`, `event_name`, `at`
 * and `stripe_customer_id`.
 */

/**
 * Stripe finalises an invoice about an hour after the period's end
 * (https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage). Sums of hours that are
 * over are sent within two minutes, so the rest of that hour is room for retries.
 */
export const FINAL_AFTER = `interval '55 minutes'`

/**
 * The Stripe customer that pays for usage: that of the subscription under which it happened.
 * Without one, that of the subscription that gives access now, or else the one that was linked
 * first.
 */
export function payerOf(row: string): string {
  return `coalesce(${row}.stripe_customer_id, ${presentPayerOf(row)})`
}

/** The Stripe customer that pays for usage under no subscription. */
export function presentPayerOf(row: string): string {
  return `coalesce(
    (select p.stripe_customer_id from subscription_plans p
      where p.customer_id = ${row}.customer_id and p.gives_access
      order by p.rank desc, p.created_at desc, p.subscription_id desc limit 1),
    (select c.stripe_customer_id from customers c where c.id = ${row}.customer_id)
  )`
}

/**
 * Selects the payer's subscription at the time of the usage, with its open period: one whose plan has
 * the meter, or else another, because the meter's price may have been added to it at Stripe. No row if
 * there was none.
 */
export function subscriptionAt(row: string, payer: string): string {
  return `
    select p.subscription_id, s.ended_at, p.billed_start as period_start, p.billed_end as period_end
    from subscription_plans p
    join subscriptions s on s.id = p.subscription_id
    join plans on plans.id = p.plan_id
    where p.customer_id = ${row}.customer_id and p.stripe_customer_id = ${payer}
      and p.created_at <= ${row}.at and (s.ended_at is null or s.ended_at > ${row}.at)
    order by exists (
      select from jsonb_each(plans.metered) metered
      where metered.value->>'via' = 'stripe' and metered.value->>'event_name' = ${row}.event_name
    ) desc, p.created_at, p.subscription_id
    limit 1`
}

/**
 * For usage that is told now as of a time whose invoice is final: the start of the subscription's open
 * period, or the end of the subscription, which has none. Null for usage that is told in time.
 * @param used a row with `ended_at`, `period_start` and `period_end`
 */
export function lateness(used: string, at: string): string {
  return `case
    when ${used}.ended_at <= now() - ${FINAL_AFTER} then ${used}.ended_at
    when ${at} < ${used}.period_start and (
      now() >= ${used}.period_start + ${FINAL_AFTER}
      or ${at} < ${used}.period_start - (${used}.period_end - ${used}.period_start)
    ) then ${used}.period_start
  end`
}

/**
 * The time of usage that was reported when its ended subscription had its last invoice, and was found to
 * be late then. Stripe's times are whole seconds, so by its millisecond it has an hour's row of its own,
 * and is not found again when it is told.
 */
export function foundLateAt(at: string): string {
  return `date_trunc('second', ${at}) + interval '1 millisecond'`
}

export function isFoundLate(at: string): string {
  return `to_char(${at}, 'MS') = '001'`
}

/** What late usage is found once for. */
export function lateSubject(late: string, subscriptionId: string): string {
  return `to_char(${late} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ' ' || ${subscriptionId}`
}
