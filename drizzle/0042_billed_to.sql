ALTER TABLE "subscriptions" ADD COLUMN "named" text;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "stripe_customer_id" text;--> statement-breakpoint
ALTER TABLE "usage_meter_hours" ADD COLUMN "stripe_customer_id" text;--> statement-breakpoint
ALTER TABLE "usage_meter_sums" ADD COLUMN "stripe_customer_id" text;
--> statement-breakpoint
-- By hand from here on. The plans of each subscription, by the items that count, whether or not it gives
-- access; and the period that Stripe bills now, which is another than theirs while its invoice is owed.
CREATE OR REPLACE VIEW subscription_plans AS
SELECT s.id AS subscription_id, s.customer_id, s.stripe_customer_id, s.created_at,
  p.id AS plan_id, p.rank, held.quantity, held.period_start, held.period_end, ends.at AS ends_at,
  s.status IN ('trialing', 'active', 'past_due') AND (ends.at IS NULL OR ends.at > now())
    AS gives_access,
  billed.period_start AS billed_start, billed.period_end AS billed_end
FROM subscriptions s
CROSS JOIN LATERAL (
  SELECT m.plan_id, coalesce(sum(item.quantity), 1)::bigint AS quantity,
    to_timestamp(max(item.start)) AS period_start, to_timestamp(max(item."end")) AS period_end
  FROM jsonb_to_recordset(coalesce(s.held_items, s.items, jsonb_build_array(jsonb_build_object(
    'price', s.stripe_price_id, 'quantity', s.quantity,
    'start', extract(epoch FROM s.current_period_start),
    'end', extract(epoch FROM s.current_period_end)
  )))) AS item (price text, quantity bigint, start float8, "end" float8)
  JOIN price_meanings m ON m.price_id = item.price
  GROUP BY m.plan_id
) held
JOIN plans p ON p.id = held.plan_id
CROSS JOIN LATERAL (
  SELECT
    CASE WHEN s.held_items IS NULL THEN held.period_start ELSE to_timestamp(coalesce(
      max(item.start) FILTER (WHERE m.plan_id = held.plan_id), max(item.start)
    )) END AS period_start,
    CASE WHEN s.held_items IS NULL THEN held.period_end ELSE to_timestamp(coalesce(
      max(item."end") FILTER (WHERE m.plan_id = held.plan_id), max(item."end")
    )) END AS period_end
  FROM jsonb_to_recordset(s.items) AS item (price text, start float8, "end" float8)
  LEFT JOIN price_meanings m ON m.price_id = item.price
  WHERE s.held_items IS NOT NULL
) billed
CROSS JOIN LATERAL (
  SELECT coalesce(s.cancel_at, CASE WHEN s.cancel_at_period_end THEN billed.period_end END) AS at
) ends;
