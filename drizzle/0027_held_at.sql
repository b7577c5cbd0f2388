CREATE TABLE "base_plans_past" (
	"customer_id" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"base_plan" text,
	CONSTRAINT "base_plans_past_customer_id_until_pk" PRIMARY KEY("customer_id","until")
);
--> statement-breakpoint
CREATE TABLE "plan_prices_past" (
	"price_id" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"plan_id" text NOT NULL,
	CONSTRAINT "plan_prices_past_price_id_until_pk" PRIMARY KEY("price_id","until")
);
--> statement-breakpoint
CREATE TABLE "plans_past" (
	"plan_id" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"rank" integer NOT NULL,
	"metered" jsonb,
	CONSTRAINT "plans_past_plan_id_until_pk" PRIMARY KEY("plan_id","until")
);
--> statement-breakpoint
CREATE TABLE "subscriptions_past" (
	"subscription_id" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"customer_id" text NOT NULL,
	"status" text NOT NULL,
	"items" jsonb NOT NULL,
	"cancel_at" timestamp (3) with time zone,
	"cancel_at_period_end" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "subscriptions_past_subscription_id_until_pk" PRIMARY KEY("subscription_id","until")
);
--> statement-breakpoint
CREATE TABLE "usage_billing_findings" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "usage_billing_findings_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"customer_id" text NOT NULL,
	"subscription_id" text,
	"event_name" text NOT NULL,
	"subject" text NOT NULL,
	"value" numeric NOT NULL,
	"used_at" timestamp (3) with time zone NOT NULL,
	"found_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_billing_findings_subject" UNIQUE("customer_id","kind","event_name","subject"),
	CONSTRAINT "usage_billing_findings_kind" CHECK ("usage_billing_findings"."kind" in ('late_usage', 'usage_not_correctable'))
);
--> statement-breakpoint
CREATE TABLE "usage_corrections" (
	"id" text PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"report_id" text NOT NULL,
	"metrics" jsonb NOT NULL,
	"reason" text NOT NULL,
	"stripe" text,
	"corrected_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_corrections_report" UNIQUE("customer_id","report_id"),
	CONSTRAINT "usage_corrections_stripe" CHECK ("usage_corrections"."stripe" in ('not_correctable'))
);
--> statement-breakpoint
ALTER TABLE "usage_remainders" DROP CONSTRAINT "usage_remainders_fraction";--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "changed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "accepted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "taken_back" numeric;--> statement-breakpoint
ALTER TABLE "usage_reports" ADD COLUMN "metered" jsonb;--> statement-breakpoint
ALTER TABLE "usage_reports" ADD COLUMN "charges" jsonb;--> statement-breakpoint
CREATE INDEX "subscriptions_past_customer" ON "subscriptions_past" USING btree ("customer_id");--> statement-breakpoint
ALTER TABLE "usage_remainders" ADD CONSTRAINT "usage_remainders_fraction" CHECK ("usage_remainders"."remainder" < "usage_remainders"."per") NOT VALID;
--> statement-breakpoint
-- By hand from here on: what was held and what it cost at a time. Each trigger notes what was until now.
CREATE FUNCTION note_past_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO plans_past (plan_id, until, rank, metered)
  VALUES (OLD.id, date_trunc('milliseconds', clock_timestamp()), OLD.rank, OLD.metered)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER plans_noted AFTER UPDATE ON plans
  FOR EACH ROW WHEN ((OLD.rank, OLD.metered) IS DISTINCT FROM (NEW.rank, NEW.metered))
  EXECUTE FUNCTION note_past_plan();
--> statement-breakpoint
CREATE FUNCTION note_past_plan_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO plan_prices_past (price_id, until, plan_id)
  VALUES (OLD.price_id, date_trunc('milliseconds', clock_timestamp()), OLD.plan_id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER plan_prices_noted AFTER UPDATE ON plan_prices
  FOR EACH ROW WHEN (OLD.plan_id IS DISTINCT FROM NEW.plan_id)
  EXECUTE FUNCTION note_past_plan_price();
--> statement-breakpoint
CREATE FUNCTION note_past_base_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF base_plan_of(OLD) IS DISTINCT FROM base_plan_of(NEW) THEN
    INSERT INTO base_plans_past (customer_id, until, base_plan)
    VALUES (OLD.id, date_trunc('milliseconds', clock_timestamp()), base_plan_of(OLD))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER customers_noted AFTER UPDATE ON customers
  FOR EACH ROW WHEN (
    (OLD.base_plan, OLD.base_plan_known, OLD.plan)
      IS DISTINCT FROM (NEW.base_plan, NEW.base_plan_known, NEW.plan)
    AND NEW.erased_at IS NULL
  )
  EXECUTE FUNCTION note_past_base_plan();
--> statement-breakpoint
-- The items that count.
CREATE FUNCTION counted_items(s subscriptions) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(s.held_items, s.items, jsonb_build_array(jsonb_build_object(
    'price', s.stripe_price_id, 'quantity', s.quantity,
    'start', extract(epoch FROM s.current_period_start),
    'end', extract(epoch FROM s.current_period_end)
  )))
$$;
--> statement-breakpoint
-- Until when a subscription was what it was, Stripe's clock says, where an event has brought the change.
CREATE FUNCTION note_past_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told timestamptz := CASE
    WHEN NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN NEW.ended_at
    WHEN NEW.changed_at IS DISTINCT FROM OLD.changed_at THEN NEW.changed_at
  END;
BEGIN
  INSERT INTO subscriptions_past (subscription_id, until, customer_id, status, items, cancel_at,
    cancel_at_period_end, created_at)
  VALUES (
    OLD.id,
    greatest(
      OLD.created_at,
      least(told, date_trunc('milliseconds', clock_timestamp())),
      (SELECT max(until) FROM subscriptions_past WHERE subscription_id = OLD.id)
    ),
    OLD.customer_id, OLD.status, counted_items(OLD), OLD.cancel_at, OLD.cancel_at_period_end,
    OLD.created_at
  )
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER subscriptions_noted AFTER UPDATE ON subscriptions
  FOR EACH ROW WHEN (
    (OLD.customer_id, OLD.status, OLD.items, OLD.held_items, OLD.stripe_price_id, OLD.cancel_at,
      OLD.cancel_at_period_end)
    IS DISTINCT FROM (NEW.customer_id, NEW.status, NEW.items, NEW.held_items, NEW.stripe_price_id,
      NEW.cancel_at, NEW.cancel_at_period_end)
  )
  EXECUTE FUNCTION note_past_subscription();
--> statement-breakpoint
-- How metrics were paid for in the past, of customers for whom that has changed since the time given with
-- each. The spans of a customer that has rows here go without a gap from -infinity to its last `until`,
-- from when on `held_plans` says it; a span in which nothing was paid for has a row without a metric. What
-- was first held counts for the time before, too.
CREATE FUNCTION past_prices(customer_ids text[], times timestamptz[], default_plan text)
RETURNS TABLE (customer_id text, since timestamptz, until timestamptz, plan_id text, metric text,
  metering jsonb)
LANGUAGE sql STABLE AS $$
  WITH asked AS MATERIALIZED (
    SELECT a.customer_id, min(a.at) AS at FROM unnest(customer_ids, times) AS a (customer_id, at)
    GROUP BY a.customer_id
  ),
  state AS MATERIALIZED (
    SELECT known.*, lag(known.until, 1, '-infinity') OVER (
      PARTITION BY known.customer_id, known.id ORDER BY known.until
    ) AS since
    FROM (
      SELECT a.customer_id, s.id, s.created_at, s.status, counted_items(s) AS items, s.cancel_at,
        s.cancel_at_period_end, 'infinity'::timestamptz AS until
      FROM asked a JOIN subscriptions s ON s.customer_id = a.customer_id
      UNION ALL
      SELECT a.customer_id, p.subscription_id, p.created_at, p.status, p.items, p.cancel_at,
        p.cancel_at_period_end, p.until
      FROM asked a JOIN subscriptions_past p ON p.customer_id = a.customer_id
    ) known
  ),
  item AS MATERIALIZED (
    SELECT state.customer_id, state.created_at, state.since, state.until, item.price,
      state.status IN ('trialing', 'active', 'past_due') AS has_access,
      coalesce(
        state.cancel_at,
        CASE WHEN state.cancel_at_period_end THEN to_timestamp(item."end") END
      ) AS ends_at
    FROM state, jsonb_to_recordset(state.items) AS item (price text, "end" float8)
  ),
  meaning AS MATERIALIZED (
    SELECT known.*, lag(known.until, 1, '-infinity') OVER (
      PARTITION BY known.price_id ORDER BY known.until
    ) AS since
    FROM (
      SELECT m.price_id, m.plan_id, 'infinity'::timestamptz AS until FROM price_meanings m
      WHERE m.price_id IN (SELECT item.price FROM item)
      UNION ALL
      SELECT p.price_id, p.plan_id, p.until FROM plan_prices_past p
      WHERE p.price_id IN (SELECT item.price FROM item)
    ) known
  ),
  base AS MATERIALIZED (
    SELECT known.customer_id, coalesce(known.plan_id, default_plan) AS plan_id, known.until,
      lag(known.until, 1, '-infinity') OVER (
        PARTITION BY known.customer_id ORDER BY known.until
      ) AS since
    FROM (
      SELECT a.customer_id, base_plan_of(c) AS plan_id, 'infinity'::timestamptz AS until
      FROM asked a JOIN customers c ON c.id = a.customer_id
      UNION ALL
      SELECT a.customer_id, p.base_plan, p.until
      FROM asked a JOIN base_plans_past p ON p.customer_id = a.customer_id
    ) known
  ),
  linked AS MATERIALIZED (
    SELECT i.customer_id, m.plan_id FROM item i JOIN meaning m ON m.price_id = i.price
    UNION
    SELECT b.customer_id, b.plan_id FROM base b WHERE b.plan_id IS NOT NULL
  ),
  terms AS MATERIALIZED (
    SELECT known.*, lag(known.until, 1, '-infinity') OVER (
      PARTITION BY known.plan_id ORDER BY known.until
    ) AS since
    FROM (
      SELECT p.id AS plan_id, p.rank, p.metered, 'infinity'::timestamptz AS until FROM plans p
      WHERE p.id IN (SELECT l.plan_id FROM linked l)
      UNION ALL
      SELECT p.plan_id, p.rank, p.metered, p.until FROM plans_past p
      WHERE p.plan_id IN (SELECT l.plan_id FROM linked l)
    ) known
  ),
  point AS MATERIALIZED (
    SELECT any_point.customer_id, any_point.at FROM (
      SELECT i.customer_id, unnest(array[i.created_at, i.until, i.ends_at]) AS at FROM item i
      UNION ALL
      SELECT b.customer_id, b.until FROM base b
      UNION ALL
      SELECT i.customer_id, m.until FROM item i JOIN meaning m ON m.price_id = i.price
      UNION ALL
      SELECT l.customer_id, t.until FROM linked l JOIN terms t ON t.plan_id = l.plan_id
    ) any_point
    WHERE any_point.at <= now()
    UNION
    SELECT a.customer_id, '-infinity' FROM asked a
  ),
  span AS MATERIALIZED (
    SELECT p.customer_id, p.at, lead(p.at) OVER each_point AS until
    FROM point p
    WHERE p.customer_id IN (
      SELECT a.customer_id FROM asked a JOIN point later ON later.customer_id = a.customer_id
      WHERE later.at > a.at
    )
    WINDOW each_point AS (PARTITION BY p.customer_id ORDER BY p.at)
  ),
  subscribed AS MATERIALIZED (
    SELECT s.customer_id, s.at, m.plan_id, t.rank, t.metered, max(i.created_at) AS newest
    FROM span s
    JOIN item i ON i.customer_id = s.customer_id AND i.created_at <= s.at
      AND i.since <= s.at AND i.until > s.at
    JOIN meaning m ON m.price_id = i.price AND m.since <= s.at AND m.until > s.at
    JOIN terms t ON t.plan_id = m.plan_id AND t.since <= s.at AND t.until > s.at
    WHERE s.until IS NOT NULL AND i.has_access AND (i.ends_at IS NULL OR i.ends_at > s.at)
    GROUP BY s.customer_id, s.at, m.plan_id, t.rank, t.metered
  ),
  held AS MATERIALIZED (
    SELECT s.*, true AS counts FROM subscribed s
    UNION ALL
    SELECT s.customer_id, s.at, t.plan_id, t.rank, t.metered, NULL, NOT EXISTS (
      SELECT FROM subscribed o
      WHERE o.customer_id = s.customer_id AND o.at = s.at AND o.rank >= t.rank
    )
    FROM span s
    JOIN base b ON b.customer_id = s.customer_id AND b.since <= s.at AND b.until > s.at
    JOIN terms t ON t.plan_id = b.plan_id AND t.since <= s.at AND t.until > s.at
    WHERE s.until IS NOT NULL
  ),
  first AS (
    SELECT h.customer_id, min(h.at) AS at FROM held h GROUP BY h.customer_id
  ),
  priced AS (
    SELECT DISTINCT ON (h.customer_id, h.at, m.key)
      h.customer_id, h.at, h.plan_id, m.key AS metric, m.value AS metering
    FROM held h CROSS JOIN LATERAL jsonb_each(h.metered) m
    WHERE h.counts AND h.metered IS NOT NULL
    ORDER BY h.customer_id, h.at, m.key, h.rank DESC, h.newest DESC NULLS LAST, h.plan_id
  )
  SELECT s.customer_id, CASE WHEN s.at = f.at THEN '-infinity' ELSE s.at END, s.until, p.plan_id,
    p.metric, p.metering
  FROM span s
  JOIN first f ON f.customer_id = s.customer_id AND s.at >= f.at
  LEFT JOIN priced p ON p.customer_id = s.customer_id AND p.at = s.at
  WHERE s.until IS NOT NULL
$$;
